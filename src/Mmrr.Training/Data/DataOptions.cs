using Mmrr.Nn;

namespace Mmrr.Training.Data;

/// <summary>Says which images to load and in which shape.</summary>
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

    /// <summary>How images become such squares; with <see cref="ImageFit.Tile"/> they keep their size.</summary>
    public ImageFit Fit { get; init; }

    /// <summary>1 or 3; null decides from the data (1 only if every training image is grey).</summary>
    public int? Channels { get; init; }

    /// <summary>
    /// 8 or 16: the depth that images are brought to, white for white; null takes that of the training images, which must then all have the same.
    /// </summary>
    public int? Bits { get; init; }

    /// <summary>Folder of abnormal images; <c>folder</c> only.</summary>
    public string? Abnormal { get; init; }

    /// <summary>Seed of the draw that says what each normal image is for.</summary>
    public long Seed { get; init; }

    /// <summary>Whether less is held out of training, as in the paper.</summary>
    public bool PaperSplit { get; init; }

    /// <summary>What a run began with, in place of a draw; null before there is a run.</summary>
    public DataRecord? Record { get; init; }

    /// <summary>
    /// Whether they are those of a run of an earlier version, which kept no record: images are then drawn by their places in the list, as that version did.
    /// </summary>
    public bool ByPlace { get; init; }
}
