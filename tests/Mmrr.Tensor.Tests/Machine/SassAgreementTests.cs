using System.Globalization;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Runtime;
using Mmrr.Ptx;
using Mmrr.Ptx.Machine.Counting;

namespace Mmrr.Tests.Machine;

/// <summary>
/// What the software card executes of kernels without branches, beside what NVIDIA's assembler makes of the same PTX. Memory accesses, barriers, shuffles and
/// matrix products are the same; of floats the operations are, of which the assembler makes fused ones; integers and moves are its own business.
/// </summary>
[Collection(TestDevices.Beside)]
public class SassAgreementTests
{
    private const string TableVariable = "MMRR_SASS_TABLE";

    // All lanes load their registers of the factors, multiply, and store the sums.
    private const string Product = """
        mul.wide.u32 %rd1, %r0, 16; add.u64 %rd2, %rd0, %rd1; ld.global.v4.b32 {%r10, %r11, %r12, %r13}, [%rd2];
        mul.wide.u32 %rd3, %r0, 8; add.u64 %rd4, %rd0, %rd3; ld.global.v2.b32 {%r14, %r15}, [%rd4+512];
        mov.f32 %f1, 0f00000000; mov.f32 %f2, 0f00000000; mov.f32 %f3, 0f00000000; mov.f32 %f4, 0f00000000;
        mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%f1, %f2, %f3, %f4}, {%r10, %r11, %r12, %r13}, {%r14, %r15}, {%f1, %f2, %f3, %f4};
        st.global.v4.f32 [%rd2+1024], {%f1, %f2, %f3, %f4};
        """;

    [Fact]
    public void Straight_kernels_execute_what_is_assembled()
    {
        PtxTools tools;
        try
        {
            tools = PtxTools.Find();
        }
        catch (PtxException e)
        {
            Assert.Skip(e.Message);
            throw;
        }
        var rows = new List<string>();
        foreach (var kernel in StraightKernels.All)
        {
            using var compiler = new KernelPtx(80, namesLines: false);
            string ptx = compiler.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(kernel.Method), new KernelSpecialization(32, null));
            rows.Add(Row(kernel.Method.Name, Executed(kernel), tools, ptx));
        }
        using var run = new PtxRun(2048);
        var counts = new KernelCounts();
        run.Written().Run(Product, counts: counts);
        rows.Add(Row("a matrix product", counts, tools, PtxRun.Entry(Product)));
        if (Environment.GetEnvironmentVariable(TableVariable) is { } file) File.WriteAllLines(file, rows);
    }

    private static KernelCounts Executed(Action<StraightKernels.Arguments> kernel)
    {
        using var device = Device.Open("ptx:80");
        using var scope = new DisposeScope();
        var counts = device.CountKernels();
        Tensor x = Tensor.From(device, new Shape(160), new float[160]), y = Tensor.From(device, x.Shape, new float[160]);
        Kernel.Run(
            "Straight", [("x", x)], [("y", y)], _ => throw new NotSupportedException(),
            simt => simt.Run(new KernelConfig(1, 32), kernel, new StraightKernels.Arguments { X = x.View, Y = y.View, Factor = 2 }));
        return counts.Values.Single();
    }

    private static string Row(string name, KernelCounts executed, PtxTools tools, string ptx)
    {
        var sass = SassListing.Parse(tools.Disassemble(tools.Assemble(ptx, Multiprocessor.Of(80)).Cubin)).All;
        long Of(params string[] words) => executed.Instructions.Where(pair => !words.Except(pair.Key.Split('.')).Any()).Sum(pair => pair.Value);
        (string What, long Executed, int Assembled)[] kinds =
        [
            ("ld.global", Of("ld", "global"), sass[SassKind.Ldg]), ("st.global", Of("st", "global"), sass[SassKind.Stg]),
            ("ld.shared", Of("ld", "shared"), sass[SassKind.Lds]), ("st.shared", Of("st", "shared"), sass[SassKind.Sts]),
            ("shfl", Of("shfl"), sass[SassKind.Shuffle]), ("bar", Of("bar"), sass[SassKind.Barrier]), ("mma", Of("mma"), sass[SassKind.Hmma]),
        ];
        foreach (var kind in kinds) Assert.True(kind.Executed == kind.Assembled, $"{name}: {kind.Executed} {kind.What}, assembled are {sass}");
        long operations = (executed.FloatOperations - executed.TensorOperations) / 32;
        Assert.True(operations == (2 * sass[SassKind.Ffma]) + sass[SassKind.OtherFloat], $"{name}: {operations} operations a thread, assembled are {sass}");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{name.Replace("Kernel", "", StringComparison.Ordinal)};{executed.WarpInstructions};{kinds.Sum(kind => kind.Executed)};{operations};{sass.Count}");
    }
}
