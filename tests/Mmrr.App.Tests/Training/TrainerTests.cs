using Mmrr.App.Tests.Data;
using Mmrr.App.Tests.Program;
using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;
using Mmrr.Training.Data;
using Mmrr.Training.Fitting;
using Mmrr.Training.Runs;
using Xunit;

namespace Mmrr.App.Tests.Training;

/// <summary>The training loop, without a process around it.</summary>
[Collection(ProgramTests.Name)]
public sealed class TrainerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TrainingOptions _options;
    private readonly ImageSet _set;

    public TrainerTests()
    {
        // 20 images: 16 to train on, 2 to validate on; four steps an epoch.
        string root = SmallData.Mnist(_folder);
        _options = new TrainingOptions
        {
            Data = "mnist",
            Root = root,
            Normal = "1",
            Preset = "tiny",
            Device = "cpu",
            Epochs = 3,
            Seed = 4,
            Batch = 4,
            LearningRate = 0.01,
            Beta2 = 0.99,
            Augment = "flip,rotate,brightness",
            SaveEvery = 1e6,
            Model = new MmrrOptions { Size = 8, Width = 16, Resolutions = 2 },
        };
        _set = DataSource.Open(_options.DataOptions).LoadTrain();
    }

    private DataRecord Record => DataSource.Open(_options.DataOptions).Record(_set);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1, 0.8)]
    public void StoppedAfterAnyStepItEndsWithTheSameBitsHoweverFarAheadStepsAreEnqueued(int ahead, double average = 0)
    {
        var options = _options with { Average = average };
        var whole = Train("whole", options, 0, out var expected);
        Assert.Equal(
            [.. Enumerable.Range(1, 12).Select(i => (1, (long)i)), .. Enumerable.Range(1, 12).Select(i => (2, (long)i))],
            expected.Select(l => (l.Phase, l.Step)));
        foreach (var (phase, step) in new[] { (1, 1L), (1, 8), (1, 12), (2, 6) })
        {
            var run = Train($"broken-{phase}-{step}", options, ahead, out var losses, (phase, step));
            // The rest; steps that were enqueued when it was told to stop were taken.
            Assert.InRange(losses.Count(l => l.Phase == phase), step, step + ahead);
            _ = Continue(run, ahead, losses);
            Assert.Equal(expected, losses);
            foreach (string file in new[] { Checkpoint.RestorationFile, Checkpoint.RefinementFile })
                Assert.Equal(File.ReadAllBytes(whole.PathOf(file)), File.ReadAllBytes(run.PathOf(file)));
        }
    }

    [Fact]
    public void ALossThatIsNoNumberNamesTheStepTheLossAndTheOperation()
    {
        var run = Train("run", _options with { Augment = "none" }, 0, out _, (1, 5));
        string path = run.PathOf(TrainingState.FileName);
        using var device = Device.Open("cpu", 2);
        using var model = new MmrrModel(device, run.Options.Model);
        var state = TrainingState.Read(path, model);
        // Weights at the end of float32's range: what the first convolution of f_res adds up overflows.
        state = state with
        {
            Weights =
                [.. state.Weights.Select(w => w.Name.StartsWith("f_res.stem", StringComparison.Ordinal)
                    ? (w.Name, w.Shape, w.Values.Select(v => v * 1e38f / 0.2f).ToArray())
                    : w)]
        };
        state.Write(path);
        byte[] before = File.ReadAllBytes(path);
        var error = Assert.Throws<InvalidDataException>(
            () => new Trainer(model, run, _set, new StopAt(1, 99, new CancellationTokenSource())).Run(CancellationToken.None));
        Assert.Matches(
            @"^training stopped: the loss of step 6 of the restoration phase is (NaN|∞|Infinity): \w+ made (NaN|-?Infinity) at element \d+ "
                + @"of (its output|a gradient) \[.*\]; the saved state is of step 5; try a lower --lr$",
            error.Message);
        Assert.Equal(TrainingState.ReadPosition(path).Step, TrainingState.Read(path, model).Position.Step);
        Assert.Equal(before.Length, File.ReadAllBytes(path).Length);
        Assert.Equal(state.Weights.Select(w => w.Values), TrainingState.Read(path, model).Weights.Select(w => w.Values));
    }

    [Fact]
    public void AnUpdateThatIsNotFiniteIsFoundStepsAfterTheStateAndNotSaved()
    {
        // The rate is beyond reason: some step's update overflows; which, and where, does not matter.
        var run = RunFolder.Create(_folder["run"], _options with { LearningRate = 3e38, SaveEvery = 0 }, Record);
        using var device = Device.Open("cpu", 2);
        using var model = new MmrrModel(device, run.Options.Model);
        var error = Assert.Throws<InvalidDataException>(
            () => new Trainer(model, run, _set, new StopAt(1, 99, new CancellationTokenSource())).Run(CancellationToken.None));
        Assert.StartsWith("training stopped: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(" made ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.True(TrainingState.Read(run.PathOf(TrainingState.FileName), model).IsFinite);
    }

    [Fact]
    public void AStepTakesNothingFromTheSystemAfterTheFirst()
    {
        var run = RunFolder.Create(_folder["run"], _options, Record);
        using var device = Device.Open("cpu", 2);
        using var model = new MmrrModel(device, run.Options.Model);
        var counts = new List<long>();
        Assert.True(new Trainer(model, run, _set, new Count(() => counts.Add(device.SystemAllocations))).Run(CancellationToken.None));
        // The first epoch ends with the first validation, whose batch has another size.
        Assert.Single(counts[1..4].Distinct());
        Assert.Single(counts[4..12].Distinct());
    }

    [Fact]
    public void AveragedWeightsAreValidatedAndKeptWhileTheTrainedOnesGoOnAsWithout()
    {
        var plain = Train("plain", _options, 0, out var losses);
        var averaged = Train("averaged", _options with { Average = 0.8 }, 0, out var others);
        Assert.Equal(losses.Where(l => l.Phase == 1), others.Where(l => l.Phase == 1));
        // The last step of the first phase, before it is validated: the state has both.
        var stopped = Train("stopped", _options with { Average = 0.8 }, 0, out _, (1, 12));
        using var device = Device.Open("cpu", 2);
        using var model = new MmrrModel(device, _options.Model);
        var state = TrainingState.Read(stopped.PathOf(TrainingState.FileName), model);
        Assert.Equal(state.Weights.Count, state.Averages.Count);
        using SafeTensorsFile kept = SafeTensorsFile.Open(averaged.PathOf(Checkpoint.RestorationFile)),
            last = SafeTensorsFile.Open(plain.PathOf(Checkpoint.RestorationFile));
        for (int i = 0; i < state.Weights.Count; i++)
        {
            // Biases, whose layout is the same on disk and in the engine.
            var (name, shape, values) = state.Weights[i];
            if (shape.Length != 1) continue;
            Assert.Equal(state.Averages[i], kept.Read(name));
            Assert.Equal(values, last.Read(name));
        }
        Assert.NotEqual(kept.Read("f_res.stem.bias"), last.Read("f_res.stem.bias"));
        double Loss(RunFolder run) => TrainingHistory.Read(run.PathOf(TrainingHistory.FileName))
            .Single(e => e.Phase == 1 && e.ValidationLoss is not null).ValidationLoss!.Value;
        Assert.NotEqual(Loss(plain), Loss(averaged));
    }

    [Fact]
    public void ShortEpochsAreValidatedInATenthOfTheTimeAndPatienceCountsAllOfThem()
    {
        // An epoch trains 16 images through 9 passes of a network in phase 1, and 6 in phase 2; a validation takes two images through f_E and f_M and
        // 256 levels through one and two networks.
        const int First = 19, Second = 54; // 260/14.4 and 516/9.6, rounded up
        var run = Train(
            "run", _options with { Epochs = 60, Patience = 18, PlateauThreshold = 0.99, Model = _options.Model with { Resolutions = 1 } }, 0, out _);
        var history = TrainingHistory.Read(run.PathOf(TrainingHistory.FileName));
        Assert.Equal([First, 2 * First, 3 * First, 60], history.Where(e => e.Phase == 1 && e.ValidationLoss is not null).Select(e => e.Epoch));
        Assert.Equal([Second, 60], history.Where(e => e.Phase == 2 && e.ValidationLoss is not null).Select(e => e.Epoch));
        // No loss is better by 99 %: after the first validation each one ends nineteen bad epochs.
        double[] rates = [.. history.Where(e => e.Phase == 1).Select(e => e.LearningRate)];
        Assert.Equal([.. Enumerable.Repeat(0.01, 2 * First), .. Enumerable.Repeat(0.005, First), .. Enumerable.Repeat(0.0025, 60 - (3 * First))], rates);
        // Six epochs without a lower loss are not nineteen.
        Assert.All(history.Where(e => e.Phase == 2), e => Assert.Equal(0.01, e.LearningRate));
    }

    private RunFolder Train(
        string name, TrainingOptions options, int ahead, out List<(int Phase, long Step, double Loss)> losses, (int Phase, long Step) stop = default)
    {
        var run = RunFolder.Create(_folder[name], options, Record);
        losses = [];
        Assert.Equal(stop == default, Continue(run, ahead, losses, stop));
        return run;
    }

    private bool Continue(RunFolder run, int ahead, List<(int Phase, long Step, double Loss)> losses, (int Phase, long Step) stopAt = default)
    {
        using var device = Device.Open("cpu", 2);
        using var model = new MmrrModel(device, run.Options.Model);
        using var stop = new CancellationTokenSource();
        var progress = new StopAt(stopAt.Phase, stopAt.Step, stop);
        bool over = new Trainer(model, run, _set, progress, ahead).Run(stop.Token);
        losses.AddRange(progress.Losses);
        return over;
    }

    private sealed class Count(Action count) : ITrainingProgress
    {
        public void Step(in TrainingStep step) => count();

        public void Epoch(TrainingPhase phase, TrainingEpoch epoch)
        {
        }

        public void Resumed(TrainingPosition position)
        {
        }
    }
}
