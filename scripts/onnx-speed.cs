#:package Microsoft.ML.OnnxRuntime@1.31.1
#:project ../src/Mmrr.Onnx/Mmrr.Onnx.csproj
#:property ManagePackageVersionsCentrally=false
#:property PublishAot=false

// Times the score of a run's images by this engine and, exported, by ONNX Runtime, in turn, on the same pixels with the same number of threads; one line of
// key=value figures for each batch, with the shortest and the median time of each. From the repository's root:
//   dotnet run -c Release scripts/onnx-speed.cs RUN [--size S] [--rounds N] [--threads N]
using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Mmrr.Nn;
using Mmrr.Onnx;

if (args is not [var run, .. var rest] || rest.Length % 2 != 0)
{
    Console.Error.WriteLine("usage: dotnet run -c Release scripts/onnx-speed.cs RUN [--size S] [--rounds N] [--threads N]");
    return 2;
}
int Option(string name, int otherwise) => Array.IndexOf(rest, name) is var at and >= 0 ? int.Parse(rest[at + 1], CultureInfo.InvariantCulture) : otherwise;
int threads = Option("--threads", Environment.ProcessorCount), rounds = Option("--rounds", 15);

using var device = Mmrr.Device.Open("cpu", threads);
using var scorer = Scorer.Load(run, device);
var o = scorer.Options;
int side = Option("--size", o.Size);
string file = Path.Combine(Path.GetTempPath(), $"{Path.GetRandomFileName()}.onnx");
OnnxExport.Write(run, scorer.Method, scorer.Calibration, file);
try
{
    using var options = new SessionOptions { IntraOpNumThreads = threads };
    var watch = Stopwatch.StartNew();
    using var session = new InferenceSession(file, options);
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"file_mb={new FileInfo(file).Length / 1e6:F2} open_ms={watch.Elapsed.TotalMilliseconds:F0}"));
    foreach (int batch in (int[])[1, 16])
    {
        var pixels = new byte[batch * side * side * o.Channels];
        new Random(1).NextBytes(pixels);
        PreparedImage[] Prepared() => [.. pixels.Chunk(pixels.Length / batch).Select(p => scorer.Prepare(p, side, side, o.Channels))];
        double[] own = new double[rounds], theirs = new double[rounds];
        double difference = 0;
        for (int round = -2; round < rounds; round++) // the first two are warm-ups
        {
            watch.Restart();
            var ours = scorer.Score(Prepared());
            double first = watch.Elapsed.TotalMilliseconds;
            watch.Restart();
            using var results = session.Run([NamedOnnxValue.CreateFromTensor("image", new DenseTensor<byte>(pixels, [batch, side, side, o.Channels]))]);
            float[] scores = [.. results[0].AsEnumerable<float>()];
            double second = watch.Elapsed.TotalMilliseconds;
            if (round >= 0) (own[round], theirs[round]) = (first, second);
            difference = ours.Select((s, i) => Math.Abs(s.Score - scores[i]) / Math.Max(1e-9, Math.Abs(s.Score))).Max();
        }
        Array.Sort(own);
        Array.Sort(theirs);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"width={o.Width} size={o.Size} image={side} levels={scorer.Levels} mask={o.Mask} rule={scorer.Method.Rule.Name()} "
            + $"batch={batch} threads={threads} mmrr_ms={own[0]:F2} onnx_ms={theirs[0]:F2} "
            + $"mmrr_median_ms={own[rounds / 2]:F2} onnx_median_ms={theirs[rounds / 2]:F2} difference={difference:E1}"));
    }
    return 0;
}
finally
{
    File.Delete(file);
}
