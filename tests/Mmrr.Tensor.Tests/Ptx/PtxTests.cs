using System.Collections.Concurrent;
using System.Reflection;
using System.Text.RegularExpressions;
using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.Runtime.Cuda;
using Mmrr.Ptx;

namespace Mmrr.Tests.Ptx;

/// <summary>Every SIMT kernel compiles to PTX, and NVIDIA's assembler makes code of it that stays in registers. Neither needs a GPU.</summary>
[Collection(TestDevices.Beside)]
public partial class PtxTests
{
    // For each target that PTX names, compiled once in all tests.
    private static readonly ConcurrentDictionary<int, Lazy<List<(SimtKernel Kernel, string? Ptx, PtxException? Error)>>> s_compiled = [];

    [Fact]
    public void The_kernels_are_found_and_can_be_launched()
    {
        Assert.True(SimtKernel.Own.Count >= 20, $"only {SimtKernel.Own.Count} methods are marked as kernels");
        Assert.Equal(SimtKernel.Own.Count, SimtKernel.Own.Select(kernel => kernel.Name).Distinct().Count());
        Assert.All(SimtKernel.Own, kernel =>
        {
            Assert.True(kernel.Method.IsStatic, $"{kernel} is not static");
            Assert.False(kernel.Method.ContainsGenericParameters, $"{kernel} is generic: PTX is compiled for closed kernels only");
            Assert.Single(kernel.Method.GetParameters()); // SimtLaunch.Run takes a struct
            Assert.Equal(32 * (kernel.GroupSize / 32), kernel.GroupSize);
        });
    }

    [Theory]
    [InlineData(75)]
    [InlineData(80)]
    [InlineData(90)]
    public void Every_kernel_compiles_to_PTX(int sm)
    {
        ForEach(sm, (kernel, ptx) =>
        {
            // The target is the architecture, but ILGPU names none above sm_80; nothing is left for a linker; and of
            // every access it is known which memory it goes to.
            Assert.Matches($@"\.target\s+sm_{Math.Min(sm, 80)}\b", ptx);
            Assert.Contains(".visible .entry", ptx, StringComparison.Ordinal);
            Assert.Contains($".maxntid {kernel.GroupSize}", ptx, StringComparison.Ordinal);
            Assert.DoesNotMatch(UnresolvedExtern(), ptx);
            Assert.DoesNotMatch(GenericAccess(), ptx);
            // tanh, exp and log are ours, to a few ulp; a root is rounded once.
            Assert.DoesNotContain("tanh.approx", ptx, StringComparison.Ordinal);
            Assert.DoesNotContain("ex2.approx", ptx, StringComparison.Ordinal);
            // The mask's first guess, which Newton steps improve, may be coarse.
            if (kernel.Name != "BisectionMask.ForwardKernel") Assert.DoesNotContain("lg2.approx", ptx, StringComparison.Ordinal);
            Assert.DoesNotContain(" sqrt.approx", ptx.Replace('\t', ' '), StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData(75)]
    [InlineData(80)]
    [InlineData(90)]
    public void Every_kernel_is_assembled_and_stays_in_registers(int sm)
    {
        var tools = Tools();
        var target = Multiprocessor.Of(sm);
        ForEach(sm, (kernel, ptx) =>
        {
            // Without the disassembler, which takes longer than all the rest.
            var (report, _) = tools.Assemble(ptx, target);
            Assert.True(report.StaysInRegisters, $"{report}");
            Assert.True(report.SharedBytes <= 48 * 1024, $"{report.SharedBytes} bytes of shared memory");
            var occupancy = target.Occupancy(report.Registers, report.SharedBytes, kernel.GroupSize);
            Assert.True(occupancy.Groups >= Math.Max(1, kernel.MinGroups), $"{occupancy}, asked for {kernel.MinGroups}");
        });
    }

    // Kernels whose time counts: blocks an SM at least, and arithmetic to a load in the main loop at least.
    [Theory]
    [InlineData("BisectionMask.ForwardKernel", 80, 5, 16)]
    [InlineData("BisectionMask.ForwardKernel", 90, 5, 16)]
    [InlineData("GroupNormalization.ForwardKernel", 80, 8, 1)]
    [InlineData("GroupNormalization.ForwardKernel", 90, 8, 1)]
    [InlineData("Moments.UpdateKernel", 80, 6, 16)]
    [InlineData("Moments.UpdateKernel", 90, 6, 16)]
    public void A_kernel_whose_time_counts_keeps_its_occupancy_and_its_loop(string name, int sm, int groups, double arithmeticToLoads)
    {
        var report = ReportOf(name, sm);
        string summary = string.Join("\n", report.Summary());
        Assert.True(report.Occupancy.Groups >= groups, summary);
        Assert.NotNull(report.Listing.MainLoop);
        Assert.True(report.Listing.MainLoop.ArithmeticToLoads >= arithmeticToLoads, summary);
        var all = report.Listing.All;
        Assert.True(all[SassKind.Ldl] + all[SassKind.Stl] + all[SassKind.Ld] + all[SassKind.St] == 0, summary);
        Assert.True(
            all[SassKind.Other] == 0,
            $"of no known kind: {string.Join(", ", all.Instructions.Where(i => i.Kind == SassKind.Other).Select(i => i.Opcode).Distinct())}");
    }

    // Kernels bound by memory: what the main loop loads and stores with 16 bytes each, and blocks an SM for enough of it on the way.
    [Theory]
    [InlineData("Elementwise.BinaryKernel<Sum>", 2, 1, 8)]
    [InlineData("Elementwise.ForwardKernel<Tanh>", 1, 1, 8)]
    [InlineData("Elementwise.BackwardKernel<Sigmoid>", 2, 1, 8)]
    [InlineData("Elementwise.ForwardKernel<Log>", 1, 1, 8)]
    [InlineData("Elementwise.ForwardKernel<LeakyRelu>", 1, 1, 8)]
    [InlineData("Elementwise.BackwardKernel<Gelu>", 2, 1, 6)]
    [InlineData("SoftmaxCrossEntropy.BackwardKernel", 2, 1, 8)]
    [InlineData("NoiseBlend.ForwardKernel", 3, 1, 8)]
    [InlineData("NoiseBlend.BackwardKernel", 4, 2, 8)]
    [InlineData("SquaredError.RangeKernel", 2, 0, 8)]
    [InlineData("SquaredError.MeanBackwardKernel", 2, 1, 8)]
    [InlineData("BisectionMask.WeightKernel", 2, 0, 8)]
    [InlineData("BisectionMask.BackwardKernel", 2, 0, 8)]
    [InlineData("BisectionMask.ForwardKernel", 1, 1, 5)]
    [InlineData("Moments.UpdateKernel", 4, 3, 6)]
    [InlineData("PhiloxUniform.FillKernel", 0, 1, 8)]
    [InlineData("NearestUpsample.BackwardKernel", 4, 1, 8)]
    [InlineData("LimitProbe.TriadKernel", 2, 1, 8)]
    public void A_kernel_bound_by_memory_moves_16_bytes_at_a_time(string name, int loads, int stores, int groups)
    {
        var report = ReportOf(name, 90);
        string summary = string.Join("\n", report.Summary());
        Assert.NotNull(report.Listing.MainLoop);
        Assert.Equal((loads, stores), (report.Listing.MainLoop[SassKind.Ldg, 128], report.Listing.MainLoop[SassKind.Stg, 128]));
        Assert.True(report.Occupancy.Groups >= groups, summary);
    }

    // The exponentials lie in shared memory, and four elements share one reciprocal.
    [Theory]
    [InlineData(80)]
    [InlineData(90)]
    public void A_sweep_of_the_mask_reads_kept_exponentials(int sm)
    {
        var all = ReportOf("BisectionMask.ForwardKernel", sm).Listing.All;
        Assert.Equal((1, 1), (all[SassKind.Lds, 128], all[SassKind.Sts, 128]));
        Assert.True(all[SassKind.Shuffle] > 0, $"{all}");
    }

    // 32 multiply-adds, and little beside them: else it would not be the limit that it is taken for.
    [Theory]
    [InlineData(80)]
    [InlineData(90)]
    public void The_probe_of_the_limit_is_nearly_all_multiply_adds(int sm)
    {
        var report = ReportOf("LimitProbe.MultiplyAddKernel", sm);
        Assert.NotNull(report.Listing.MainLoop);
        Assert.True(report.Listing.MainLoop[SassKind.Ffma] >= 0.85 * report.Listing.MainLoop.Count, string.Join("\n", report.Summary()));
    }

    [Fact]
    public void The_text_for_newer_GPUs_is_that_of_sm_80()
    {
        Assert.Equal([75, 80, 80, 80], new[] { 75, 80, 86, 90 }.Select(sm => PtxCompiler.NamedTarget(Multiprocessor.Of(sm))));
        var kernel = SimtKernel.Own.Single(kernel => kernel.Name == "GroupNormalization.ForwardKernel");
        using var compiler = new PtxCompiler(Multiprocessor.Of(80));
        // By ILGPU itself, told of a newer one; only the numbers that names end in differ from one compilation to the next.
        Assert.Equal(WithoutNumbers(compiler.Compile(kernel)), WithoutNumbers(CompiledFor(kernel, new CudaArchitecture(9, 0))));

        static string WithoutNumbers(string ptx) => Numbered().Replace(ptx, "_");
    }

    [Fact]
    public void Kernels_of_any_assembly_are_found_by_their_mark()
    {
        string[] names = [.. SimtKernel.In(Assembly.GetExecutingAssembly()).Select(kernel => kernel.Name)];
        Assert.Contains("SampleKernels.Indexed", names);
        Assert.Contains("SampleKernels.InLocalMemory", names);
        Assert.Contains("Mmrr.Tests.Ptx.SampleKernels.Twice(ArrayView`1,Int32)", names);
        Assert.Contains("Mmrr.Tests.Ptx.SampleKernels.Twice(ArrayView`1,Single)", names);
        // The engine's loops with a function of that assembly, and nothing else of the engine.
        Assert.Equal(["Elementwise.BackwardKernel<Square>", "Elementwise.ForwardKernel<Square>"], names.Where(name => name[0] == 'E'));
    }

    [Fact]
    public void What_does_not_compile_is_named_and_the_next_kernel_compiles()
    {
        using var compiler = new PtxCompiler(Multiprocessor.Of(80));
        Assert.Contains("SampleKernels.Throwing", Assert.Throws<PtxException>(() => compiler.Compile(Sample("Throwing"))).Message, StringComparison.Ordinal);
        Assert.Contains("sm_86", Assert.Throws<PtxException>(() => compiler.Compile(Sample("Newer"))).Message, StringComparison.Ordinal);
        Assert.Contains(".entry", compiler.Compile(Sample("Indexed")), StringComparison.Ordinal);
        var square = SimtKernel.In(Assembly.GetExecutingAssembly()).Single(kernel => kernel.Name == "Elementwise.BackwardKernel<Square>");
        Assert.Contains(".entry", compiler.Compile(square), StringComparison.Ordinal);
    }

    [Fact]
    public void An_array_that_a_loop_indexes_is_seen_in_local_memory()
    {
        var tools = Tools();
        using var compiler = new PtxCompiler(Multiprocessor.Of(80));
        var report = KernelReport.Of(Sample("InLocalMemory"), compiler, tools);
        Assert.False(report.Resources.StaysInRegisters);
        Assert.True(report.Resources.StackFrame >= 64, $"{report.Resources}");
        Assert.True(report.Listing.All[SassKind.Ldl] > 0 && report.Listing.All[SassKind.Stl] > 0, $"{report.Listing.All}");
    }

    [Fact]
    public void Sixteen_bytes_at_a_time_and_a_bound_on_registers_are_seen()
    {
        var tools = Tools();
        using var compiler = new PtxCompiler(Multiprocessor.Of(80));
        var wide = KernelReport.Of(Sample("Wide"), compiler, tools);
        Assert.True(wide.Listing.All[SassKind.Ldg, 128] > 0 && wide.Listing.All[SassKind.Stg, 128] > 0, $"{wide.Listing.All}");
        Assert.Contains(".maxntid 128", wide.Ptx, StringComparison.Ordinal);
        Assert.Contains(".minnctapersm 8", wide.Ptx, StringComparison.Ordinal);
        Assert.Contains(wide.Summary(), line => line.Contains("LDG.128", StringComparison.Ordinal));
    }

    [Fact]
    public void What_ptxas_does_not_take_is_said_in_its_words()
    {
        var tools = Tools();
        string message = Assert.Throws<PtxException>(() => tools.Assemble(".version 7.8\n.target sm_80\nnonsense", Multiprocessor.Of(80))).Message;
        Assert.Contains("ptxas", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    private static string CompiledFor(SimtKernel kernel, CudaArchitecture architecture)
    {
        using var context = Context.Create(builder => Device.ForCards(builder));
        using var backend = new PTXBackend(context, new CudaCapabilityContext(architecture), architecture, CudaInstructionSet.ISA_78, null);
        return ((PTXCompiledKernel)backend.Compile(kernel.EntryPoint, kernel.Specialization)).PTXAssembly;
    }

    private static KernelReport ReportOf(string name, int sm)
    {
        var tools = Tools();
        var (kernel, ptx, error) = Compiled(sm).Single(compiled => compiled.Kernel.Name == name);
        return KernelReport.Of(kernel, ptx ?? throw error!, Multiprocessor.Of(sm), tools);
    }

    private static SimtKernel Sample(string name) => SimtKernel.In(Assembly.GetExecutingAssembly()).Single(kernel => kernel.Name == $"SampleKernels.{name}");

    private static PtxTools Tools()
    {
        try
        {
            return PtxTools.Find();
        }
        catch (PtxException e)
        {
            Assert.Skip(e.Message);
            throw;
        }
    }

    // All kernels are looked at, whatever the others do. A compiler takes one kernel at a time; the assembler is a process for each.
    private static void ForEach(int sm, Action<SimtKernel, string> check)
    {
        var failures = new ConcurrentBag<string>();
        Parallel.ForEach(Compiled(sm), new ParallelOptions { MaxDegreeOfParallelism = TestDevices.HalfOfTheCores }, compiled =>
        {
            try
            {
                check(compiled.Kernel, compiled.Ptx ?? throw compiled.Error!);
            }
            catch (Exception e) when (e is PtxException or FormatException or Xunit.Sdk.XunitException)
            {
                failures.Add($"{compiled.Kernel}: {e.Message}");
            }
        });
        Assert.True(failures.IsEmpty, string.Join("\n", failures.Order(StringComparer.Ordinal)));
    }

    /// <summary>All kernels for a GPU, compiled once in all tests of this program.</summary>
    internal static List<(SimtKernel Kernel, string? Ptx, PtxException? Error)> Compiled(int sm) =>
        s_compiled.GetOrAdd(PtxCompiler.NamedTarget(Multiprocessor.Of(sm)), sm => new(() => Compile(sm))).Value;

    // In one order: what a compiler has compiled before can move the registers of a kernel.
    private static List<(SimtKernel Kernel, string? Ptx, PtxException? Error)> Compile(int sm)
    {
        using var compiler = new PtxCompiler(Multiprocessor.Of(sm));
        var compiled = new List<(SimtKernel, string?, PtxException?)>();
        foreach (var kernel in SimtKernel.Own.Where(kernel => kernel.MinSm <= sm))
        {
            try
            {
                compiled.Add((kernel, compiler.Compile(kernel), null));
            }
            catch (PtxException e)
            {
                compiled.Add((kernel, null, e));
            }
        }
        return compiled;
    }

    [GeneratedRegex(@"^.*\b(ld|st)\.(volatile\.)?(v[24]\.)?[bfsu]\d+.*$", RegexOptions.Multiline)]
    private static partial Regex GenericAccess();

    [GeneratedRegex(@"_\d+\b")]
    private static partial Regex Numbered();

    [GeneratedRegex(@"^\s*\.extern\s+(\.func|\.global|\.const).*$", RegexOptions.Multiline)]
    private static partial Regex UnresolvedExtern();
}
