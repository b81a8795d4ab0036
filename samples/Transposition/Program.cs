// Three transpositions counted on the device ptx, in sectors and bank conflicts, and a race found:  Transposition
// The kernels are in Transposition.cs. More of one of them:
//   mmrr ptx Transposition.TiledKernel --run --trace --assembly samples/Transposition/bin/Release/net10.0/Transposition.dll
using Mmrr;
using Mmrr.Ptx.Machine.Faults;
using Mmrr.Samples;

const int Side = 256;
using var device = Device.Open("ptx");
using var scope = new DisposeScope();
var counts = device.CountKernels();
float[] values = [.. Enumerable.Range(0, Side * Side).Select(i => (float)i)];
var x = Tensor.From(device, new Shape(Side, Side), values);

Console.WriteLine($"{"",-14}{"sectors a request",20}{"turns a shared request",26}{"bank conflicts",18}{"bytes of the memory",22}");
foreach (var (name, run) in Transposition.Right)
{
    var y = Tensor.Empty(device, x.Shape);
    run(x, y);
    float[] found = y.ToArray();
    for (int i = 0; i < found.Length; i++)
    {
        if (found[i] == values[(i % Side * Side) + (i / Side)]) continue;
        Console.WriteLine($"{name}: element {i} is {found[i]}");
        return 1;
    }
    var count = counts[$"Transposition.{name}"];
    string turns = count.SharedRequests == 0 ? "-" : $"{count.SharedTurns / (double)count.SharedRequests:F1}";
    Console.WriteLine(
        $"{name,-14}{count.Sectors / (double)count.GlobalRequests,20:F1}{turns,26}{count.BankConflicts,18:N0}{count.MemoryBytes,22:N0}");
}

try
{
    Transposition.RunRacing(x, Tensor.Empty(device, x.Shape));
    Console.WriteLine("no race was found");
    return 1;
}
catch (PtxFaultException e)
{
    Console.WriteLine($"\n{e.Message.Replace(": ", ":\n  ", StringComparison.Ordinal)}\nMended by the barrier between Fill and Write: PaddedKernel above.");
    return 0;
}
