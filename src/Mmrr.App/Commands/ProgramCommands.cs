using Mmrr.Study.Files;

namespace Mmrr.App.Commands;

/// <summary>The commands of this program, for checking the options of a study.</summary>
internal sealed class ProgramCommands : ICommands
{
    /// <inheritdoc/>
    public IReadOnlyList<string> OptionsOf(string command) =>
    [
        .. CommandLine.Create().Subcommands.First(c => c.Name == command).Options
            .Select(o => o.Name.TrimStart('-')).Where(name => name is not ("help" or "version")),
    ];

    /// <inheritdoc/>
    public string? ErrorIn(IReadOnlyList<string> arguments) => CommandLine.ErrorIn(arguments);
}
