namespace Mmrr.App.Output;

/// <summary>What is wrong or doubtful, for people, on standard error.</summary>
internal static class Complaint
{
    /// <summary>Writes one line. Names of files, which may hold line breaks and other control characters, do not break it.</summary>
    public static void Write(string message) =>
        Console.Error.WriteLine($"mmrr: {string.Concat(message.ReplaceLineEndings(" ").Select(c => char.IsControl(c) ? '\uFFFD' : c))}");

    /// <summary>Writes what nobody meant: one line, and behind it where it happened.</summary>
    public static void Report(Exception defect)
    {
        var version = typeof(Complaint).Assembly.GetName().Version;
        Write(
            $"internal error of mmrr {version?.ToString(3)}, not of your input: "
            + $"{defect.GetType().Name}: {defect.Message}; please report it with the command and the lines below");
        Console.Error.WriteLine(defect.ToString());
    }
}
