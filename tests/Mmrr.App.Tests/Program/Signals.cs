using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary>Signals to programs that tests start.</summary>
internal static class Signals
{
    private static readonly string[] s_names = ["HUP", "INT"];

    /// <summary>
    /// Skips a test where there are no signals, or where the tests themselves were started to ignore this one: a shell starts what is in the background
    /// without SIGINT, <c>nohup</c> without SIGHUP, and no program that is started from there can change that.
    /// </summary>
    public static void Need(string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "there are no such signals on Windows");
        if (!OperatingSystem.IsLinux() || Array.IndexOf(s_names, name) is not (>= 0 and var bit)) return;
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("SigIgn:", StringComparison.Ordinal));
        Assert.SkipWhen((Convert.ToUInt64(line[7..].Trim(), 16) >> bit & 1) != 0, $"the tests themselves were started to ignore SIG{name}");
    }

    /// <summary>Sends it.</summary>
    public static void Send(Process process, string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }
}
