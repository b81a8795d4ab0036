using ILGPU;
using ILGPU.Runtime;

namespace Mmrr.Samples;

/// <summary>
/// Four ways to transpose a square matrix on a GPU, for comparison. A block of 256 threads takes a tile of 32 × 32; the sides are multiples of 32. 8 bytes an
/// element.
/// </summary>
public static class Transposition
{
    private const int Tile = 32;
    private const int GroupSize = 256;
    private const int Rows = GroupSize / Tile; // of a tile that the block takes at a time

    /// <summary>The ways that are right.</summary>
    public static IReadOnlyList<(string Name, Action<Tensor, Tensor> Run)> Right { get; } =
    [
        ("DirectKernel", (x, output) => Run(x, output, DirectKernel)), ("TiledKernel", (x, output) => Run(x, output, TiledKernel)),
        ("PaddedKernel", (x, output) => Run(x, output, PaddedKernel)),
    ];

    /// <summary>The padded way without its barrier: a race.</summary>
    public static void RunRacing(Tensor x, Tensor output) => Run(x, output, RacingKernel);

    /// <summary>For <c>mmrr ptx NAME --run --assembly</c>.</summary>
    [SimtExample]
    public static void Example(Device device)
    {
        using var scope = new DisposeScope();
        var x = Tensor.From(device, new Shape(256, 256), new float[256 * 256]);
        foreach (var way in Right) way.Run(x, Tensor.Empty(device, x.Shape));
    }

    /// <summary>The same for the racing kernel: it ends with the race.</summary>
    [SimtExample]
    public static void Race(Device device)
    {
        using var scope = new DisposeScope();
        RunRacing(Tensor.From(device, new Shape(256, 256), new float[256 * 256]), Tensor.Empty(device, new Shape(256, 256)));
    }

    private static void Run(Tensor x, Tensor output, Action<Arguments> kernel)
    {
        int side = x.Shape[0];
        Kernel.Run(
            $"Transposition.{kernel.Method.Name}", [("x", x, new Shape(side, side))], [("output", output, x.Shape)],
            simd =>
            {
                var (from, to) = (simd.Read(x), simd.Write(output));
                simd.Run(worker =>
                {
                    var (begin, end) = worker.Share(side, 1);
                    for (int row = begin; row < end; row++)
                    {
                        for (int column = 0; column < side; column++) to.Span[(row * side) + column] = from.Span[(column * side) + row];
                    }
                });
            },
            simt => simt.Run(
                new KernelConfig(new Index3D(side / Tile, side / Tile, 1), new Index3D(GroupSize, 1, 1)), kernel,
                new Arguments { X = x.View, Output = output.View, Side = side }));
    }

    // Neighbouring threads read neighbours and write a column: each of their 4 bytes lies in another sector of 32.
    [SimtKernel(GroupSize = GroupSize)]
    private static void DirectKernel(Arguments a)
    {
        int lane = Group.IdxX % Tile, column = (Grid.IdxX * Tile) + lane;
        for (int i = Group.IdxX / Tile; i < Tile; i += Rows)
        {
            int row = (Grid.IdxY * Tile) + i;
            a.Output[(column * a.Side) + row] = a.X[(row * a.Side) + column];
        }
    }

    // Through shared memory neighbours read and write neighbours. But a column of the tile lies in one bank.
    [SimtKernel(GroupSize = GroupSize)]
    private static void TiledKernel(Arguments a)
    {
        var tile = SharedMemory.Allocate<float>(Tile * Tile); // [32, 32]
        Fill(a, tile, Tile);
        Group.Barrier();
        Write(a, tile, Tile);
    }

    // With rows of 33 the elements of a column lie in all banks.
    [SimtKernel(GroupSize = GroupSize)]
    private static void PaddedKernel(Arguments a)
    {
        var tile = SharedMemory.Allocate<float>(Tile * (Tile + 1)); // [32, 33]
        Fill(a, tile, Tile + 1);
        Group.Barrier();
        Write(a, tile, Tile + 1);
    }

    // A warp may write what another has not read yet.
    [SimtKernel(GroupSize = GroupSize)]
    private static void RacingKernel(Arguments a)
    {
        var tile = SharedMemory.Allocate<float>(Tile * (Tile + 1)); // [32, 33]
        Fill(a, tile, Tile + 1);
        Write(a, tile, Tile + 1);
    }

    private static void Fill(Arguments a, ArrayView<float> tile, int pitch)
    {
        int lane = Group.IdxX % Tile;
        for (int i = Group.IdxX / Tile; i < Tile; i += Rows)
            tile[(i * pitch) + lane] = a.X[(((Grid.IdxY * Tile) + i) * a.Side) + (Grid.IdxX * Tile) + lane];
    }

    private static void Write(Arguments a, ArrayView<float> tile, int pitch)
    {
        int lane = Group.IdxX % Tile;
        for (int i = Group.IdxX / Tile; i < Tile; i += Rows)
            a.Output[(((Grid.IdxX * Tile) + i) * a.Side) + (Grid.IdxY * Tile) + lane] = tile[(lane * pitch) + i];
    }

    internal struct Arguments
    {
        public ArrayView<float> X; // [side, side]
        public ArrayView<float> Output; // [side, side]
        public int Side;
    }
}
