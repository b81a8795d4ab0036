namespace Mmrr;

/// <summary>A device was asked for that this machine does not have, or by a name that means nothing.</summary>
public sealed class DeviceUnavailableException : Exception
{
    /// <summary>With a one-line reason that names the device.</summary>
    public DeviceUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>With a one-line reason that names the device, and its cause.</summary>
    public DeviceUnavailableException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Without a reason.</summary>
    public DeviceUnavailableException()
    {
    }
}
