namespace Mmrr.Training.Data;

/// <summary>The command line asks for something that cannot be; the message is the one line that the user sees.</summary>
internal sealed class UsageException(string message) : Exception(message);
