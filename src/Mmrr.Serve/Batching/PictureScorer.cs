using System.Diagnostics;
using Mmrr.Nn;
using Mmrr.Serve.Limits;
using Mmrr.Serve.Runs;
using Mmrr.Training.Data;
using Mmrr.Training.Data.Integrity;
using Mmrr.Training.Pictures;

namespace Mmrr.Serve.Batching;

/// <summary>The result for a picture.</summary>
/// <param name="Height">The picture's own height.</param>
/// <param name="Width">Its own width.</param>
/// <param name="Score">Its score, with a map.</param>
/// <param name="Hash">SHA-256 of the file, in hexadecimal.</param>
/// <param name="Time">From the file to the score, with the time in the queue.</param>
internal sealed record ScoredPicture(int Height, int Width, ImageScore Score, string Hash, TimeSpan Time);

/// <summary>Scores the files that clients send, as <c>mmrr score</c> scores files on disk.</summary>
internal sealed class PictureScorer(ScoreQueue queue, DecodeGate gate, Room memory)
{
    private const string Picture = "the image";

    /// <summary>Scores a file.</summary>
    /// <param name="run">The run.</param>
    /// <param name="file">The file's bytes.</param>
    /// <param name="stop">Cancelled where nobody waits for the score any more.</param>
    /// <exception cref="RefusedException">It is not a picture that can be scored, or there is no memory for it now.</exception>
    public async Task<ScoredPicture> Score(LoadedRun run, byte[] file, CancellationToken stop)
    {
        var watch = Stopwatch.StartNew();
        int height, width;
        PreparedImage prepared;
        string hash;
        using (queue.Expect())
        {
            (height, width, prepared, hash) = await Refusing(file, () => gate.Run(() => Decode(run, file), stop));
        }
        using var share = memory.TryTake((long)prepared.Pixels.Length * prepared.Pixels.Bits / 8)
            ?? throw RefusedException.Busy("the memory for images is full");
        var score = await Refusing(file, () => queue.Score(run, prepared, stop));
        return new ScoredPicture(height, width, score, hash, watch.Elapsed);
    }

    /// <summary>Draws the heatmap of a scored file, as a PNG.</summary>
    /// <param name="run">The run that scored it.</param>
    /// <param name="file">The file's bytes; they are decoded again, since the pixels of all waiting images would take too much memory.</param>
    /// <param name="scored">Its score.</param>
    /// <param name="side">The longest side of the PNG; null for the picture's own size.</param>
    /// <param name="stop">Cancelled where nobody waits for it any more.</param>
    public Task<byte[]> Heatmap(LoadedRun run, byte[] file, ScoredPicture scored, int? side, CancellationToken stop) => gate.Run(
        () =>
        {
            using var room = gate.Enter(scored.Height, scored.Width);
            return ImageMemory.Use(Picture, () =>
            {
                var tile = ScoreHeatmap.Draw(run.Scorer, run.Calibration!.Heatmap, ImageFile.Decode(file), scored.Score);
                if (side is { } longest) tile = tile.Reduce(longest);
                return OwnOutput.EncodePng(tile.Pixels.Span, tile.Height, tile.Width, tile.Channels);
            });
        },
        stop);

    private (int Height, int Width, PreparedImage Image, string Hash) Decode(LoadedRun run, byte[] file)
    {
        if (OwnOutput.IsPicture(file)) throw new InvalidDataException("a picture that mmrr made (a heatmap, figure or sheet); expected a camera image");
        return ImageMemory.Use(Picture, () =>
        {
            var image = ImageFile.DecodeWithin(file, gate.Enter);
            return (image.Height, image.Width, image.PreparedFor(run.Scorer.Options), ContentHash.Of(file));
        });
    }

    private static async Task<T> Refusing<T>(byte[] file, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (InvalidDataException e)
        {
            bool known = ImageSignature.FormatOf(file) is not null || PnmImage.Is(file);
            throw new RefusedException(known ? 422 : 415, e.Message.ReplaceLineEndings(" "));
        }
    }
}
