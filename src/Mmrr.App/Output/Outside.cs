using Mmrr.Ptx;
using Mmrr.Training.Data;

namespace Mmrr.App.Output;

/// <summary>Distinguishes external errors (arguments, files, devices, memory) from defects of the program.</summary>
internal static class Outside
{
    /// <summary>Whether an exception has an external cause, reported in one line. All others are unexpected.</summary>
    public static bool Is(Exception e) => e is AggregateException several
        ? several.InnerExceptions.All(Is)
        : !IsOfTheProgram(e) && e is UsageException or DeviceUnavailableException or DeviceMemoryException or PtxException
            or InvalidDataException or IOException or UnauthorizedAccessException or OutOfMemoryException;

    /// <summary>The message. Of errors on several threads, one is reported.</summary>
    public static string Message(Exception e) => e switch
    {
        AggregateException { InnerExceptions: [var first, ..] } => Message(first),
        OutOfMemoryException => "there is not enough memory",
        _ => e.Message,
    };

    // The program's own libraries are missing or damaged; the runtime names them with their versions.
    private static bool IsOfTheProgram(Exception e) =>
        e is FileLoadException || e is FileNotFoundException { FileName: { } name } && name.Contains(", Version=", StringComparison.Ordinal);
}
