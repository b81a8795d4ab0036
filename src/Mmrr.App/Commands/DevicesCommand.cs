using System.CommandLine;

namespace Mmrr.App.Commands;

/// <summary><c>mmrr devices</c>: what <c>--device</c> accepts here.</summary>
internal static class DevicesCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var command = new Command("devices", "List the devices of this machine.");
        command.SetAction(_ =>
        {
            foreach (var (name, description) in Device.Available()) Console.WriteLine($"{name,-8}{description}");
            return ExitCode.Success;
        });
        return command;
    }
}
