namespace Mmrr.App;

/// <summary>What is wrong or doubtful, for people: one line on standard error.</summary>
internal static class Complaint
{
    /// <summary>Writes it. Names of files, which may hold line breaks, do not break the line.</summary>
    public static void Write(string message) => Console.Error.WriteLine($"mmrr: {message.ReplaceLineEndings(" ")}");
}
