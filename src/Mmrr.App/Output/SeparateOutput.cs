using System.Text;

namespace Mmrr.App.Output;

/// <summary>
/// Standard output and standard error of work that runs beside other work in this process: the threads of that work write to a writer of its own.
/// </summary>
internal static class SeparateOutput
{
    private static readonly AsyncLocal<TextWriter?> s_writer = new();
    private static readonly Lock s_gate = new();
    private static bool s_isInstalled;

    /// <summary>Whether the current thread works for such a work.</summary>
    public static bool IsActive => s_writer.Value is not null;

    /// <summary>Runs work whose output goes to a writer.</summary>
    /// <param name="writer">Takes the output of all threads that the work starts.</param>
    /// <param name="work">The work.</param>
    public static T Run<T>(TextWriter writer, Func<T> work)
    {
        lock (s_gate)
        {
            if (!s_isInstalled)
            {
                Console.SetOut(new Routed(Console.Out));
                Console.SetError(new Routed(Console.Error));
                s_isInstalled = true;
            }
        }
        s_writer.Value = TextWriter.Synchronized(writer);
        try
        {
            return work();
        }
        finally
        {
            s_writer.Value = null;
        }
    }

    private sealed class Routed(TextWriter outside) : TextWriter
    {
        public override Encoding Encoding => outside.Encoding;

        private TextWriter Target => s_writer.Value ?? outside;

        public override void Write(char value) => Target.Write(value);

        public override void Write(string? value) => Target.Write(value);

        public override void Write(char[] buffer, int index, int count) => Target.Write(buffer, index, count);

        public override void Write(ReadOnlySpan<char> buffer) => Target.Write(buffer);

        public override void WriteLine() => Target.WriteLine();

        public override void WriteLine(string? value) => Target.WriteLine(value);

        public override void Flush() => Target.Flush();
    }
}
