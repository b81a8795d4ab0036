namespace Mmrr.Nn;

/// <summary>How an image of any size becomes the squares that a model sees. Training and scoring do the same.</summary>
public enum ImageFit
{
    /// <summary>The whole image is stretched to the square.</summary>
    Stretch,

    /// <summary>
    /// The largest square in the middle of the image is resized; what lies outside of it is not seen. Up to the filter's reach at the border this is scaling
    /// the short side to the model's size and cropping the centre.
    /// </summary>
    Crop,

    /// <summary>The image keeps its pixels; overlapping tiles of the model's size are cut from it, see <see cref="Tiling"/>.</summary>
    Tile,

    /// <summary>
    /// The part on the image is found, turned so that its length lies along the rows and always the same end is on the left, and its rectangle is stretched to
    /// the square, see <see cref="PartBox"/>: for parts that lie turned on an even background. An image without a part is seen whole.
    /// </summary>
    Align,
}
