using System.CommandLine;
using Mmrr.App.Output;

namespace Mmrr.App.Commands;

/// <summary><c>mmrr devices</c>: the devices that <c>--device</c> accepts on this machine.</summary>
internal static class DevicesCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var command = new Command("devices", "List the devices of this machine.");
        command.SetAction(_ =>
        {
            var found = Device.Available();
            foreach (var (name, description) in found) Console.WriteLine($"{name,-8}{description}");
            if (!found.Any(device => device.Name.StartsWith("cuda", StringComparison.Ordinal)))
            {
                try
                {
                    Device.Open("cuda").Dispose();
                }
                catch (DeviceUnavailableException e)
                {
                    Console.Error.WriteLine(e.Message);
                }
            }
            return ExitCode.Success;
        });
        return command;
    }
}
