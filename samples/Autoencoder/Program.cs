// Trains a variational autoencoder on handwritten digits and draws some of its own:  Autoencoder FOLDER [STEPS] [OUT.png]
// FOLDER holds MNIST's gzipped train-images-idx3-ubyte.gz. The loss is the negative evidence lower bound (Kingma and Welling 2014, equation 10).
using System.Globalization;
using System.IO.Compression;
using Mmrr;
using Mmrr.Autograd;
using Mmrr.Nn;
using Mmrr.Nn.Optimizers;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

if (args.Length == 0 || !File.Exists(Path.Combine(args[0], "train-images-idx3-ubyte.gz")))
{
    Console.WriteLine("no training: the first argument is a folder with MNIST's train-images-idx3-ubyte.gz");
    return 0;
}
const int Batch = 64, Pixels = Coder.Pixels;
int steps = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 500;
byte[] images = Read(Path.Combine(args[0], "train-images-idx3-ubyte.gz"))[16..];
using var device = Device.Open("cpu");
using var coder = new Coder(device);
Initialization.Initialize(coder, "autoencoder", seed: 1);
using var optimizer = new Adam(coder.Parameters().Select(parameter => parameter.Variable));
var random = new Random(1);
double first = 0, last = 0;
for (int step = 0; step < steps; step++)
{
    using var scope = new DisposeScope(); // what a step makes, it disposes
    var drawn = Enumerable.Range(0, Batch).SelectMany(_ => images.Skip(random.Next(images.Length / Pixels) * Pixels).Take(Pixels));
    float[] batch = [.. drawn.Select(value => value / 255f)];
    var loss = coder.Loss(Variable.Constant(Tensor.From(device, new Shape(Batch, Pixels), batch)), Normal(Batch));
    double value = loss.Value.Item();
    loss.Backward();
    optimizer.Step(1e-3);
    if (step < 10) first += value / 10;
    if (step >= steps - 10) last += value / 10;
    if (step % 100 == 0) Console.WriteLine($"step {step} of {steps}: {value:F1} nats an image");
}
Console.WriteLine($"from {first:F1} to {last:F1} nats an image");
if (args.Length > 2) Draw(args[2]);
return last < first ? 0 : 1;

Variable Normal(int rows) => Variable.Constant(Tensor.From(device, new Shape(rows, Coder.Latent), [.. Enumerable.Range(0, rows * Coder.Latent).Select(_ =>
    (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())))]));

// Eight rows of eight digits that the decoder makes of random codes.
void Draw(string path)
{
    using var scope = new DisposeScope();
    using var noGradient = new NoGradient();
    float[] digits = coder.Decode(Normal(64)).Sigmoid().Value.ToArray();
    using var picture = new Image<L8>(8 * 28, 8 * 28);
    for (int i = 0; i < digits.Length; i++)
    {
        int digit = i / Pixels, pixel = i % Pixels;
        picture[(digit % 8 * 28) + (pixel % 28), (digit / 8 * 28) + (pixel / 28)] = new L8((byte)(255 * digits[i]));
    }
    picture.SaveAsPng(path);
}

static byte[] Read(string path)
{
    using var file = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
    using var bytes = new MemoryStream();
    file.CopyTo(bytes);
    return bytes.ToArray();
}
