using System.Runtime.InteropServices;
using Mmrr.Kernels;

namespace Mmrr.Tests;

/// <summary>An image's results have the same bits in every batch: what a scoring call runs, on the simulator with the tiled kernels too.</summary>
[Trait("Category", "Operation")]
public class BatchBitsTests(TestDevices devices)
{
    private static readonly int[] s_batches = [1, 3, 8];

    // Height, width, channels, outputs, K, stride. By the rows of the whole batch the first gets 9 shares at 1 and 3 images and 8 at 8; the others have shares
    // as well, or none.
    public static TheoryData<string, int[]> Convolutions => new()
    {
        { "simt:64", [22, 22, 64, 4, 3, 1] },
        { "simt:64", [5, 3, 20, 12, 3, 1] },
        { "simt:64", [5, 3, 20, 12, 3, 2] },
        { "simt", [5, 3, 3, 5, 3, 1] },
        { "cpu", [9, 7, 16, 32, 3, 1] },
        { "cpu", [9, 7, 20, 3, 3, 2] },
        { "simt:64", [5, 3, 20, 12, 5, 2] },
        { "simt", [5, 3, 3, 5, 5, 3] },
        { "cpu", [9, 7, 16, 32, 5, 1] },
        { "cpu", [9, 7, 20, 3, 7, 3] },
    };

    [Theory]
    [MemberData(nameof(Convolutions))]
    public void Of_a_convolution(string device, int[] sizes)
    {
        int c = sizes[2], o = sizes[3], k = sizes[4], stride = sizes[5];
        var random = new RandomInputs();
        HostTensor weight = random.Uniform(new Shape(k, k, c, o)), bias = random.Uniform(new Shape(o));
        var x = random.Uniform(new Shape(s_batches[^1], sizes[0], sizes[1], c));
        var outputShape = Convolution.OutputShape(x.Shape, weight.Shape, stride);
        var residual = random.Uniform(outputShape);
        Check(device, [x, residual], [weight, bias], [outputShape], (given, taken) =>
            Convolution.Forward(given[0], given[2], given[3], given[1], stride, taken[0]));
    }

    [Theory]
    [InlineData("simt:64", 5, 3, 12, 20, 3, 1)]
    [InlineData("simt:64", 5, 3, 12, 68, 3, 2)]
    [InlineData("cpu", 9, 7, 16, 32, 3, 1)]
    [InlineData("simt", 5, 3, 3, 5, 5, 3)]
    [InlineData("cpu", 9, 7, 16, 32, 5, 1)]
    [InlineData("cpu", 9, 7, 3, 20, 7, 3)]
    public void Of_a_convolutions_data_gradient(string device, int h, int w, int c, int o, int k, int stride)
    {
        var random = new RandomInputs();
        var weight = random.Uniform(new Shape(k, k, c, o));
        var x = new Shape(s_batches[^1], h, w, c);
        var gradient = random.Uniform(Convolution.OutputShape(x, weight.Shape, stride));
        Check(device, [gradient], [weight], [x], (given, taken) => Convolution.BackwardData(given[0], given[1], stride, taken[0]));
    }

    [Theory]
    [InlineData("simt", 16)]
    [InlineData("simt", 6)]
    [InlineData("simt:64", 16)]
    [InlineData("cpu", 16)]
    public void Of_group_norm(string device, int channels)
    {
        var random = new RandomInputs();
        var x = random.Uniform(new Shape(s_batches[^1], 5, 7, channels));
        HostTensor gamma = random.Uniform(new Shape(channels)), beta = random.Uniform(new Shape(channels));
        var statistics = new Shape(s_batches[^1], 2);
        Check(device, [x], [gamma, beta], [x.Shape, statistics, statistics], (given, taken) =>
            GroupNormalization.Forward(given[0], given[1], given[2], 2, 1e-5f, true, taken[0], taken[1], taken[2]));
    }

    [Theory]
    [InlineData("simt")]
    [InlineData("simt:64")]
    [InlineData("cpu")]
    public void Of_masks_errors_and_resampling(string device)
    {
        const int Levels = 3;
        var random = new RandomInputs();
        int n = s_batches[^1];
        HostTensor v = random.Uniform(new Shape(n, 5, 7, 3), -4, 4), levels = random.Uniform(new Shape(n, Levels), 0.05f, 0.95f);
        HostTensor other = random.Uniform(v.Shape);
        foreach (var solver in Enum.GetValues<MaskSolver>())
        {
            Check(device, [v, levels], [], [new Shape(n * Levels, 5, 7, 3), levels.Shape, levels.Shape], (given, taken) =>
                BisectionMask.Forward(given[0], given[1], solver, 1e-5f, 60, taken[0], taken[1], taken[2]));
        }
        Check(device, [v, other], [], [new Shape(n), new Shape(n, 5, 7)], (given, taken) =>
        {
            SquaredError.PerImage(given[0], given[1], taken[0]);
            SquaredError.PerPixel(given[0], given[1], taken[1]);
        });
        Check(device, [v, other], [], [new Shape(n, 10, 14, 3), new Shape(n, 5, 7, 6), v.Shape], (given, taken) =>
        {
            NearestUpsample.Forward(given[0], taken[0]);
            ChannelConcat.Forward([given[0], given[1]], taken[1]);
            Elementwise.Forward<Sigmoid>(given[0], taken[2]);
        });
    }

    [Theory]
    [InlineData("simt")]
    [InlineData("cpu")]
    public void Of_pooling_softmax_and_layer_norm(string device)
    {
        var random = new RandomInputs();
        int n = s_batches[^1];
        HostTensor x = random.Uniform(new Shape(n, 7, 5, 21)), gamma = random.Uniform(new Shape(21)), beta = random.Uniform(new Shape(21));
        var rows = new Shape(n * 35);
        Check(device, [x], [gamma, beta], [new Shape(n, 3, 2, 21), new Shape(n, 3, 2, 21), new Shape(n, 1, 1, 21)], (given, taken) =>
        {
            MaxPool.Forward(given[0], 3, 2, taken[0]);
            AveragePool.Forward(given[0], 3, 2, taken[1]);
            AveragePool.Forward(given[0], taken[2]);
        });
        Check(device, [x], [gamma, beta], [x.Shape, x.Shape, rows, rows], (given, taken) =>
        {
            Softmax.Forward(given[0], taken[0]);
            LayerNormalization.Forward(given[0], given[1], given[2], 1e-5f, taken[1], taken[2], taken[3]);
        });
    }

    // Images of all sizes on which the U-Nets work, in float32 and TF32: the number of shares follows from one image alone.
    [Fact]
    public void Shares_of_a_sum_follow_from_one_image()
    {
        var device = devices.Get("simt");
        int cut = 0;
        foreach (int side in new[] { 1, 2, 4, 8, 16, 32, 64 })
        {
            foreach (int channels in new[] { 16, 32, 64, 128, 256 })
            {
                foreach (bool tf32 in new[] { false, true })
                {
                    int SharesOf(int images) => Convolution.TilePlan.Of(device, tf32, images, side * side, channels, 9, channels).Shares;
                    int[] shares = [.. new[] { 1, 3, 8, 64, 256, 960 }.Select(SharesOf)];
                    Assert.All(shares, number => Assert.Equal(shares[0], number));
                    if (shares[0] > 1) cut++;
                }
            }
        }
        Assert.True(cut >= 20, $"only {cut} sums are cut into shares");
    }

    // Blocks of 64 and of 128 add the terms of a result in the same order.
    [Fact]
    public void Blocks_of_either_side_give_the_same_bits()
    {
        var random = new RandomInputs();
        HostTensor x = random.Uniform(new Shape(1, 3, 5, 36)), weight = random.Uniform(new Shape(1, 1, 36, 128));
        float[] Result(string device) => devices.Run(device, [x, weight], [new Shape(1, 3, 5, 128)], (given, taken) =>
            Convolution.Forward(given[0], given[1], null, null, 1, taken[0]))[0];
        AssertSameBits(Result("simt:64"), Result("simt:256"), "blocks of 128");
    }

    /// <summary>Runs the first images of the inputs in batches of several sizes; what comes of an image must be the same bits in all.</summary>
    private void Check(string device, HostTensor[] images, HostTensor[] others, Shape[] outputs, Action<Tensor[], Tensor[]> operation)
    {
        var where = devices.Get(device);
        float[][]? single = null;
        foreach (int batch in s_batches)
        {
            using var scope = new DisposeScope();
            var given = images.Select(image => Tensor.From(where, First(image.Shape, batch), image.Values.AsSpan(0, First(image.Shape, batch).Count)));
            Tensor[] taken = [.. outputs.Select(shape => HostTensor.Constant(First(shape, batch), float.NaN).On(where))];
            operation([.. given, .. others.Select(other => other.On(where))], taken);
            float[][] results = [.. taken.Select(tensor => tensor.ToArray())];
            single ??= results;
            for (int i = 0; i < outputs.Length; i++) AssertSameBits(single[i], results[i][..single[i].Length], $"output {i}, the first of {batch} images");
        }

        static Shape First(Shape shape, int batch)
        {
            int[] sizes = shape.ToArray();
            sizes[0] = sizes[0] / s_batches[^1] * batch;
            return new Shape(sizes);
        }
    }

    private static void AssertSameBits(float[] expected, float[] actual, string what) =>
        Assert.True(MemoryMarshal.AsBytes<float>(expected).SequenceEqual(MemoryMarshal.AsBytes<float>(actual)), $"other bits: {what}; {RandomInputs.Note}");
}
