using ILGPU;
using ILGPU.Runtime;
using Mmrr.Ptx.Machine;
using Mmrr.Ptx.Machine.Faults;
using Mmrr.Ptx.Machine.Memory;

namespace Mmrr.Tests.Machine.Language;

/// <summary>What C# and ILGPU's library offer a kernel, as the PTX that ILGPU makes of it: each function gives what .NET gives, lane by lane.</summary>
[Collection(TestDevices.Beside)]
public class LanguageTests
{
    private const int Count = 96;

    // The ends of every width, and what is no number, infinite or subnormal as a float or a double.
    private static readonly long[] s_special =
    [
        0, 1, -1, long.MinValue, long.MaxValue, int.MinValue, int.MaxValue, 255, -128, 127, 32768, -32768, 65535, 0xFFFFFFFF, 7, 100,
        0x7FF0000000000000, -0x10000000000000, 0x7FF8000000000000, 0x00007F8000000000, 0x0000FF8000000000, 0x00007FC000000000, 0x0000000000030000, 8,
    ];

    // In the tables of ILGPU's generator: with fast math, which this engine does not ask for, and without the ".noftz" that the manual requires.
    private static readonly string[] s_refused =
    [
        "add.ftz.f16", "sub.ftz.f16", "mul.ftz.f16", "max.ftz.f16", "min.ftz.f16", "red.global.add.f16", "red.shared.add.f16", "atom.global.add.f16",
        "atom.shared.add.f16",
    ];

    [Fact]
    public void EveryFunctionGivesWhatDotnetGives()
    {
        int seed = Random.Shared.Next();
        TestContext.Current.SendDiagnosticMessage($"seed {seed}");
        var random = new Random(seed);
        using var device = Device.Open("ptx");
        long[] a = Values(1), b = Values(5);
        using var first = device.Accelerator.Allocate1D(a);
        using var second = device.Accelerator.Allocate1D(b);
        using var results = device.Accelerator.Allocate1D<long>(Count);
        var arguments = new FunctionKernels.Arguments
        {
            A = first.View.AsContiguous(),
            B = second.View.AsContiguous(),
            Y = results.View.AsContiguous(),
        };
        Type[] functions =
        [
            .. typeof(IFunction).Assembly.GetTypes().Where(type => type.IsValueType && type.IsAssignableTo(typeof(IFunction))).OrderBy(type => type.FullName),
        ];
        Assert.NotEmpty(functions);
        foreach (var type in functions)
        {
            var kernel = typeof(FunctionKernels).GetMethod(nameof(FunctionKernels.Kernel))!.MakeGenericMethod(type);
            device.Ptx!.Launch(kernel, KernelSpecialization.Empty, new KernelConfig(1, Count), arguments);
            var function = (IFunction)Activator.CreateInstance(type)!;
            long[] found = results.GetAsArray1D();
            for (int i = 0; i < Count; i++)
            {
                long expected = function.Of(a[i], b[i]);
                string where = $"{type.Name} of {a[i]:X} and {b[i]:X}, seed {seed}";
                if (function is not IApproximateFunction { Tolerance: var tolerance })
                {
                    Assert.True(expected == found[i], $"{where}: expected {expected:X}, found {found[i]:X}");
                    continue;
                }
                double right = BitConverter.Int64BitsToDouble(expected), value = BitConverter.Int64BitsToDouble(found[i]);
                Assert.True(Math.Abs(value - right) <= tolerance * Math.Abs(right), $"{where}: expected {right}, found {value}");
            }
        }

        long[] Values(int step) =>
        [
            .. Enumerable.Range(0, Count).Select(
                i => i < s_special.Length ? s_special[i * step % s_special.Length] : random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(60)),
        ];
    }

    [Fact]
    public void ThreadsOfAWarpABlockAndAGridWorkTogether()
    {
        using var device = Device.Open("ptx");
        foreach (var (kernel, expected) in GroupKernels.All)
        {
            using var results = device.Accelerator.Allocate1D<long>(GroupKernels.Blocks * GroupKernels.Threads);
            var config = new KernelConfig(GroupKernels.Blocks, GroupKernels.Threads, SharedMemoryConfig.RequestDynamic<int>(GroupKernels.DynamicLength));
            device.Ptx!.Launch(kernel.Method, KernelSpecialization.Empty, config, new GroupKernels.Arguments { Y = results.View.AsContiguous() });
            long[] found = results.GetAsArray1D();
            for (int i = 0; i < found.Length; i++)
            {
                long right = expected(i / GroupKernels.Threads, i % GroupKernels.Threads);
                Assert.True(right == found[i], $"{kernel.Method.Name}, thread {i}: expected {right}, found {found[i]}");
            }
        }
    }

    [Fact]
    public void AtomicOperationsOfEveryKindAddUp()
    {
        using var device = Device.Open("ptx");
        foreach (var (kernel, expected) in AtomicKernels.All)
        {
            using var places = device.Accelerator.Allocate1D(new long[16]);
            device.Ptx!.Launch(
                kernel.Method, KernelSpecialization.Empty, new KernelConfig(1, AtomicKernels.Threads),
                new AtomicKernels.Arguments { Y = places.View.AsContiguous() });
            long[] found = places.GetAsArray1D();
            Assert.True(expected.AsSpan().SequenceEqual(found.AsSpan(0, expected.Length)), $"{kernel.Method.Name}: {string.Join(' ', found)}");
        }
    }

    [Fact]
    public void EveryInstructionThatILGPUHasInItsTablesIsKnown()
    {
        using var memory = new GlobalMemory();
        string[] instructions = [.. WrittenInstructions.All()];
        Assert.True(instructions.Length > 300, $"{instructions.Length} instructions");
        foreach (string instruction in instructions)
        {
            string text = PtxRun.Entry(instruction);
            if (!s_refused.Contains(instruction.Split(' ')[0])) new PtxKernel(text, memory).Dispose();
            else Assert.Contains("does not know", Assert.Throws<PtxFaultException>(() => new PtxKernel(text, memory)).Message, StringComparison.Ordinal);
        }
    }
}
