namespace Mmrr.App.Output;

/// <summary>Errors and warnings on standard error.</summary>
internal static class Complaint
{
    /// <summary>Writes one line; line breaks and control characters, such as in file names, are replaced.</summary>
    public static void Write(string message) =>
        Console.Error.WriteLine($"mmrr: {string.Concat(message.ReplaceLineEndings(" ").Select(c => char.IsControl(c) ? '\uFFFD' : c))}");

    /// <summary>Writes an unexpected exception: one line, then the stack trace.</summary>
    public static void Report(Exception defect)
    {
        var version = typeof(Complaint).Assembly.GetName().Version;
        Write(
            $"internal error of mmrr {version?.ToString(3)}, not of your input: "
            + $"{defect.GetType().Name}: {defect.Message}; please report it with the command and the lines below");
        Console.Error.WriteLine(defect.ToString());
    }
}
