using System.Text;
using Mmrr.App.Commands;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary>
/// Runs the program's commands within the process of the tests, where nothing of a process is tested: its start, its streams, signals or environment. The
/// runtime compiles the program once for all of them.
/// </summary>
internal static class MmrrProgram
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(100);
    private static readonly RoutedWriter s_output = new(Console.Out), s_error = new(Console.Error);

    static MmrrProgram()
    {
        Console.SetOut(s_output);
        Console.SetError(s_error);
    }

    /// <summary>Runs <c>mmrr</c> with these arguments; several may run at once.</summary>
    public static Outcome Run(params string[] arguments)
    {
        StringBuilder output = new(), error = new();
        // A thread of its own, whose context the threads that the command starts inherit.
        var run = Task.Factory.StartNew(
            () =>
            {
                s_output.Route(output);
                s_error.Route(error);
                return CommandLine.Run(arguments);
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        if (!run.Wait(s_limit)) Assert.Fail($"mmrr {string.Join(' ', arguments)}: still running after {s_limit.TotalSeconds} s");
        lock (output)
        {
            lock (error) return new Outcome(run.Result, output.ToString(), error.ToString());
        }
    }

    /// <summary>Writes to the text of the command that the current thread works for; outside of commands to the writer that was there before.</summary>
    private sealed class RoutedWriter(TextWriter outside) : TextWriter
    {
        private readonly AsyncLocal<StringBuilder?> _text = new();

        public override Encoding Encoding => Encoding.UTF8;

        public void Route(StringBuilder text) => _text.Value = text;

        public override void Write(char value) => Write([value]);

        public override void Write(string? value) => Write(value.AsSpan());

        public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

        public override void Write(ReadOnlySpan<char> buffer)
        {
            if (_text.Value is not { } text)
            {
                outside.Write(buffer);
                return;
            }
            lock (text) text.Append(buffer);
        }

        public override void Flush() => outside.Flush();
    }
}
