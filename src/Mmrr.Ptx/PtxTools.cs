using System.ComponentModel;
using System.Diagnostics;

namespace Mmrr.Ptx;

/// <summary>NVIDIA's <c>ptxas</c> and <c>nvdisasm</c>, which need neither a GPU nor a driver. They are not part of this program.</summary>
public sealed class PtxTools
{
    private readonly string _ptxas;
    private readonly string _nvdisasm;

    private PtxTools(string folder) => (_ptxas, _nvdisasm) = (Path.Combine(folder, FileName("ptxas")), Path.Combine(folder, FileName("nvdisasm")));

    /// <summary>
    /// Finds the programs in the folder of <c>MMRR_PTXAS</c> (or beside the file that it names); if it is not set, in the first folder of <c>PATH</c> that
    /// has both, otherwise where <c>scripts/get-ptxas</c> installs them.
    /// </summary>
    /// <exception cref="PtxException">They are in none of these places; the message lists the places.</exception>
    public static PtxTools Find()
    {
        if (Environment.GetEnvironmentVariable("MMRR_PTXAS") is { Length: > 0 } named)
        {
            string folder = File.Exists(named) ? Path.GetDirectoryName(Path.GetFullPath(named))! : named;
            return HasBoth(folder) ? new PtxTools(folder) : throw new PtxException($"MMRR_PTXAS is '{named}': ptxas and nvdisasm are not there");
        }
        string cache = CacheFolder();
        string[] path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return path.Append(cache).FirstOrDefault(HasBoth) is { } found
            ? new PtxTools(found)
            : throw new PtxException(
                $"NVIDIA's ptxas and nvdisasm are neither on the PATH nor in {cache}: fetch them with scripts/get-ptxas, or name their folder in MMRR_PTXAS");
    }

    /// <summary>Assembles PTX with one entry.</summary>
    /// <returns>The report of ptxas, and the cubin.</returns>
    /// <exception cref="PtxException">ptxas rejects it; the message is the first error of ptxas.</exception>
    public (PtxasReport Report, byte[] Cubin) Assemble(string ptx, Multiprocessor target)
    {
        ArgumentNullException.ThrowIfNull(target);
        var folder = Directory.CreateTempSubdirectory("mmrr-ptx-");
        try
        {
            string source = Path.Combine(folder.FullName, "kernel.ptx"), cubin = Path.Combine(folder.FullName, "kernel.cubin");
            File.WriteAllText(source, ptx);
            string said = Run(_ptxas, "-v", $"-arch=sm_{target.Sm}", "-o", cubin, source).Error;
            return (PtxasReport.Parse(said), File.ReadAllBytes(cubin));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The SASS of a cubin, as <c>nvdisasm -c</c> prints it, without the analysis of branch stacks, which GPUs since sm_70 do not have.</summary>
    /// <exception cref="PtxException">nvdisasm rejects it.</exception>
    public string Disassemble(byte[] cubin)
    {
        var folder = Directory.CreateTempSubdirectory("mmrr-ptx-");
        try
        {
            string path = Path.Combine(folder.FullName, "kernel.cubin");
            File.WriteAllBytes(path, cubin);
            return Run(_nvdisasm, "-c", "-ndf", path).Output;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static (string Output, string Error) Run(string program, params string[] arguments)
    {
        string name = Path.GetFileName(program);
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            // Read both concurrently: the program blocks on a full pipe.
            var output = process.StandardOutput.ReadToEndAsync();
            string error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode == 0) return (output.GetAwaiter().GetResult(), error);
            string complaint = $"{error}\n{output.GetAwaiter().GetResult()}".Split('\n')
                .FirstOrDefault(line => line.Contains("error", StringComparison.Ordinal) || line.Contains("fatal", StringComparison.Ordinal))
                ?? "no error message";
            throw new PtxException($"{name} ended with {process.ExitCode}: {complaint.Trim()}");
        }
        catch (Win32Exception e)
        {
            throw new PtxException($"{program} cannot be started: {e.Message}", e);
        }
    }

    private static bool HasBoth(string folder) =>
        File.Exists(Path.Combine(folder, FileName("ptxas"))) && File.Exists(Path.Combine(folder, FileName("nvdisasm")));

    private static string FileName(string program) => OperatingSystem.IsWindows() ? program + ".exe" : program;

    private static string CacheFolder()
    {
        string? cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (string.IsNullOrEmpty(cache)) cache = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return Path.Combine(cache, "mmrr-ptxas");
    }
}
