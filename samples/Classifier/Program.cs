// Trains a small classifier of handwritten digits on the engine, and tells its accuracy on the test images:  Classifier FOLDER [EPOCHS] [DEVICE]
// FOLDER holds MNIST's four IDX files. The network is of Mmrr.Nn's layers.
using System.Diagnostics;
using System.Globalization;
using Mmrr;
using Mmrr.Autograd;
using Mmrr.Nn;
using Mmrr.Nn.Optimizers;
using Mmrr.Samples;

const int Batch = 64;
const double LearningRate = 4e-3;
const double Expected = 0.97; // after one epoch

if (args.Length == 0 || Digits.Find(args[0], "train") is not { } train || Digits.Find(args[0], "t10k") is not { } test)
{
    Console.WriteLine("no training: the first argument is a folder with train-images-idx3-ubyte, train-labels-idx1-ubyte and the same of t10k, gzipped or not");
    return 0;
}

using var device = Device.Open(args.Length > 2 ? args[2] : "cpu");
using var network = new Network(device);
Initialization.Initialize(network, "classifier", seed: 1);
using var optimizer = new RAdam(network.Parameters().Select(parameter => parameter.Variable), beta2: 0.99);
int epochs = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 1, steps = epochs * (train.Count / Batch);
var random = new Random(1);
int[] order = [.. Enumerable.Range(0, train.Count)];
var clock = Stopwatch.StartNew();
for (int step = 0; step < steps; step++)
{
    int place = step % (train.Count / Batch);
    if (place == 0) random.Shuffle(order);
    using var scope = new DisposeScope(); // what a step makes, it disposes
    var batch = order.AsSpan(place * Batch, Batch);
    var logits = network.Forward(Variable.Constant(train.Images(device, batch)));
    var loss = logits.SoftmaxCrossEntropy(train.Targets(device, batch));
    loss.Backward();
    optimizer.Step(LearningRate * (1 - ((double)step / steps)));
    if (step % 200 == 0) Console.WriteLine($"step {step} of {steps}: loss {loss.Value.Item():F3}");
}
device.Synchronize();
double seconds = clock.Elapsed.TotalSeconds, accuracy = Accuracy();
Console.WriteLine(
    $"{network.ParameterCount} parameters, {epochs} epoch{(epochs == 1 ? "" : "s")} of {train.Count} images in {seconds:F1} s on {device.Name}: "
    + $"{accuracy:P2} of {test.Count} test images are right");
if (accuracy >= Expected) return 0;
Console.Error.WriteLine($"expected at least {Expected:P0}");
return 1;

double Accuracy()
{
    int right = 0;
    using var noGradient = new NoGradient();
    foreach (int[] indices in Enumerable.Range(0, test.Count).Chunk(500))
    {
        using var scope = new DisposeScope();
        float[] logits = network.Forward(Variable.Constant(test.Images(device, indices))).Value.ToArray();
        for (int i = 0; i < indices.Length; i++)
        {
            float[] row = logits[(i * Digits.Classes)..((i + 1) * Digits.Classes)];
            if (Array.IndexOf(row, row.Max()) == test.Label(indices[i])) right++;
        }
    }
    return (double)right / test.Count;
}
