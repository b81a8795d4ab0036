using Mmrr.Nn;

namespace Mmrr.Training.Data;

/// <summary>Specifies which images to load and in which shape.</summary>
internal sealed record DataOptions
{
    /// <summary>Layout of the data: one of <see cref="DataSource.Kinds"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>Folder of the data; of <c>csv</c>, the list.</summary>
    public required string Root { get; init; }

    /// <summary>The normal class: label, class name or MVTec category. Not used by <c>folder</c> and <c>csv</c>.</summary>
    public string Normal { get; init; } = "";

    /// <summary>Side of the square, in pixels, that the model sees; at least 1.</summary>
    public required int Size { get; init; }

    /// <summary>How images are fitted to this square; with <see cref="ImageFit.Tile"/> they keep their size.</summary>
    public ImageFit Fit { get; init; }

    /// <summary>1 or 3; null to decide from the data (1 only if every training image is grey).</summary>
    public int? Channels { get; init; }

    /// <summary>
    /// 8 or 16: the depth that images are converted to, white to white; null for that of the training images, which must then all have the same.
    /// </summary>
    public int? Bits { get; init; }

    /// <summary>Folder of abnormal images; <c>folder</c> only.</summary>
    public string? Abnormal { get; init; }

    /// <summary>Seed of the draw that assigns normal images to parts.</summary>
    public long Seed { get; init; }

    /// <summary>Whether fewer images are held out of training, as in the paper.</summary>
    public bool PaperSplit { get; init; }

    /// <summary>The record of a run's data, in place of a draw; null before there is a run.</summary>
    public DataRecord? Record { get; init; }

    /// <summary>
    /// Whether the options are those of a run of an earlier version without a record: images are then drawn by their places in the list, as in that
    /// version.
    /// </summary>
    public bool ByPlace { get; init; }
}
