namespace Mmrr.Training.Data;

/// <summary>What is asked for cannot be done; the message is one line for the user.</summary>
public sealed class UsageException(string message) : Exception(message);
