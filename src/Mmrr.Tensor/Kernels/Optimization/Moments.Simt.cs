using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;

namespace Mmrr.Kernels;

public static unsafe partial class Moments
{
    private static readonly ConditionalWeakTable<Device, PieceTable> s_tables = [];

    private static void UpdateSimt(
        SimtLaunch simt, IReadOnlyList<(Tensor Parameter, Tensor Gradient, Tensor FirstMoment, Tensor SecondMoment)> states, MomentStep step)
    {
        var device = states[0].Parameter.Device;
        var pieces = Cut(states);
        var table = s_tables.GetValue(device, d => new PieceTable(d));
        simt.Run(
            device.Groups(pieces.Length), UpdateKernel, new UpdateArguments { Pieces = table.With(pieces), Memory = table.Memory, Step = step });
    }

    // A thread block updates one piece of one parameter, at most 16,384 values, so that one launch updates all parameters; the table holds the addresses of
    // the pieces. Thread: every group-th quad: four loads and three stores of 16 bytes. 28 bytes and about 12 operations (including a square root and a
    // division) per value; without the second moment 20 bytes and 4 operations.
    [SimtKernel]
    private static void UpdateKernel(UpdateArguments a)
    {
        var memory = a.Memory;
        var step = a.Step;
        var piece = a.Pieces[Grid.IdxX];
        int second = step.Weight2 != 0f ? 1 : 0;
        long parameter = piece.Parameter >> 4, gradient = piece.Gradient >> 4, firstMoment = piece.FirstMoment >> 4, secondMoment = piece.SecondMoment >> 4;
        for (int q = Group.IdxX; q < piece.Count / 4; q += Group.DimX)
        {
            Float4 theta = memory[parameter + q], g = memory[gradient + q], m = memory[firstMoment + q], v = default;
            m.X += (g.X - m.X) * step.Weight1;
            m.Y += (g.Y - m.Y) * step.Weight1;
            m.Z += (g.Z - m.Z) * step.Weight1;
            m.W += (g.W - m.W) * step.Weight1;
            memory[firstMoment + q] = m;
            if (second != 0)
            {
                v = memory[secondMoment + q];
                v.X += ((g.X * g.X) - v.X) * step.Weight2;
                v.Y += ((g.Y * g.Y) - v.Y) * step.Weight2;
                v.Z += ((g.Z * g.Z) - v.Z) * step.Weight2;
                v.W += ((g.W * g.W) - v.W) * step.Weight2;
                memory[secondMoment + q] = v;
            }
            theta.X = (theta.X * step.Keep) - Change(m.X, v.X, step);
            theta.Y = (theta.Y * step.Keep) - Change(m.Y, v.Y, step);
            theta.Z = (theta.Z * step.Keep) - Change(m.Z, v.Z, step);
            theta.W = (theta.W * step.Keep) - Change(m.W, v.W, step);
            memory[parameter + q] = theta;
        }
        int rest = (piece.Count & ~3) + Group.IdxX;
        if (rest < piece.Count)
        {
            var floats = memory.Cast<float>();
            float g = floats[(4 * gradient) + rest], m = floats[(4 * firstMoment) + rest], v = 0;
            m += (g - m) * step.Weight1;
            floats[(4 * firstMoment) + rest] = m;
            if (second != 0)
            {
                v = floats[(4 * secondMoment) + rest];
                v += ((g * g) - v) * step.Weight2;
                floats[(4 * secondMoment) + rest] = v;
            }
            floats[(4 * parameter) + rest] = (floats[(4 * parameter) + rest] * step.Keep) - Change(m, v, step);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Change(float first, float second, MomentStep step)
    {
        float change = first * step.Size;
        return step.Divides != 0 ? change / (XMath.Sqrt(second) + step.Epsilon) : change;
    }

    internal struct UpdateArguments
    {
        public ArrayView<Piece> Pieces;
        public ArrayView<Float4> Memory; // all of the device's, from address 0
        public MomentStep Step;
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
