namespace Mmrr.Training.Pictures;

/// <summary>An sRGB colour, 0 to 255 per channel.</summary>
/// <param name="R">Red.</param>
/// <param name="G">Green.</param>
/// <param name="B">Blue.</param>
public readonly record struct Rgb(byte R, byte G, byte B);
