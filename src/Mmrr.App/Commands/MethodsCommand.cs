using System.CommandLine;
using System.Globalization;
using Mmrr.App.Output;
using Mmrr.Nn;

namespace Mmrr.App.Commands;

/// <summary><c>mmrr methods</c>: the methods that <c>mmrr train --method</c> accepts, with their publications and settings.</summary>
internal static class MethodsCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var command = new Command("methods", "List the methods of train, with their publications and settings.");
        command.SetAction(_ =>
        {
            foreach (var method in AnomalyMethods.All)
            {
                Console.WriteLine($"{method.Name,-12}{method.Title}: {method.Source}");
                if (method.Published is { } p)
                    Console.WriteLine(Text($"{"",-14}preset paper: width {p.Width}, learning rate {p.LearningRate}, batch {p.Batch}"));
                foreach (var s in method.Settings)
                {
                    string kind = s.IsWhole ? "a whole number" : "a number";
                    Console.WriteLine(Text($"{"",-14}{s.Name}={s.Default}: {s.Description}; {kind} from {s.Low} to {s.High}"));
                }
            }
            return ExitCode.Success;
        });
        return command;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
