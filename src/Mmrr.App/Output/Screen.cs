using System.Globalization;
using Spectre.Console;

namespace Mmrr.App.Output;

/// <summary>The capabilities of the terminals of the standard streams.</summary>
internal static class Screen
{
    // For a file or a pipe, which have no width: rows are not wrapped.
    private const int PlainWidth = 400;

    /// <summary>Whether standard output is a terminal that supports rewriting lines and colours (TERM=dumb does not).</summary>
    public static bool TakesCodes => StandardOutput.IsTerminal && Knows;

    /// <summary>The same for standard error.</summary>
    public static bool ErrorTakesCodes => StandardOutput.ErrorIsTerminal && Knows;

    private static bool Knows => OperatingSystem.IsWindows()
        ? AnsiConsole.Profile.Capabilities.Ansi
        : Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb" or "unknown");

    /// <summary>The columns of the terminal of standard output; a large number where it is not a terminal or its width is unknown.</summary>
    public static int Width
    {
        get
        {
            if (!StandardOutput.IsTerminal) return PlainWidth;
            try
            {
                return Console.WindowWidth is > 0 and var width ? width : PlainWidth;
            }
            catch (IOException)
            {
                // The terminal was closed.
                return PlainWidth;
            }
        }
    }

    /// <summary>A time as minutes and seconds, and hours where there are any: <c>05:46</c>, <c>17:05:46</c>.</summary>
    public static string Duration(TimeSpan time)
    {
        string rest = time.ToString(@"mm\:ss", CultureInfo.InvariantCulture);
        return time.TotalHours >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalHours}:{rest}") : rest;
    }

    /// <summary>Creates a console for tables on the current standard output.</summary>
    public static IAnsiConsole ForTables()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = TakesCodes ? AnsiSupport.Detect : AnsiSupport.No,
            Out = new AnsiConsoleOutput(Console.Out)
        });
        console.Profile.Width = Width;
        return console;
    }
}
