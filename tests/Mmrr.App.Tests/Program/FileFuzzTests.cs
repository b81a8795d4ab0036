using Mmrr.App.Output;
using Mmrr.App.Profiling;
using Mmrr.App.Tests.Data;
using Mmrr.App.Tests.Data.Fixtures;
using Mmrr.Nn;
using Mmrr.Training.Data;
using Mmrr.Training.Fitting;
using Mmrr.Training.Runs;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary>
/// Mutated data sets, lists and files of runs, through what every command does with them: each is read, or refused with what the program tells in one line and
/// ends with code 2 for (<see cref="Outside"/>), soon and without growing memory. Pictures are mutated by <see cref="Data.Integrity.PictureFuzzTests"/>.
/// </summary>
[Collection(ProgramTests.Name)]
public sealed class FileFuzzTests(TrainedRuns runs, ITestOutputHelper output) : IDisposable
{
    private const int Few = 120;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("train-images-idx3-ubyte")]
    [InlineData("train-labels-idx1-ubyte.gz")]
    public Task Idx(string name) => Fuzz($"idx {name}", SmallData.Mnist(_folder), name, Mutations.Of, root => LoadTrain("mnist", root, "1"));

    [Fact]
    public Task Cifar10() => Fuzz("cifar10", SmallData.Cifar(_folder), "data_batch_2.bin", Mutations.Of, root => LoadTrain("cifar10", root, "1"));

    [Fact]
    public Task Lists()
    {
        foreach (int i in Enumerable.Range(0, 4)) _folder.WritePlain($"list/{i}.png", 8, 8, (byte)i);
        _folder.WritePlain("list/mask.png", 8, 8, 255);
        _folder.Write("list/list.csv", "image,label,mask,split\n0.png,good,,train\n1.png,0,,\n\"2.png\",scratch,mask.png,test\n3.png,normal,,test\n"u8);
        return Fuzz("csv", _folder["list"], "list.csv", Mutations.OfText, root =>
        {
            var source = DataSource.Open(new DataOptions { Kind = "csv", Root = Path.Combine(root, "list.csv"), Size = 8 });
            source.LoadTrain();
            source.LoadTest();
        });
    }

    [Theory]
    [InlineData("restoration.safetensors")]
    [InlineData("refinement.safetensors")]
    [InlineData("normal.safetensors")]
    [InlineData("threshold.json")]
    public Task FilesThatScoringReads(string name)
    {
        string run = runs.Copy(runs.FolderRun, $"fuzz-{name}");
        var device = Device.Open("cpu", 1);
        return Fuzz(name, run, name, name.EndsWith("json", StringComparison.Ordinal) ? Mutations.OfText : Mutations.Of, path =>
        {
            var folder = RunFolder.Open(path);
            var calibration = Calibration.Find(path);
            var method = folder.Method(calibration);
            using var scorer = Scorer.Load(path, device);
            folder.CheckModel(scorer.Options);
            if (calibration is not null) Assert.NotEmpty(CalibrationText.Describe(calibration));
            if (method.Levels.Count <= 12) scorer.Score(new byte[8 * 8 * scorer.Options.Channels], 8, 8, scorer.Options.Channels);
        }).ContinueWith(done => { device.Dispose(); return done; }, TaskScheduler.Default).Unwrap();
    }

    [Theory]
    [InlineData("run.json")]
    [InlineData("history.csv")]
    public Task FilesThatEveryCommandReads(string name) => Fuzz(name, runs.Copy(runs.FolderRun, $"fuzz-{name}"), name, Mutations.OfText, path =>
    {
        var folder = RunFolder.Open(path);
        RunSummary.Of(folder);
        folder.Method(Calibration.Find(path));
        folder.Options.NewSchedule();
        DataSource.Open(folder.Options.DataOptions).LoadTrain();
    });

    [Fact]
    public Task InterruptedTrainings()
    {
        string run = runs.Copy(runs.Interrupted(1), "fuzz-training");
        var device = Device.Open("cpu", 1);
        return Fuzz("training.safetensors", run, TrainingState.FileName, Mutations.Of, path =>
        {
            var folder = RunFolder.Open(path);
            RunSummary.Of(folder);
            using var model = new MmrrModel(device, folder.Options.Model);
            TrainingState.Read(folder.PathOf(TrainingState.FileName), model);
        }).ContinueWith(done => { device.Dispose(); return done; }, TaskScheduler.Default).Unwrap();
    }

    [Fact]
    public Task Traces()
    {
        string path = _folder["trace.json"];
        var kernel = new ProfiledKernel(new Work("Elementwise.Add", new Shape(1, 8, 8, 16), 1024, 12288), [(0.001, 0.002), (0.0011, 0.0019)]);
        ChromeTrace.Write(
            path, new ProfileCase("cpu: 2 workers, AVX2", "float32", 16, 1, 1, 8, 2, 2, 1),
            [.. Enumerable.Range(1, ChromeTrace.MostRuns).Select(i => ($"run {i}", new WorkloadRun(0.01, [kernel, kernel])))]);
        return Fuzz("trace", _folder.Path, "trace.json", Mutations.OfText, _ =>
            Assert.All(KeptProfile.Read(path).Runs, run => Assert.InRange(run.Total.Calls, 0, 2 * ChromeTrace.MostRuns)));
    }

    private static void LoadTrain(string kind, string root, string normal) =>
        DataSource.Open(new DataOptions { Kind = kind, Root = root, Normal = normal, Size = 8 }).LoadTrain();

    /// <summary>Replaces a file of a folder by mutations of it, one after the other.</summary>
    private async Task Fuzz(string kind, string folder, string name, Func<byte[], Random, byte[]> mutate, Action<string> read)
    {
        string path = Path.Combine(folder, name);
        byte[] original = File.ReadAllBytes(path);
        read(folder);
        int count = Mutations.Count(Few), accepted = 0;
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < count; i++)
        {
            byte[] mutated = mutate(original, new Random(Mutations.Seed(kind, i)));
            File.WriteAllBytes(path, mutated);
            string what = $"{kind}, seed {Mutations.FirstSeed}, input {i}";
            // Who waits too long is thrown out of here, and the seed tells the input.
            if (await Mutations.Try(() => IsRead(() => read(folder), mutated, what))) accepted++;
        }
        File.WriteAllBytes(path, original);
        output.WriteLine($"{kind}, seed {Mutations.FirstSeed}: {accepted} of {count} were read");
        // Beside other tests the memory is theirs as well.
        if (Mutations.RunAlone) Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 16 << 20);
    }

    private static bool IsRead(Action read, byte[] mutated, string what)
    {
        try
        {
            read();
            return true;
        }
        catch (Exception e) when (Outside.Is(e))
        {
            if (Outside.Message(e).Length == 0) Assert.Fail($"{what}: refused without a word\n{Convert.ToBase64String(mutated)}");
            return false;
        }
        catch (Exception e)
        {
            Assert.Fail($"{what}: {e}\n{Convert.ToBase64String(mutated)}");
            throw;
        }
    }
}
