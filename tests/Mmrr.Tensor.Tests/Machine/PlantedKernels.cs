using ILGPU;
using ILGPU.Runtime;

namespace Mmrr.Tests.Machine;

/// <summary>What the kernels of <see cref="PlantedFault"/> do, in C#, with the number of the fault that is planted; 0 for none.</summary>
internal static class PlantedKernels
{
    private const int Count = 1024;

    /// <summary>1024 values in, 1024 out.</summary>
    public struct Arguments
    {
        public ArrayView<float> Input; // [1024]
        public ArrayView<float> Output; // [1024]
        public int Fault;
    }

    public struct Four
    {
        public float A;
        public float B;
        public float C;
        public float D;
    }

    /// <summary>Runs a kernel on a device whose groups may have 256 threads; the output, zeros where the kernel writes nothing.</summary>
    public static float[] Run(Device device, string kernel, int fault)
    {
        using var scope = new DisposeScope();
        var input = Tensor.From(device, new Shape(Count), [.. Enumerable.Range(0, Count).Select(PlantedFault.Input)]);
        var output = Tensor.From(device, input.Shape, new float[Count]);
        var arguments = new Arguments { Input = input.View, Output = output.View, Fault = fault };
        (Action<Arguments> method, KernelConfig config) = kernel switch
        {
            nameof(PlantedFault.Sum) => (SumKernel, new KernelConfig(1, 256)),
            nameof(PlantedFault.Twice) => (TwiceKernel, new KernelConfig(4, 64)),
            _ when fault == 10 => (UnpaddedTransposeKernel, new KernelConfig(1, 256)),
            _ => ((Action<Arguments>)TransposeKernel, new KernelConfig(1, 256)),
        };
        Kernel.Run(kernel, [("input", input)], [("output", output)], _ => throw new NotSupportedException(), simt => simt.Run(config, method, arguments));
        return output.ToArray();
    }

    [SimtKernel]
    private static void TransposeKernel(Arguments a) => Transpose(a, SharedMemory.Allocate<float>(32 * 33));

    [SimtKernel]
    private static void UnpaddedTransposeKernel(Arguments a) => Transpose(a, SharedMemory.Allocate<float>(32 * 32));

    private static void Transpose(Arguments a, ArrayView<float> tile)
    {
        int lane = Group.IdxX & 31, warp = Group.IdxX >> 5, pitch = a.Fault == 4 ? 1 : 33, rows = a.Fault == 8 ? 24 : a.Fault == 9 ? 40 : 32;
        for (int row = warp; row < rows; row += 8) tile[(row * pitch) + lane] = a.Input[(row * 32) + lane];
        if (a.Fault == 2)
        {
            Warp.Barrier();
        }
        else if (a.Fault == 3)
        {
            if (lane < 16) Group.Barrier();
        }
        else if (a.Fault != 1)
        {
            Group.Barrier();
        }
        for (int row = warp; row < 32; row += 8)
        {
            int at = (row * 32) + lane;
            float value = tile[(lane * 33) + (a.Fault == 12 ? lane : row)];
            if (a.Fault == 5) a.Input[at] = value;
            else if (a.Fault == 7) a.Output.Cast<byte>().SubView(2, (4 * Count) - 4).Cast<float>()[at] = value;
            else a.Output[a.Fault == 6 ? at + 1 : at] = value;
        }
    }

    [SimtKernel]
    private static void SumKernel(Arguments a)
    {
        var parts = SharedMemory.Allocate<float>(8);
        int lane = Group.IdxX & 31, warp = Group.IdxX >> 5;
        float sum = a.Input[Group.IdxX];
        sum += Warp.ShuffleXor(sum, 16);
        sum += Warp.ShuffleXor(sum, 8);
        sum += Warp.ShuffleXor(sum, a.Fault == 14 ? 3 : 4);
        sum += Warp.ShuffleXor(sum, 2);
        sum += Warp.ShuffleXor(sum, 1);
        if (lane == 0 || a.Fault == 15) parts[warp] = sum;
        if (a.Fault != 17) Group.Barrier();
        if (Group.IdxX == 0 || a.Fault == 18)
        {
            float total = 0f;
            int count = a.Fault == 16 ? 9 : 8;
            for (int n = 0; n < count; n++) total += parts[n];
            a.Output[0] = total;
        }
    }

    // 64 threads of a block for each quarter of the values, four a thread.
    [SimtKernel]
    private static void TwiceKernel(Arguments a)
    {
        int first = a.Fault == 19 ? Grid.IdxX * 32 : a.Fault == 22 ? Grid.IdxX * 0x60000000 : Grid.IdxX * 64;
        int i = first + Group.IdxX;
        if (i >= Count / 4) return;
        if (a.Fault == 20)
        {
            a.Output.SubView(2 * i, 4).Cast<Four>()[0] = Doubled(a.Input.SubView(2 * i, 4).Cast<Four>()[0]);
            return;
        }
        a.Output.Cast<Four>()[a.Fault == 21 ? i + (Count / 4) : i] = Doubled(a.Input.Cast<Four>()[i]);
    }

    private static Four Doubled(Four x) => new() { A = 2 * x.A, B = 2 * x.B, C = 2 * x.C, D = 2 * x.D };
}
