using System.Security.Cryptography;
using Mmrr.App.Tests.Data;
using Mmrr.Nn;
using Mmrr.Training.Data;
using Mmrr.Training.Fitting;
using Mmrr.Training.Runs;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary>Data and runs that several tests look at; each is made once, when a test first asks for it. No test may change them.</summary>
public sealed class TrainedRuns : IDisposable
{
    /// <summary>The smallest networks, for a moment.</summary>
    internal static readonly string[] Tiny = ["--width", "16", "--size", "8", "--resolutions", "2", "--batch", "8", "--device", "cpu"];

    private readonly Lazy<string> _mnist;
    private readonly Lazy<string> _folderRun;
    private readonly Lazy<string> _mnistRun;

    public TrainedRuns()
    {
        _mnist = new(() => SmallData.Mnist(Folder));
        _mnistRun = new(() => Train("mnist-run", "--data", "mnist", "--root", Mnist, "--normal", "1", "--epochs", "2", "--seed", "5", "--threads", "2"));
        _folderRun = new(() =>
        {
            var (normal, abnormal) = SmallData.Folders(Folder);
            return Train("folder-run", "--data", "folder", "--root", normal, "--abnormal", abnormal, "--epochs", "1");
        });
    }

    /// <summary>The root of the digits.</summary>
    internal string Mnist => _mnist.Value;

    /// <summary>A run on digit 1, two epochs with seed 5 and two threads.</summary>
    internal string MnistRun => _mnistRun.Value;

    /// <summary>A run on coloured images of a folder.</summary>
    internal string FolderRun => _folderRun.Value;

    /// <summary>Where everything lies.</summary>
    internal TemporaryFolder Folder { get; } = new();

    public void Dispose() => Folder.Dispose();

    /// <summary>A run on digit 1 that was stopped after three steps of a phase, in its second epoch.</summary>
    internal string Interrupted(int phase)
    {
        string run = Folder[$"interrupted-{phase}"];
        if (Directory.Exists(run)) return run;
        var options = RunFolder.Open(MnistRun).Options;
        var source = DataSource.Open(options.DataOptions);
        var set = source.LoadTrain();
        var folder = RunFolder.Create(run, options, source.Record(set));
        using var device = Device.Open("cpu", 2);
        using var model = new MmrrModel(device, options.Model);
        using var stop = new CancellationTokenSource();
        Xunit.Assert.False(new Trainer(model, folder, set, new StopAt(phase, 3, stop)).Run(stop.Token));
        return run;
    }

    /// <summary>Trains into a folder of that name and returns its path.</summary>
    internal string Train(string name, params string[] arguments)
    {
        MmrrProgram.Run(["train", .. arguments, .. Tiny, "--out", Folder[name]]).Ends(0);
        return Folder[name];
    }

    /// <summary>A copy of a run, to damage.</summary>
    internal string Copy(string run, string name) => CopyTo(run, Folder[name]);

    /// <summary>A copy of a run in a folder that is made for it.</summary>
    internal static string CopyTo(string run, string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.GetFiles(run)) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        return folder;
    }

    /// <summary>Each file under a folder with its hash.</summary>
    internal static Dictionary<string, string> Contents(string folder) =>
        Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .ToDictionary(file => Path.GetRelativePath(folder, file), file => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file))));
}

/// <summary>The tests that start the program, one after the other; two such rows beside each other keep two cores busy.</summary>
[CollectionDefinition(Name)]
public sealed class ProgramTests : ICollectionFixture<TrainedRuns>
{
    public const string Name = "program";
}

/// <summary>The other row, of what goes wrong outside of the program, and of layouts and depths of images.</summary>
[CollectionDefinition(Name)]
public sealed class OutsideTests : ICollectionFixture<TrainedRuns>
{
    public const string Name = "program, outside";
}

/// <summary>The tests of the simulator in the program, whose threads wait for each other: beside others they take ten times as long.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class SimulatorTests
{
    public const string Name = "program, simulator";
}

/// <summary>Stops training after a step of a phase.</summary>
internal sealed class StopAt(int phase, long step, CancellationTokenSource stop) : ITrainingProgress
{
    /// <summary>Every loss that was told.</summary>
    public List<(int Phase, long Step, double Loss)> Losses { get; } = [];

    public void Step(in TrainingStep s)
    {
        Losses.Add((s.Phase.Number, s.Number, s.Loss));
        if (s.Phase.Number == phase && s.Number == step) stop.Cancel();
    }

    public void Epoch(TrainingPhase phase, TrainingEpoch epoch)
    {
    }

    public void Resumed(TrainingPosition position)
    {
    }
}
