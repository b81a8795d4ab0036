using System.Globalization;

namespace Mmrr;

/// <summary>Thrown when a device has no memory left for a tensor, even after the pool released its unused buffers.</summary>
public sealed class DeviceMemoryException : Exception
{
    /// <summary>Creates the exception with the sizes, in bytes, which the message states.</summary>
    /// <param name="device">The device's name.</param>
    /// <param name="requested">The requested size.</param>
    /// <param name="held">The size of all tensors.</param>
    /// <param name="total">The device's memory, or its limit.</param>
    /// <param name="inner">The device's own error, if any.</param>
    public DeviceMemoryException(string device, long requested, long held, long total, Exception? inner)
        : base($"{device}: out of memory: {Size(requested)} requested, {Size(held)} in use, {Size(total)} in total", inner)
    {
        RequestedBytes = requested;
        HeldBytes = held;
        TotalBytes = total;
    }

    /// <summary>Creates the exception with a message.</summary>
    public DeviceMemoryException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and a cause.</summary>
    public DeviceMemoryException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Creates the exception without a message.</summary>
    public DeviceMemoryException()
    {
    }

    /// <summary>The requested size in bytes.</summary>
    public long RequestedBytes { get; }

    /// <summary>The size of all tensors in bytes.</summary>
    public long HeldBytes { get; }

    /// <summary>The device's memory, or its limit, in bytes.</summary>
    public long TotalBytes { get; }

    private static string Size(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0} MiB");
}
