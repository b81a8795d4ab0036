using System.Text;

namespace Mmrr.App.Output;

/// <summary>
/// A stream of messages, which never fails the work that they tell of: what cannot be written, since the disk is full or the terminal is gone, is told once on
/// standard error, where that is another, and then left. Not where a pipe's reader is gone: who wants no more output ends the program, see
/// <see cref="StandardOutput"/>.
/// </summary>
/// <param name="inner">Where messages go.</param>
/// <param name="name">What that is, for the complaint; null for none.</param>
internal sealed class MessageWriter(TextWriter inner, string? name) : TextWriter(inner.FormatProvider)
{
    /// <summary>Whether something could not be written.</summary>
    public bool Failed { get; private set; }

    /// <summary>Whether it never was there to be written to: whoever started the program wants none of it.</summary>
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
