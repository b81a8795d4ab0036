using Mmrr.Training.Data;

namespace Mmrr.Training.Fitting;

/// <summary>Opens the device for a run or a command.</summary>
internal static class DeviceChoice
{
    /// <summary>Opens a device with a precision.</summary>
    /// <param name="name">As <see cref="Device.Open"/> takes it.</param>
    /// <param name="threads">Worker threads on <c>cpu</c>; null for all cores.</param>
    /// <param name="precision">The precision.</param>
    /// <exception cref="UsageException">The device does not support the precision.</exception>
    public static Device Open(string name, int? threads, MatrixPrecision precision)
    {
        var device = Device.Open(name, threads);
        if (precision == MatrixPrecision.Tf32 && !device.HasTf32)
        {
            string what = $"{device.Name} ({device.Description})";
            device.Dispose();
            throw new UsageException($"--precision tf32 needs a cuda device of compute capability 8.0 or later; this is {what}");
        }
        device.Precision = precision;
        return device;
    }
}
