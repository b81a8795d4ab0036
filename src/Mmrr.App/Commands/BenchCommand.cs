using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Mmrr.App.Training;
using Mmrr.Kernels;
using Mmrr.Nn;
using RAdam = Mmrr.Nn.Optimizers.RAdam;

namespace Mmrr.App.Commands;

/// <summary><c>mmrr bench</c>: training steps, scoring and convolutions, one line of key=value figures a case.</summary>
internal static class BenchCommand
{
    private static readonly (int C, int K, int H)[] s_convolutions = [(128, 128, 32), (128, 128, 16), (128, 128, 8), (128, 128, 4), (256, 128, 32), (32, 32, 32), (64, 64, 64)];

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var what = new Argument<string>("CASE") { Description = "step, score or conv." };
        what.AcceptOnlyFromAmong("step", "score", "conv");
        var width = Number("--width", 32, "Channels inside the networks.");
        var batch = Number("--batch", 16, "Images of a step.");
        var channels = Number("--channels", 1, "Channels of an image.");
        var size = Number("--size", 32, "Side of an image in pixels.");
        var levels = Number("--levels", 4, "Resolutions of the U-Nets.");
        var maskLevels = Number("--mask-levels", 15, "Mask levels of a score.");
        var steps = Number("--steps", 5, "Timed repetitions; the median is printed.");
        var threads = CommonOptions.Threads();
        var device = CommonOptions.Device();
        var command = new Command("bench", "Time training steps, scoring or convolutions.") { what, width, batch, channels, size, levels, maskLevels, steps, threads, device };
        command.SetAction(parsed =>
        {
            int Value(Option<int?> option) => parsed.GetValue(option)!.Value;
            using var opened = Device.Open(parsed.GetValue(device)!, parsed.GetValue(threads));
            if (parsed.GetValue(what) == "conv")
            {
                Convolutions(opened, Value(batch));
                return ExitCode.Success;
            }
            var options = new MmrrOptions { Channels = Value(channels), Size = Value(size), Width = Value(width), Resolutions = Value(levels) };
            using var model = new MmrrModel(opened, options);
            model.Initialize(1);
            if (parsed.GetValue(what) == "step") Steps(model, Value(batch), Value(steps));
            else Score(model, Value(batch), Value(steps), Value(maskLevels));
            return ExitCode.Success;
        });
        return command;
    }

    private static Option<int?> Number(string name, int value, string description) =>
        CommonOptions.Ranged(new Option<int?>(name) { Description = description, DefaultValueFactory = _ => value }, 1, 65536);

    private static void Steps(MmrrModel model, int batch, int steps)
    {
        foreach (TrainingPhase phase in new TrainingPhase[] { new RestorationPhase(model), new RefinementPhase(model) })
        {
            using var optimizer = new RAdam(phase.Networks.SelectMany(n => n.Network.Parameters()).Select(p => p.Variable));
            var times = new List<double>();
            for (int step = 0; step < steps + 2; step++)
            {
                using var scope = new DisposeScope();
                var images = Images(model, batch);
                var levels = Tensor.Empty(model.Device, new Shape(batch, 1));
                PhiloxUniform.Fill(2, (ulong)step, 0, 1, batch, levels);
                model.Device.Synchronize();
                var watch = Stopwatch.StartNew();
                using var loss = phase.Loss(images, levels, new NoiseSource(1, (ulong)step, SameForEveryImage: false));
                loss.Backward();
                optimizer.Step(1e-4);
                loss.Value.Item();
                if (step >= 2) times.Add(watch.Elapsed.TotalSeconds);
            }
            Report($"step{phase.Number}", model, batch, times);
        }
    }

    private static void Score(MmrrModel model, int batch, int steps, int levels)
    {
        var o = model.Options;
        float[] images = Images(model, batch).ToArray();
        var times = new List<double>();
        for (int step = 0; step < steps + 1; step++)
        {
            var watch = Stopwatch.StartNew();
            Scoring.Score(model, images, levels, maps: false);
            if (step >= 1) times.Add(watch.Elapsed.TotalSeconds);
        }
        Report($"score{levels}", model, batch, times);
    }

    private static void Convolutions(Device device, int n)
    {
        foreach (var (c, k, h) in s_convolutions)
        {
            using var scope = new DisposeScope();
            Shape shape = new(n, h, h, c), weights = new(3, 3, c, k), outputs = new(n, h, h, k);
            Tensor Random(Shape s)
            {
                var tensor = Tensor.Empty(device, s);
                PhiloxUniform.Fill(1, 0, -1, 1, tensor.Count, tensor);
                return tensor;
            }
            Tensor x = Random(shape), w = Random(weights), b = Random(new Shape(k)), dy = Random(outputs);
            Tensor y = Tensor.Empty(device, outputs), dx = Tensor.Empty(device, shape), dw = Tensor.Empty(device, weights), db = Tensor.Empty(device, b.Shape);
            double flop = 2.0 * n * c * k * 9 * h * h;
            double forward = Best(device, () => Convolution.Forward(x, w, b, null, 1, y));
            double both = Best(device, () =>
            {
                Convolution.Forward(x, w, b, null, 1, y);
                Convolution.BackwardData(dy, w, 1, dx);
                Convolution.BackwardWeight(x, dy, 1, dw, db);
            });
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"engine=mmrr case=conv3x3 n={n} c={c} k={k} h={h} device={device.Name} threads={device.Workers} forward_gflops={flop / forward / 1e9:F1} forward_backward_gflops={3 * flop / both / 1e9:F1}"));
        }
    }

    private static double Best(Device device, Action action)
    {
        double best = double.MaxValue;
        for (int i = 0; i < 7; i++)
        {
            var watch = Stopwatch.StartNew();
            action();
            device.Synchronize();
            if (i >= 2) best = Math.Min(best, watch.Elapsed.TotalSeconds);
        }
        return best;
    }

    private static Tensor Images(MmrrModel model, int batch)
    {
        var o = model.Options;
        var images = Tensor.Empty(model.Device, new Shape(batch, o.Size, o.Size, o.Channels));
        PhiloxUniform.Fill(3, 0, -1, 1, images.Count, images);
        return images;
    }

    private static void Report(string name, MmrrModel model, int batch, List<double> times)
    {
        times.Sort();
        double median = times[times.Count / 2];
        var o = model.Options;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"engine=mmrr case={name} width={o.Width} batch={batch} channels={o.Channels} size={o.Size} levels={o.Resolutions} device={model.Device.Name} threads={model.Device.Workers} median_s={median:F4} images_per_s={batch / median:F2}"));
    }
}
