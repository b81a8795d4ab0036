namespace Mmrr.Training.Data;

/// <summary>A run of adjacent defective pixels of one row.</summary>
/// <param name="Row">The row.</param>
/// <param name="Start">The first column.</param>
/// <param name="End">The column after the last.</param>
/// <param name="Region">The region they belong to, from 0.</param>
internal readonly record struct DefectRun(int Row, int Start, int End, int Region);

/// <summary>
/// The connected regions of a ground-truth mask, at the mask's own size; pixels that share a side or a corner are connected, as in MVTec's evaluation.
/// Stored as runs: masks are mostly empty, and those of a test set are all in memory.
/// </summary>
internal sealed class DefectRegions
{
    private readonly DefectRun[] _runs;
    private readonly int[] _areas;

    private DefectRegions(int height, int width, DefectRun[] runs, int[] areas)
    {
        (Height, Width) = (height, width);
        _runs = runs;
        _areas = areas;
    }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>The defective pixels, row by row from the left.</summary>
    public IReadOnlyList<DefectRun> Runs => _runs;

    /// <summary>Pixels of each region.</summary>
    public IReadOnlyList<int> Areas => _areas;

    /// <summary>The mask of an image without defects.</summary>
    public static DefectRegions None(int height, int width) => new(height, width, [], []);

    /// <summary>The mask that the regions were found in: [Height, Width], 1 where defective, else 0.</summary>
    public byte[] ToMask()
    {
        var mask = new byte[Height * Width];
        foreach (var run in _runs) mask.AsSpan((run.Row * Width) + run.Start, run.End - run.Start).Fill(1);
        return mask;
    }

    /// <summary>Finds the regions.</summary>
    /// <param name="mask">[height, width], nonzero where defective.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="width">Width in pixels.</param>
    public static DefectRegions Find(ReadOnlySpan<byte> mask, int height, int width)
    {
        if (mask.Length != (long)height * width) throw new ArgumentException($"{mask.Length} values, expected a mask of [{height}, {width}]");
        var runs = new List<DefectRun>();
        var parents = new List<int>(); // for each run, a run of the same region; the root is the region's first
        for (int y = 0, rowStart = 0; y < height; y++)
        {
            int above = rowStart; // the first run of the row above that may touch
            rowStart = runs.Count;
            var row = mask.Slice(y * width, width);
            for (int x = 0; x < width; x++)
            {
                if (row[x] == 0) continue;
                int length = row[x..].IndexOf((byte)0), end = length < 0 ? width : x + length, run = runs.Count;
                runs.Add(new DefectRun(y, x, end, run));
                parents.Add(run);
                // Corners count: a run from x to end - 1 touches columns x - 1 to end of the row above.
                while (above < rowStart && runs[above].End < x) above++;
                for (int other = above; other < rowStart && runs[other].Start <= end; other++) Join(parents, other, run);
                x = end;
            }
        }
        return Number(height, width, runs, parents);
    }

    private static DefectRegions Number(int height, int width, List<DefectRun> runs, List<int> parents)
    {
        var numbers = new Dictionary<int, int>();
        var areas = new List<int>();
        var numbered = new DefectRun[runs.Count];
        for (int i = 0; i < numbered.Length; i++)
        {
            int root = Root(parents, i);
            if (!numbers.TryGetValue(root, out int region))
            {
                region = numbers[root] = areas.Count;
                areas.Add(0);
            }
            numbered[i] = runs[i] with { Region = region };
            areas[region] += runs[i].End - runs[i].Start;
        }
        return new DefectRegions(height, width, numbered, [.. areas]);
    }

    private static void Join(List<int> parents, int a, int b)
    {
        (a, b) = (Root(parents, a), Root(parents, b));
        parents[Math.Max(a, b)] = Math.Min(a, b);
    }

    private static int Root(List<int> parents, int run)
    {
        while (parents[run] != run) run = parents[run] = parents[parents[run]];
        return run;
    }
}
