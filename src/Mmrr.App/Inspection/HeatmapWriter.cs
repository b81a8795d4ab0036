using Mmrr.App.Output;
using Mmrr.Nn;
using Mmrr.Training.Data;
using Mmrr.Training.Pictures;

namespace Mmrr.App.Inspection;

/// <summary>
/// Writes heatmaps on background threads: the image at its own size, shown in the run's range of values, coloured and outlined by the run's range of
/// scores. The image is read again: keeping the waiting images in memory would cost more than decoding them twice.
/// </summary>
internal sealed class HeatmapWriter(Scorer scorer, HeatmapRange range, string folder)
{
    private readonly Queue<Task> _writing = new();

    /// <summary>Whether a heatmap could not be written; each failure is reported.</summary>
    public bool Failed { get; private set; }

    /// <summary>Starts writing a file's heatmap; waits for an earlier one where too many are in progress.</summary>
    public void Write(ScoredFile file)
    {
        if (_writing.Count >= 2 * Environment.ProcessorCount) _writing.Dequeue().GetAwaiter().GetResult();
        _writing.Enqueue(Task.Run(() => Draw(file)));
    }

    /// <summary>Waits for all heatmaps.</summary>
    public void Finish()
    {
        while (_writing.TryDequeue(out var task)) task.GetAwaiter().GetResult();
    }

    private void Draw(ScoredFile file)
    {
        string path = Path.Combine(folder, file.File.Picture);
        try
        {
            ImageMemory.Use(file.File.Path, () => Draw(file, path));
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            Failed = true;
            Complaint.Write($"{file.File.Path}: cannot write its heatmap {path}: {e.Message}");
        }
    }

    private string Draw(ScoredFile file, string path)
    {
        var image = ImageFile.Read(file.File.Path);
        if (image.Height != file.Height || image.Width != file.Width)
            throw new InvalidDataException($"{file.File.Path}: the file changed while it was scored");
        var outlined = ScoreHeatmap.Draw(scorer, range, image, file.Score!);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        OwnOutput.WritePng(path, outlined.Pixels.Span, outlined.Height, outlined.Width, outlined.Channels);
        return path;
    }
}
