namespace Mmrr.Ptx;

/// <summary>An operation of a workload on two devices, over all its calls.</summary>
/// <param name="Operation">Its name.</param>
/// <param name="Calls">How often it ran.</param>
/// <param name="Values">Values that it wrote.</param>
/// <param name="SameBits">Those with the same bits on both devices; of what is no number any counts as the same.</param>
/// <param name="LargestDifference">
/// The largest difference of two values, in units of the largest magnitude that the call wrote; infinite where only one of the two is a finite number.
/// </param>
public sealed record ComparedOperation(string Operation, int Calls, long Values, long SameBits, double LargestDifference);

/// <summary>
/// Compares what a card computes with what the software card predicts, operation by operation: after each the software card goes on from the card's values,
/// so that a difference is that of one operation and not of all before it.
/// </summary>
public static class OperationComparison
{
    /// <summary>Runs a workload on both devices.</summary>
    /// <param name="device">The device that is compared.</param>
    /// <param name="software">A device <c>ptx</c>.</param>
    /// <param name="work">Runs operations on the device that it gets, the same ones each time.</param>
    /// <returns>The operations by name.</returns>
    /// <exception cref="ArgumentException">The second device is no software card.</exception>
    /// <exception cref="InvalidOperationException">The workload ran other operations, or other shapes, on the second device.</exception>
    public static IReadOnlyList<ComparedOperation> Run(Device device, Device software, Action<Device> work)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(software);
        ArgumentNullException.ThrowIfNull(work);
        if (software.Ptx is null) throw new ArgumentException($"the device {software.Name} predicts nothing: expected ptx", nameof(software));
        var recorded = new Queue<(string Operation, float[][] Outputs)>();
        Observed(device, work, (operation, outputs) => recorded.Enqueue((operation, [.. outputs.Select(output => output.ToArray())])));
        var compared = new SortedDictionary<string, ComparedOperation>(StringComparer.Ordinal);
        Observed(software, work, (operation, outputs) =>
        {
            string here = $"{operation} writes {string.Join(" and ", outputs.Select(output => output.Count))} values";
            if (!recorded.TryDequeue(out var own)) throw new InvalidOperationException($"on {software.Name} {here}; {device.Name} ran no more operations");
            string there = $"{own.Operation} writes {string.Join(" and ", own.Outputs.Select(output => output.Length))} values";
            if (there != here) throw new InvalidOperationException($"on {software.Name} {here}; on {device.Name} {there}");
            var sofar = compared.GetValueOrDefault(operation) ?? new ComparedOperation(operation, 0, 0, 0, 0);
            sofar = sofar with { Calls = sofar.Calls + 1 };
            for (int i = 0; i < own.Outputs.Length; i++) sofar = Add(sofar, own.Outputs[i], outputs[i]);
            compared[operation] = sofar;
        });
        if (recorded.Count > 0) throw new InvalidOperationException($"{device.Name} ran {recorded.Count} operations more than {software.Name}");
        return [.. compared.Values];
    }

    private static void Observed(Device device, Action<Device> work, Action<string, IReadOnlyList<Tensor>> after)
    {
        device.AfterOperation = after;
        try
        {
            work(device);
            device.Synchronize();
        }
        finally
        {
            device.AfterOperation = null;
        }
    }

    private static unsafe ComparedOperation Add(ComparedOperation sofar, float[] own, Tensor predicted)
    {
        var values = new Span<float>((void*)predicted.Pointer, predicted.Count);
        double largest = 0, scale = 0;
        long same = 0;
        for (int i = 0; i < own.Length; i++)
        {
            if (float.IsFinite(own[i])) scale = Math.Max(scale, Math.Abs((double)own[i]));
            if (BitConverter.SingleToInt32Bits(own[i]) == BitConverter.SingleToInt32Bits(values[i]) || (float.IsNaN(own[i]) && float.IsNaN(values[i])))
            {
                same++;
                continue;
            }
            double difference = Math.Abs((double)own[i] - values[i]);
            largest = Math.Max(largest, double.IsNaN(difference) ? double.PositiveInfinity : difference);
        }
        own.CopyTo(values);
        double relative = largest == 0 ? 0 : scale == 0 ? double.PositiveInfinity : largest / scale;
        return sofar with
        {
            Values = sofar.Values + own.Length,
            SameBits = sofar.SameBits + same,
            LargestDifference = Math.Max(sofar.LargestDifference, relative),
        };
    }
}
