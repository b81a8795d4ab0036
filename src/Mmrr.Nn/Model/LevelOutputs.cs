using Mmrr.Autograd;
using Mmrr.Kernels;

namespace Mmrr.Nn;

/// <summary>How the values of a picture become grey levels.</summary>
internal enum PictureScale
{
    /// <summary>An image: −1 is black and 1 is white.</summary>
    Image,

    /// <summary>Shares: 0 is black and 1 is white; the mean of the channels.</summary>
    Share,

    /// <summary>From the smallest value to the largest.</summary>
    Stretched,
}

/// <summary>A picture of a step of a method, for every image and level.</summary>
/// <param name="Symbol">Its symbol, such as x̂.</param>
/// <param name="Name">Its name.</param>
/// <param name="Values">[N·count, S, S, C].</param>
/// <param name="Scale">How it is shown.</param>
/// <param name="OncePerImage">Whether it is the same at all levels.</param>
internal sealed record LevelPicture(string Symbol, string Name, Variable Values, PictureScale Scale, bool OncePerImage = false);

/// <summary>What a method makes of images at consecutive levels of a schedule; row n·Count + l of every tensor is image n at level First + l.</summary>
/// <param name="First">The first of the levels.</param>
/// <param name="Count">Number of levels.</param>
/// <param name="Image">x, repeated, [N·count, S, S, C].</param>
/// <param name="Restored">x̂; x itself for a method that restores nothing.</param>
/// <param name="Refined">The refined x̂; the same variable as <paramref name="Restored"/> for a method without refinement.</param>
public record LevelOutputs(int First, int Count, Variable Image, Variable Restored, Variable Refined)
{
    /// <summary>The score of each image, [N·count], where it is not the mean squared error of the restoration.</summary>
    internal Tensor? OwnImageErrors { get; init; }

    /// <summary>The score of each pixel, none negative, [N·count, S, S], where it is not the channels' mean squared error of the restoration.</summary>
    internal Tensor? OwnPixelErrors { get; init; }

    /// <summary>The error of each image in a new tensor, [N·count].</summary>
    /// <param name="refined">Whether that of the refined images.</param>
    internal Tensor ImageErrors(bool refined)
    {
        if (OwnImageErrors is not null) return OwnImageErrors.Share();
        var prediction = refined ? Refined : Restored;
        var errors = Tensor.Empty(prediction.Device, new Shape(prediction.Shape[0]));
        SquaredError.PerImage(prediction.Value, Image.Value, errors);
        return errors;
    }

    /// <summary>The error of each pixel in a new tensor, [N·count, S, S].</summary>
    /// <param name="refined">Whether that of the refined images.</param>
    internal Tensor PixelErrors(bool refined)
    {
        if (OwnPixelErrors is not null) return OwnPixelErrors.Share();
        var prediction = refined ? Refined : Restored;
        var shape = prediction.Shape;
        var errors = Tensor.Empty(prediction.Device, new Shape(shape[0], shape[1], shape[2]));
        SquaredError.PerPixel(prediction.Value, Image.Value, errors);
        return errors;
    }

    /// <summary>The pictures that show how the method works; none for a method that restores nothing.</summary>
    internal virtual IEnumerable<LevelPicture> Pictures() =>
        ReferenceEquals(Restored, Image) ? [] : [new LevelPicture("x̂", "restored", Restored, PictureScale.Image)];
}
