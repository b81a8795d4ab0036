using Mmrr.Ptx;
using Mmrr.Training.Data;

namespace Mmrr.App.Output;

/// <summary>Tells what goes wrong outside of the program (arguments, files, devices, memory) from its own defects.</summary>
internal static class Outside
{
    /// <summary>Whether an exception is of the outside: bad input, which one line tells. All else nobody meant.</summary>
    public static bool Is(Exception e) => e is AggregateException several
        ? several.InnerExceptions.All(Is)
        : !IsOfTheProgram(e) && e is UsageException or DeviceUnavailableException or DeviceMemoryException or PtxException
            or InvalidDataException or IOException or UnauthorizedAccessException or OutOfMemoryException;

    /// <summary>The line. Of what went wrong on several threads at once, one will do.</summary>
    public static string Message(Exception e) => e switch
    {
        AggregateException { InnerExceptions: [var first, ..] } => Message(first),
        OutOfMemoryException => "there is not enough memory",
        _ => e.Message,
    };

    // Its own libraries are missing or damaged; the runtime tells their names with their versions.
    private static bool IsOfTheProgram(Exception e) =>
        e is FileLoadException || e is FileNotFoundException { FileName: { } name } && name.Contains(", Version=", StringComparison.Ordinal);
}
