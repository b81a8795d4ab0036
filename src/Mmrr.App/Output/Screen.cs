using Spectre.Console;

namespace Mmrr.App.Output;

/// <summary>What the terminals behind the streams can do.</summary>
internal static class Screen
{
    // Of a file or a pipe, which have no width: no row is broken.
    private const int PlainWidth = 400;

    /// <summary>
    /// Whether lines on standard output can be written over, and coloured: it is a terminal, and one that knows how (TERM=dumb says that it does not).
    /// </summary>
    public static bool TakesCodes => !Console.IsOutputRedirected && Knows;

    /// <summary>The same of standard error.</summary>
    public static bool ErrorTakesCodes => !Console.IsErrorRedirected && Knows;

    private static bool Knows => OperatingSystem.IsWindows()
        ? AnsiConsole.Profile.Capabilities.Ansi
        : Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb" or "unknown");

    /// <summary>The columns of the terminal of standard output; a great many where it is none, or tells none.</summary>
    public static int Width
    {
        get
        {
            if (Console.IsOutputRedirected) return PlainWidth;
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

    /// <summary>A console for tables on standard output, as it is now.</summary>
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
