// Trains a classifier of handwritten digits for an epoch, and counts right test images:  Classifier FOLDER_OF_MNISTS_FOUR_GZIPPED_IDX_FILES
using System.IO.Compression;
using Mmrr;
using Mmrr.Autograd;
using Mmrr.Kernels;
using Mmrr.Nn;
using Mmrr.Nn.Optimizers;

if (args is not [var folder] || !Directory.Exists(folder)) return 0; // no training without the images
byte[][] images = [.. Read("train-images-idx3-ubyte", 16).Chunk(784)], testImages = [.. Read("t10k-images-idx3-ubyte", 16).Chunk(784)];
byte[] labels = Read("train-labels-idx1-ubyte", 8), testLabels = Read("t10k-labels-idx1-ubyte", 8);
using var device = Device.Open("auto");
using var network = new Network(device);
Initialization.Initialize(network, "classifier", seed: 1);
using var optimizer = new Adam(network.Parameters().Select(parameter => parameter.Variable));
int[] order = [.. Enumerable.Range(0, labels.Length)];
new Random(1).Shuffle(order);
foreach (var (step, batch) in order.Chunk(64).Index())
{
    using var scope = new DisposeScope(); // what a step makes, it disposes
    var target = SoftmaxCrossEntropy.OneHot(device, [.. batch.Select(i => (int)labels[i])], 10);
    var loss = network.Forward(Images(batch.Select(i => images[i]))).SoftmaxCrossEntropy(target);
    loss.Backward();
    optimizer.Step(4e-3 * (1 - (step * 64.0 / labels.Length)));
    if (step % 200 == 0) Console.WriteLine($"step {step}: loss {loss.Value.Item():F3}");
}
network.Eval();
using var noGradient = new NoGradient();
int right = testImages.Zip(testLabels).Chunk(500).Sum(tests =>
{
    using var scope = new DisposeScope();
    var logits = network.Forward(Images(tests.Select(test => test.First))).Value.ToArray().Chunk(10);
    return logits.Zip(tests).Count(pair => Array.IndexOf(pair.First, pair.First.Max()) == pair.Second.Second);
});
Console.WriteLine($"{network.ParameterCount} parameters: {right} of {testLabels.Length} test images are right");
return right >= 0.97 * testLabels.Length ? 0 : 1;

Variable Images(IEnumerable<byte[]> pixels) => Variable.Constant(Tensor.From(
    device, new Shape(pixels.Count(), 28, 28, 1), [.. pixels.SelectMany(image => image).Select(value => (value / 127.5f) - 1)]));

byte[] Read(string name, int header)
{
    using var bytes = new MemoryStream();
    using (var file = new GZipStream(File.OpenRead(Path.Combine(folder, name + ".gz")), CompressionMode.Decompress)) file.CopyTo(bytes);
    return bytes.ToArray()[header..];
}

/// <summary>A strided convolution with group norm and ReLU, dropout, a linear layer: [N, 28, 28, 1] to logits [N, 10].</summary>
internal sealed class Network : Module
{
    private readonly (Conv2d Convolution, GroupNorm Norm, Dropout Dropout, Linear Head) _layers;

    public Network(Device device) => _layers = (
        Add("conv", new Conv2d(device, 1, 32, stride: 2)), Add("norm", new GroupNorm(device, 32)), Add("dropout", new Dropout(0.1f)),
        Add("head", new Linear(device, 14 * 14 * 32, 10)));

    public Variable Forward(Variable x) => _layers.Head.Forward(
        _layers.Dropout.Forward(_layers.Norm.Forward(_layers.Convolution.Forward(x)).Reshape(-1, 14 * 14 * 32)));
}
