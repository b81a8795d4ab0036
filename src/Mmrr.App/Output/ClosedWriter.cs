using System.Text;

namespace Mmrr.App.Output;

/// <summary>Replaces a standard stream that was closed before the program started.</summary>
/// <param name="name">The name of the stream, for the message.</param>
internal sealed class ClosedWriter(string name) : TextWriter
{
    /// <inheritdoc/>
    public override Encoding Encoding => StandardOutput.Utf8;

    /// <inheritdoc/>
    public override void Write(char value) => throw new IOException($"{name} is closed");

    /// <inheritdoc/>
    public override void Write(string? value) => throw new IOException($"{name} is closed");

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => throw new IOException($"{name} is closed");
}
