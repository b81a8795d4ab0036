using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Mmrr.App.Tests.Data;
using Xunit;

namespace Mmrr.App.Tests.Program.Cuda;

/// <summary>The driver of <c>driver.c</c>, which has no card, takes every call and writes it down. Compiled once, where there is a C compiler.</summary>
internal sealed partial class RecordedDriver : IDisposable
{
    private static readonly Lazy<(string? Folder, string Why)> s_driver = new(Compile);

    private readonly TemporaryFolder _folder = new();

    public RecordedDriver() => Assert.SkipWhen(s_driver.Value.Folder is null, s_driver.Value.Why);

    public void Dispose() => _folder.Dispose();

    /// <summary>Runs <c>mmrr</c> with it as the machine's driver.</summary>
    public Outcome Run(Dictionary<string, string> environment, params string[] arguments)
    {
        environment["LD_LIBRARY_PATH"] = s_driver.Value.Folder!;
        environment["MMRR_FAKE_CUDA"] = _folder.Path;
        return MmrrProcess.Run(environment, arguments);
    }

    /// <summary>What was asked of it, a call a line, in words.</summary>
    public IEnumerable<string[]> Calls() => File.ReadLines(_folder["calls.log"]).Select(line => line.Split(' '));

    /// <summary>The kernels that were loaded, by the number of their module.</summary>
    public Dictionary<string, LoadedKernel> Kernels() =>
        Calls().Where(call => call[0] == "MODULE").ToDictionary(call => call[1], call => LoadedKernel.Of(call[2], File.ReadAllText(_folder[$"{call[1]}.ptx"])));

    private static (string? Folder, string Why) Compile()
    {
        if (!OperatingSystem.IsLinux()) return (null, "the recording driver is built on Linux");
        string folder = Directory.CreateTempSubdirectory("mmrr-driver-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        string source = Path.Combine(AppContext.BaseDirectory, "Program", "Cuda", "driver.c");
        try
        {
            using var compiler = Process.Start("cc", ["-shared", "-fPIC", "-O1", "-pthread", "-o", Path.Combine(folder, "libcuda.so.1"), source]);
            compiler.WaitForExit();
            return compiler.ExitCode == 0 ? (folder, "") : (null, $"cc ended with {compiler.ExitCode}");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (null, "there is no C compiler (cc) for the recording driver");
        }
    }

    /// <summary>What the driver reads in a kernel's PTX.</summary>
    /// <param name="Name">The entry.</param>
    /// <param name="ParameterBytes">What a launch must pass.</param>
    /// <param name="MostThreads">Of a block.</param>
    internal sealed partial record LoadedKernel(string Name, int ParameterBytes, int MostThreads)
    {
        public static LoadedKernel Of(string name, string ptx)
        {
            var entry = Entry().Match(ptx);
            Assert.Equal(name, entry.Groups["name"].Value);
            int bytes = 0;
            foreach (Match parameter in Parameter().Matches(entry.Groups["parameters"].Value))
            {
                int size = Number(parameter, "bits") / 8;
                int alignment = parameter.Groups["align"].Success ? Number(parameter, "align") : size;
                bytes = ((bytes + alignment - 1) / alignment * alignment) + (size * (parameter.Groups["count"].Success ? Number(parameter, "count") : 1));
            }
            return new LoadedKernel(name, bytes, Number(entry, "threads"));
        }

        private static int Number(Match match, string group) => int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

        [GeneratedRegex(@"\.entry (?<name>\w+)\((?<parameters>[^)]*)\)\s*\.maxntid (?<threads>\d+), 1, 1")]
        private static partial Regex Entry();

        [GeneratedRegex(@"\.param (\.align (?<align>\d+) )?\.[busf](?<bits>\d+) \w+(\[(?<count>\d+)\])?")]
        private static partial Regex Parameter();
    }
}
