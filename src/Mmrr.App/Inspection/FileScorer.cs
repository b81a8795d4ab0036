using System.Collections.Concurrent;
using Mmrr.Nn;
using Mmrr.Training.Data;
using Mmrr.Training.Evaluation;

namespace Mmrr.App.Inspection;

/// <summary>The result for one file.</summary>
/// <param name="File">The file.</param>
/// <param name="Height">The image's own height; 0 where it could not be read.</param>
/// <param name="Width">Its own width.</param>
/// <param name="Bits">8, or 16 where it has more than eight bits.</param>
/// <param name="Score">Its score with a map; null where the file could not be read.</param>
/// <param name="Problem">Why it could not be read, in one line; null where there is no problem.</param>
internal sealed record ScoredFile(InputFile File, int Height, int Width, int Bits, ImageScore? Score, string? Problem);

/// <summary>
/// Scores files in order: while the device works on some, other threads read, decode and fit the next ones. The number read ahead is bounded, and only the
/// model's input is kept of each file, so memory use does not depend on the number of files.
/// </summary>
internal sealed class FileScorer(Scorer scorer, LevelSchedule levels)
{
    private sealed record Decoded(InputFile File, int Height, int Width, int Bits, PreparedImage? Image, string? Problem);

    /// <summary>Scores the files; yields each result as soon as it is available.</summary>
    public IEnumerable<ScoredFile> Score(IEnumerable<InputFile> files)
    {
        int batch = ScoreBatch.Of(scorer, levels);
        using var stop = new CancellationTokenSource();
        using var ahead = new BlockingCollection<Task<Decoded>>(batch + Environment.ProcessorCount);
        var reading = Task.Run(() =>
        {
            try
            {
                foreach (var file in files) ahead.Add(Task.Run(() => Decode(file)), stop.Token);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // The caller needs no more results.
            }
            finally
            {
                ahead.CompleteAdding();
            }
        });
        try
        {
            foreach (var some in ahead.GetConsumingEnumerable().Select(decoded => decoded.GetAwaiter().GetResult()).Chunk(batch))
            {
                foreach (var scored in Score(some)) yield return scored;
            }
        }
        finally
        {
            stop.Cancel();
            reading.GetAwaiter().GetResult(); // rethrows an error of walking the folders
        }
    }

    /// <summary>Scores some images together, or one by one where memory is insufficient.</summary>
    private IEnumerable<ScoredFile> Score(Decoded[] some)
    {
        Decoded[] images = [.. some.Where(d => d.Image is not null)];
        IReadOnlyList<ImageScore>? together = null;
        try
        {
            together = scorer.Score([.. images.Select(d => d.Image!)], levels);
        }
        catch (OutOfMemoryException)
        {
            // Scored one by one below.
        }
        int next = 0;
        foreach (var decoded in some)
        {
            if (decoded.Image is null) yield return new ScoredFile(decoded.File, 0, 0, 0, null, decoded.Problem);
            else if (together is not null) yield return new ScoredFile(decoded.File, decoded.Height, decoded.Width, decoded.Bits, together[next++], null);
            else yield return Alone(decoded);
        }
    }

    private ScoredFile Alone(Decoded decoded)
    {
        try
        {
            var score = ImageMemory.Use(decoded.File.Path, () => scorer.Score([decoded.Image!], levels)[0]);
            return new ScoredFile(decoded.File, decoded.Height, decoded.Width, decoded.Bits, score, null);
        }
        catch (InvalidDataException e)
        {
            return new ScoredFile(decoded.File, 0, 0, 0, null, e.Message);
        }
    }

    private Decoded Decode(InputFile file)
    {
        if (file.Problem is not null) return new Decoded(file, 0, 0, 0, null, file.Problem);
        try
        {
            return ImageMemory.Use(file.Path, () =>
            {
                var image = ImageFile.Read(file.Path);
                return new Decoded(file, image.Height, image.Width, image.Pixels.Bits, image.PreparedFor(scorer.Options), null);
            });
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return new Decoded(file, 0, 0, 0, null, e.Message.ReplaceLineEndings(" "));
        }
    }
}
