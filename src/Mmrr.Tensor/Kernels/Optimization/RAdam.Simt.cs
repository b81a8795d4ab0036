using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;

namespace Mmrr.Kernels;

public static unsafe partial class RAdam
{
    private static readonly ConditionalWeakTable<Device, PieceTable> s_tables = [];

    private static void UpdateSimt(
        SimtLaunch simt, IReadOnlyList<(Tensor Parameter, Tensor Gradient, Tensor FirstMoment, Tensor SecondMoment)> states, Rates rates)
    {
        var device = states[0].Parameter.Device;
        var pieces = Cut(states);
        var table = s_tables.GetValue(device, d => new PieceTable(d));
        simt.Run(
            device.Groups(pieces.Length), UpdateKernel, new UpdateArguments { Pieces = table.With(pieces), Memory = table.Memory, Rates = rates });
    }

    // A thread block updates one piece of one parameter, at most 16,384 values, so that one launch updates all parameters; the table holds the addresses of
    // the pieces. Thread: every group-th quad: four loads and three stores of 16 bytes. 28 bytes and about 12 operations (including a square root and a
    // division) per value.
    [SimtKernel]
    private static void UpdateKernel(UpdateArguments a)
    {
        var memory = a.Memory;
        var rates = a.Rates;
        var piece = a.Pieces[Grid.IdxX];
        long parameter = piece.Parameter >> 4, gradient = piece.Gradient >> 4, firstMoment = piece.FirstMoment >> 4, secondMoment = piece.SecondMoment >> 4;
        for (int q = Group.IdxX; q < piece.Count / 4; q += Group.DimX)
        {
            Float4 theta = memory[parameter + q], g = memory[gradient + q], first = memory[firstMoment + q], second = memory[secondMoment + q];
            first.X += (g.X - first.X) * rates.Weight1;
            first.Y += (g.Y - first.Y) * rates.Weight1;
            first.Z += (g.Z - first.Z) * rates.Weight1;
            first.W += (g.W - first.W) * rates.Weight1;
            second.X += ((g.X * g.X) - second.X) * rates.Weight2;
            second.Y += ((g.Y * g.Y) - second.Y) * rates.Weight2;
            second.Z += ((g.Z * g.Z) - second.Z) * rates.Weight2;
            second.W += ((g.W * g.W) - second.W) * rates.Weight2;
            theta.X -= Step(first.X, second.X, rates);
            theta.Y -= Step(first.Y, second.Y, rates);
            theta.Z -= Step(first.Z, second.Z, rates);
            theta.W -= Step(first.W, second.W, rates);
            memory[parameter + q] = theta;
            memory[firstMoment + q] = first;
            memory[secondMoment + q] = second;
        }
        int rest = (piece.Count & ~3) + Group.IdxX;
        if (rest < piece.Count)
        {
            var floats = memory.Cast<float>();
            float g = floats[(4 * gradient) + rest], first = floats[(4 * firstMoment) + rest], second = floats[(4 * secondMoment) + rest];
            first += (g - first) * rates.Weight1;
            second += ((g * g) - second) * rates.Weight2;
            floats[(4 * firstMoment) + rest] = first;
            floats[(4 * secondMoment) + rest] = second;
            floats[(4 * parameter) + rest] -= Step(first, second, rates);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Step(float first, float second, Rates rates)
    {
        float step = first * rates.Size;
        return rates.Rectified != 0 ? step / (XMath.Sqrt(second) + rates.Epsilon) : step;
    }

    internal struct UpdateArguments
    {
        public ArrayView<Piece> Pieces;
        public ArrayView<Float4> Memory; // all of the device's, from address 0
        public Rates Rates;
    }

    /// <summary>
    /// The table of the pieces on a device. It is kept and copied again only when a piece has moved: the pool gives gradients the same memory in every
    /// step. ILGPU frees it with the accelerator.
    /// </summary>
    private sealed class PieceTable
    {
        private readonly Device _device;
        private Piece[] _pieces = [];
        private MemoryBuffer1D<Piece, Stride1D.Dense>? _table;

        public PieceTable(Device device)
        {
            _device = device;
            Memory = new AddressSpace(device.Accelerator).View;
        }

        /// <summary>All of the device's memory; element i is at address 16·i.</summary>
        public ArrayView<Float4> Memory { get; }

        public ArrayView<Piece> With(Piece[] pieces)
        {
            if (_table is null || _table.Length < pieces.Length)
            {
                // Earlier steps may still read the old table.
                if (_table is not null) _device.Synchronize();
                _table?.Dispose();
                _table = _device.Accelerator.Allocate1D<Piece>(pieces.Length);
                _pieces = [];
            }
            ArrayView<Piece> view = _table.View.BaseView.SubView(0, pieces.Length);
            if (!pieces.AsSpan().SequenceEqual(_pieces))
            {
                view.CopyFromCPU(_device.Accelerator.DefaultStream, pieces);
                _pieces = pieces;
            }
            return view;
        }
    }

    /// <summary>A buffer that begins at address 0: kernels take views, but the table holds addresses. Nothing is allocated or freed.</summary>
    private sealed class AddressSpace : MemoryBuffer
    {
        // 2⁴⁹ bytes: more than any address in use.
        private const long Quads = 1L << 45;

        public AddressSpace(Accelerator accelerator)
            : base(accelerator, Quads, 16) => NativePtr = IntPtr.Zero;

        public ArrayView<Float4> View => new(this, 0, Quads);

        protected override void MemSet(AcceleratorStream stream, byte value, in ArrayView<byte> targetView) =>
            throw new NotSupportedException();

        protected override void CopyTo(AcceleratorStream stream, in ArrayView<byte> sourceView, in ArrayView<byte> targetView) =>
            throw new NotSupportedException();

        protected override void CopyFrom(AcceleratorStream stream, in ArrayView<byte> sourceView, in ArrayView<byte> targetView) =>
            throw new NotSupportedException();

        protected override void DisposeAcceleratorObject(bool disposing)
        {
        }
    }
}
