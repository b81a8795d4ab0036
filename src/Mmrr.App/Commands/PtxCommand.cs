using System.CommandLine;
using System.Globalization;
using System.Reflection;
using Mmrr.App.Output;
using Mmrr.Ptx;
using Mmrr.Ptx.Machine.Counting;
using Mmrr.Training.Data;

namespace Mmrr.App.Commands;

/// <summary><c>mmrr ptx</c>: the code of a kernel for a GPU, available without a GPU.</summary>
internal static class PtxCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var name = new Argument<string?>("NAME") { Description = "Name of a kernel; when not given, all names are listed.", Arity = ArgumentArity.ZeroOrOne };
        string[] known = [.. Multiprocessor.All.Select(one => one.Sm.ToString(CultureInfo.InvariantCulture))];
        var sm = CommonOptions.OneOf(
            new Option<string>("--sm") { HelpName = "SM", Description = $"Compute capability: {string.Join(", ", known)}.", DefaultValueFactory = _ => "90" },
            known);
        var sass = new Option<bool>("--sass") { Description = "Print the GPU's native instructions (SASS) in place of the PTX." };
        var lines = new Option<bool>("--lines")
        {
            Description = "Print the PTX with the lines of the C# source; a PTX line in a message of the device ptx is one of this text."
        };
        var assembly = new Option<string?>("--assembly")
        {
            HelpName = "DLL",
            Description = "Use the methods with the attribute [SimtKernel] in this .dll in place of the engine's."
        };
        var table = new Option<bool>("--table") { Description = "Print a Markdown table of all kernels at sm_80 and sm_90." };
        var run = new Option<bool>("--run")
        {
            Description = "Run a training step of each phase and a scoring pass of a small model on the device ptx, or with --assembly its methods with the "
                + "attribute [SimtExample], and print what the kernel executes."
        };
        var shape = new Option<string>("--shape")
        {
            HelpName = "N,S,W",
            Description = "With --run: images, their side, the networks' width.",
            DefaultValueFactory = _ => "2,16,16"
        };
        var card = CommonOptions.OneOf(
            new Option<string>("--card")
            {
                HelpName = "CARD",
                Description = "With --run: the card whose limits bound the time.",
                DefaultValueFactory = _ => "h100"
            },
            [.. Card.All.Select(one => one.Name)]);
        var trace = new Option<bool>("--trace") { Description = "With --run: also draw which lanes of the first warp are active, run after run." };
        var command = new Command(
            "ptx",
            "Print the PTX or SASS of a GPU kernel, and on standard error its registers, stack frame, register spills, occupancy and instructions, "
            + "where NVIDIA's assembler is installed.")
        {
            name, sm, sass, lines, assembly, table, run, shape, card, trace
        };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(name) is null
                && new Option[] { sm, sass, lines, run, shape, card, trace }
                    .FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } idle)
                throw new UsageException($"{idle.Name} needs the NAME of a kernel; without one the names are listed");
            string? file = parsed.GetValue(assembly);
            var own = file is null ? null : Load(file);
            var kernels = own is null ? SimtKernel.Own : KernelsOf(own, file!);
            if (parsed.GetValue(table))
            {
                if (parsed.GetValue(name) is { } one) throw new UsageException($"--table has all kernels and takes no NAME: '{one}'");
                foreach (string line in KernelReportTable.Lines(kernels, PtxTools.Find(), Multiprocessor.Of(80), Multiprocessor.Of(90)))
                    Console.WriteLine(line);
                return ExitCode.Success;
            }
            if (parsed.GetValue(name) is not { } wanted)
            {
                foreach (var one in kernels) Console.WriteLine(one);
                return ExitCode.Success;
            }
            var kernel = kernels.FirstOrDefault(one => one.Name == wanted)
                ?? throw new UsageException(
                    $"there is no kernel '{wanted}'{(file is null ? "" : $" in {file}")}; {Near(wanted, kernels)}'mmrr ptx' without a name lists all");
            if (parsed.GetValue(lines) && (parsed.GetValue(sass) || parsed.GetValue(run)))
                throw new UsageException("--lines is of the PTX: it goes with neither --sass nor --run");
            if (!parsed.GetValue(run))
            {
                if (new Option[] { shape, card, trace }.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } unused)
                    throw new UsageException($"{unused.Name} needs --run");
            }
            else
            {
                if (parsed.GetValue(sass)) throw new UsageException("--sass prints a kernel's code and --run what it executes: give one of them");
                if (own is null)
                {
                    KernelExecution.Print(kernel.Name, parsed.GetValue(sm)!, parsed.GetValue(shape)!, parsed.GetValue(card)!, parsed.GetValue(trace));
                    return ExitCode.Success;
                }
                if (parsed.GetResult(shape) is { Implicit: false })
                    throw new UsageException("--shape is that of the engine's own steps: with --assembly its examples say what is run");
                KernelExecution.PrintExamples(kernel.Name, parsed.GetValue(sm)!, own, parsed.GetValue(card)!, parsed.GetValue(trace));
                return ExitCode.Success;
            }
            using var compiler = new PtxCompiler(Multiprocessor.Of(int.Parse(parsed.GetValue(sm)!, CultureInfo.InvariantCulture)), parsed.GetValue(lines));
            PtxTools tools;
            try
            {
                tools = PtxTools.Find();
            }
            catch (PtxException e) when (!parsed.GetValue(sass))
            {
                Console.Out.Write(compiler.Compile(kernel));
                Complaint.Write($"not available: registers, stack frame, register spills, occupancy and native instructions; {e.Message}");
                return ExitCode.Success;
            }
            var report = KernelReport.Of(kernel, compiler, tools);
            Console.Out.Write(parsed.GetValue(sass) ? report.Sass : report.Ptx);
            foreach (string line in report.Summary()) Console.Error.WriteLine(line);
            return ExitCode.Success;
        });
        return command;
    }

    // Dependencies are loaded from the file's folder; this program's own assemblies, which define the attribute, are those already loaded.
    private static Assembly Load(string file)
    {
        if (!File.Exists(file)) throw new UsageException($"--assembly: there is no file {file}");
        return Loading(file, () => Assembly.LoadFrom(Path.GetFullPath(file)));
    }

    private static IReadOnlyList<SimtKernel> KernelsOf(Assembly assembly, string file)
    {
        var kernels = Loading(file, () => SimtKernel.In(assembly));
        return kernels.Count > 0
            ? kernels
            : throw new UsageException($"--assembly: no method in {file} has the attribute [SimtKernel], and no struct in it is an elementwise function");
    }

    private static T Loading<T>(string file, Func<T> load)
    {
        try
        {
            return load();
        }
        catch (Exception e) when (e is BadImageFormatException or FileLoadException or FileNotFoundException or ReflectionTypeLoadException)
        {
            string reason = (e as ReflectionTypeLoadException)?.LoaderExceptions.FirstOrDefault()?.Message ?? e.Message;
            throw new UsageException($"--assembly: {file} cannot be loaded: {reason}");
        }
    }

    // Names with the text in them, a few.
    private static string Near(string wanted, IReadOnlyList<SimtKernel> kernels)
    {
        const int Most = 5;
        if (wanted.Length == 0) return "";
        string[] near = [.. kernels.Select(kernel => kernel.Name).Where(name => name.Contains(wanted, StringComparison.OrdinalIgnoreCase))];
        string more = near.Length > Most ? ", …" : "";
        return near.Length == 0 ? "" : $"there {(near.Length == 1 ? "is" : "are")} {string.Join(", ", near.Take(Most))}{more}; ";
    }
}
