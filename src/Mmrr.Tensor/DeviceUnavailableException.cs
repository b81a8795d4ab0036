namespace Mmrr;

/// <summary>Thrown when a requested device is not present on this machine or its name is unknown.</summary>
public sealed class DeviceUnavailableException : Exception
{
    /// <summary>Creates the exception with a one-line reason that names the device.</summary>
    public DeviceUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a one-line reason that names the device, and its cause.</summary>
    public DeviceUnavailableException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Creates the exception without a reason.</summary>
    public DeviceUnavailableException()
    {
    }
}
