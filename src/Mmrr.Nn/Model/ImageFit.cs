namespace Mmrr.Nn;

/// <summary>How an image of any size is converted to the squares that a model sees, in training and scoring alike.</summary>
public enum ImageFit
{
    /// <summary>The whole image is stretched to the square.</summary>
    Stretch,

    /// <summary>
    /// The largest centred square of the image is resized; the rest is not seen. Except within the filter's support at the border, this equals scaling the
    /// short side to the model's size and cropping the centre.
    /// </summary>
    Crop,

    /// <summary>The image keeps its pixels; overlapping tiles of the model's size are cut from it; see <see cref="Tiling"/>.</summary>
    Tile,

    /// <summary>
    /// The part on the image is found and rotated so that its length lies along the rows with always the same end on the left, and its rectangle is
    /// stretched to the square; see <see cref="PartBox"/>. For parts at any angle on a uniform background. An image without a part is seen whole.
    /// </summary>
    Align,
}
