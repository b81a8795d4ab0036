// An operation of one's own, with kernels of its own for CPUs and GPUs, checked against central differences in float64:  OwnOperation [DEVICE…]
// Silu.cs is all that there is to it. What a GPU would run of its kernels, without a GPU:
//   mmrr ptx --assembly samples/OwnOperation/bin/Release/net10.0/OwnOperation.dll SiluKernels.BackwardKernel
using Mmrr;
using Mmrr.Autograd;
using Mmrr.Samples;

foreach (string name in args.Length > 0 ? args : ["cpu", "simt", "ptx"])
{
    using var device = Device.Open(name, name == "cpu" ? 2 : null);
    var random = new Random(1);
    var shape = new Shape(3, 37); // more than one vector, and some left over
    float[] values = [.. Enumerable.Range(0, shape.Count).Select(_ => (float)(8 * (random.NextDouble() - 0.5)))];

    var report = GradientCheck.Run(
        inputs => new Silu(inputs[0]).Run(), [(shape, values)], device,
        reference: x => [.. x[0].Select(value => value / (1 + Math.Exp(-value)))]);
    Console.WriteLine(report.EnsurePassed());

    using var y = new Silu(Variable.Constant(Tensor.From(device, shape, values))).Run();
    double worst = y.Value.ToArray().Zip(values, (found, x) => Math.Abs(found - (x / (1 + Math.Exp(-(double)x))))).Max();
    Console.WriteLine($"{device.Name}: forward is apart from float64 by {worst:E1} at most");
    if (worst > 4 * 4 * 1.2e-7) return 1; // |y| is below 4, the sigmoid good to 2.4 ulp
}
return 0;
