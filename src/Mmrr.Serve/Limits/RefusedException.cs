namespace Mmrr.Serve.Limits;

/// <summary>A request that is answered with an error; the message is one line for the client.</summary>
/// <param name="status">The status code of HTTP.</param>
/// <param name="message">What came and what was expected.</param>
internal sealed class RefusedException(int status, string message) : Exception(message)
{
    /// <summary>The status code.</summary>
    public int Status => status;

    /// <summary>Everything is in use: 503, to be tried again.</summary>
    public static RefusedException Busy(string what) => new(503, $"{what}; try again in a second");
}
