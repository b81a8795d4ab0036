namespace Mmrr.Training.Data;

/// <summary>Thrown for a request that cannot be fulfilled; the message is one line for the user.</summary>
public sealed class UsageException(string message) : Exception(message);
