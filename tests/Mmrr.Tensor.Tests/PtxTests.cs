using System.Reflection;
using System.Text.RegularExpressions;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime.Cuda;

namespace Mmrr.Tests;

/// <summary>Every SIMT kernel compiles to PTX, which needs no GPU.</summary>
public partial class PtxTests
{
    private const BindingFlags Declared =
        BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly MethodInfo[] s_kernels =
    [
        .. typeof(Device).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(Declared))
            .Where(method => method.GetCustomAttribute<SimtKernelAttribute>() is not null),
    ];

    [Fact]
    public void The_kernels_are_found_and_can_be_launched()
    {
        Assert.True(s_kernels.Length >= 20, $"only {s_kernels.Length} methods are marked as kernels");
        Assert.All(s_kernels, kernel =>
        {
            Assert.True(kernel.IsStatic, $"{NameOf(kernel)} is not static");
            Assert.False(kernel.ContainsGenericParameters, $"{NameOf(kernel)} is generic: PTX is compiled for closed kernels only");
            Assert.InRange(kernel.GetParameters().Length, 2, 14);
        });
    }

    [Theory]
    [InlineData(7, 5)]
    [InlineData(8, 0)]
    [InlineData(9, 0)]
    public void Every_kernel_compiles_to_PTX(int major, int minor)
    {
        var failures = new List<string>();
        Compiler? compiler = null;
        foreach (var kernel in s_kernels)
        {
            compiler ??= new Compiler(new CudaArchitecture(major, minor));
            try
            {
                Inspect(compiler.Compile(kernel), Math.Min((10 * major) + minor, 80));
            }
#pragma warning disable CA1031 // Whatever the compiler throws, the other kernels are to be looked at too.
            catch (Exception e)
#pragma warning restore CA1031
            {
                failures.Add($"{NameOf(kernel)}: {e.GetBaseException().Message}");
                compiler.Dispose(); // a failed compilation poisons its context
                compiler = null;
            }
        }
        compiler?.Dispose();
        Assert.True(failures.Count == 0, string.Join("\n", failures));
    }

    /// <summary>The target is the architecture, but ILGPU names none above sm_80; and nothing is left for a linker.</summary>
    private static void Inspect(string ptx, int target)
    {
        Assert.Matches($@"\.target\s+sm_{target}\b", ptx);
        Assert.Contains(".visible .entry", ptx, StringComparison.Ordinal);
        Assert.DoesNotMatch(UnresolvedExtern(), ptx);
    }

    [GeneratedRegex(@"^\s*\.extern\s+(\.func|\.global|\.const).*$", RegexOptions.Multiline)]
    private static partial Regex UnresolvedExtern();

    private static string NameOf(MethodInfo kernel) => $"{kernel.DeclaringType?.Name}.{kernel.Name}";

    private sealed class Compiler : IDisposable
    {
        private readonly Context _context = Context.Create(builder => builder.EnableAlgorithms());
        private readonly PTXBackend _backend;

        public Compiler(CudaArchitecture architecture)
        {
            _backend = new PTXBackend(_context, new CudaCapabilityContext(architecture), architecture, CudaInstructionSet.ISA_80, null);
        }

        public string Compile(MethodInfo kernel) =>
            ((PTXCompiledKernel)_backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(kernel), default)).PTXAssembly;

        public void Dispose()
        {
            _backend.Dispose();
            _context.Dispose();
        }
    }
}
