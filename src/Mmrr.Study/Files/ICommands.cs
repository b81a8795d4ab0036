namespace Mmrr.Study.Files;

/// <summary>The commands of the program, which a study's options are checked with.</summary>
internal interface ICommands
{
    /// <summary>The names of a command's options, without their hyphens.</summary>
    IReadOnlyList<string> OptionsOf(string command);

    /// <summary>The first error in the arguments of a command, one line; null where there is none.</summary>
    string? ErrorIn(IReadOnlyList<string> arguments);
}
