using Mmrr.Nn.Checkpoints;

namespace Mmrr.Nn.Tests.Support;

/// <summary>A temporary folder with the two checkpoints of an untrained model.</summary>
internal sealed class RunOnDisk : IDisposable
{
    public RunOnDisk(MmrrOptions options, ulong seed = 1)
    {
        Directory.CreateDirectory(Path);
        Write(options, seed);
    }

    /// <summary>A sub-folder, so that a run can be moved beside it.</summary>
    public string Path { get; } = System.IO.Path.Combine(Directory.CreateTempSubdirectory("run").FullName, "run");

    public string Restoration => System.IO.Path.Combine(Path, Checkpoint.RestorationFile);

    public string Refinement => System.IO.Path.Combine(Path, Checkpoint.RefinementFile);

    /// <summary>What is in both files.</summary>
    public IReadOnlyList<(string Name, int[] Shape, float[] Values)> Weights { get; private set; } = [];

    public void Dispose() => Directory.Delete(System.IO.Path.GetDirectoryName(Path)!, recursive: true);

    /// <summary>Writes both files, over those there are.</summary>
    public void Write(MmrrOptions options, ulong seed)
    {
        using var device = Small.Open("cpu", 1);
        using var model = Small.Model(device, options, seed);
        Weights = Checkpoint.Snapshot(model.Networks());
        Checkpoint.Save(Restoration, options, Checkpoint.Snapshot(model.RestorationNetworks()));
        Checkpoint.Save(Refinement, options, Checkpoint.Snapshot([("f_ref", model.RefinementNetwork)]));
    }

    /// <summary>Rewrites one file with other metadata or tensors.</summary>
    public static void Change(
        string path, Func<string, string>? options = null,
        Func<IEnumerable<(string Name, int[] Shape, float[] Values)>, IEnumerable<(string Name, int[] Shape, float[] Values)>>? tensors = null)
    {
        Dictionary<string, string> metadata;
        (string, int[], float[])[] content;
        using (var file = SafeTensorsFile.Open(path))
        {
            metadata = new Dictionary<string, string>(file.Metadata);
            content = [.. file.Entries.Select(e => (e.Name, e.Shape.ToArray(), file.Read(e.Name)))];
        }
        if (options is not null) metadata["mmrr.options"] = options(metadata["mmrr.options"]);
        SafeTensorsFile.Write(path, metadata, tensors is null ? content : tensors(content));
    }
}
