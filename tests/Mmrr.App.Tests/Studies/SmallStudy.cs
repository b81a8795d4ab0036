using System.Globalization;
using System.Text;
using Mmrr.App.Tests.Data;
using Mmrr.App.Tests.Program;

namespace Mmrr.App.Tests.Studies;

/// <summary>Studies of the smallest networks on a few digits.</summary>
internal static class SmallStudy
{
    /// <summary>The options of the smallest networks.</summary>
    public const string Options = "{width: 16, size: 8, resolutions: 2, batch: 8, epochs: 1}";

    /// <summary>A study of two classes, two seeds, two methods and the simple methods: twelve cells.</summary>
    public static string Text(string options = Options) => $$"""
        study: small
        title: Small digits
        data:
          - {kind: mnist, root: mnist, classes: [0, 1]}
        seeds: [0, 1]
        estimate: 0.1
        methods:
          - name: learned
            options: {{options}}
            paper: {with: MMRR, without: MMRR w/o ref.}
          - name: constant
            options: {{options[..^1]}}, mask: constant}
            columns: [with]
          - name: simple
            command: baselines
            options: {size: 8}
            columns: [mean image]
        paper: {table: 5, quote: [KDE]}
        """;

    /// <summary>Writes a study and returns its path.</summary>
    public static string Write(TemporaryFolder folder, string text, string name = "study.yaml") => folder.Write(name, Encoding.UTF8.GetBytes(text));

    /// <summary>A command of a study, whose data and results lie in a folder.</summary>
    public static Outcome Run(TemporaryFolder folder, string study, string command, params string[] arguments) =>
        MmrrProgram.Run(["study", study, command, .. arguments, .. Places(folder, command)]);

    /// <summary>The places of a command.</summary>
    public static string[] Places(TemporaryFolder folder, string command) =>
    [
        "--out", folder["out"],
        .. command is "run" or "submit" ? new[] { "--root", folder.Path } : [],
        .. command == "run" ? new[] { "--device", "cpu", "--threads", "1" } : [],
    ];

    /// <summary>A number of a file.</summary>
    public static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
