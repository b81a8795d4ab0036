using System.Text;

namespace Mmrr.App.Output;

/// <summary>
/// A stream of messages that never fails the work they describe: a write error, such as a full disk or a closed terminal, is reported once on standard
/// error, where that is a different stream, and then ignored. A pipe whose reader has gone is different: it ends the program, see
/// <see cref="StandardOutput"/>.
/// </summary>
/// <param name="inner">The writer of the messages.</param>
/// <param name="name">The name of that writer, for the error message; null for no message.</param>
internal sealed class MessageWriter(TextWriter inner, string? name) : TextWriter(inner.FormatProvider)
{
    /// <summary>Whether a message could not be written.</summary>
    public bool Failed { get; private set; }

    /// <summary>Whether the stream was already closed when the program started.</summary>
    public bool IsClosed => inner is ClosedWriter;

    /// <inheritdoc/>
    public override Encoding Encoding => inner.Encoding;

    /// <inheritdoc/>
    public override void Write(char value) => Try(value, static (to, one) => to.Write(one));

    /// <inheritdoc/>
    public override void Write(string? value) => Try(value, static (to, text) => to.Write(text));

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Try(new string(buffer, index, count), static (to, text) => to.Write(text));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<char> buffer) => Try(new string(buffer), static (to, text) => to.Write(text));

    /// <inheritdoc/>
    public override void WriteLine() => Try(0, static (to, _) => to.WriteLine());

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Try(value, static (to, text) => to.WriteLine(text));

    /// <inheritdoc/>
    public override void Flush() => Try(0, static (to, _) => to.Flush());

    private void Try<T>(T value, Action<TextWriter, T> write)
    {
        if (Failed) return;
        try
        {
            write(inner, value);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException && !StandardOutput.IsUnread(e))
        {
            Failed = true;
            if (name is not null && !IsClosed) Complaint.Write($"{name} cannot be written: {e.Message}");
        }
    }
}
