using System.Globalization;

namespace Mmrr;

/// <summary>A device has no memory left for a tensor, also after everything that the pool held unused was given back.</summary>
public sealed class DeviceMemoryException : Exception
{
    /// <summary>With the sizes, in bytes; the message names them.</summary>
    /// <param name="device">The device's name.</param>
    /// <param name="requested">What was asked for.</param>
    /// <param name="held">What tensors hold.</param>
    /// <param name="total">What the device has, or may use.</param>
    /// <param name="inner">The device's own error, where it made one.</param>
    public DeviceMemoryException(string device, long requested, long held, long total, Exception? inner)
        : base($"{device}: out of memory: {Size(requested)} asked for, {Size(held)} in use, {Size(total)} in all", inner)
    {
        RequestedBytes = requested;
        HeldBytes = held;
        TotalBytes = total;
    }

    /// <summary>With a message.</summary>
    public DeviceMemoryException(string message)
        : base(message)
    {
    }

    /// <summary>With a message and a cause.</summary>
    public DeviceMemoryException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Without a message.</summary>
    public DeviceMemoryException()
    {
    }

    /// <summary>What was asked for, in bytes.</summary>
    public long RequestedBytes { get; }

    /// <summary>What tensors held, in bytes.</summary>
    public long HeldBytes { get; }

    /// <summary>What the device has, or may use, in bytes.</summary>
    public long TotalBytes { get; }

    private static string Size(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0} MiB");
}
