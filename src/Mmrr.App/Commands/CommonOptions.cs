using System.CommandLine;
using System.Globalization;
using System.Numerics;
using Mmrr.Nn;
using Mmrr.Training.Data;

namespace Mmrr.App.Commands;

/// <summary>Options shared by several commands, each with its range.</summary>
internal static class CommonOptions
{
    /// <summary><c>--device</c>.</summary>
    public static Option<string> Device() => new("--device")
    {
        HelpName = "DEVICE",
        Description = "auto, cpu, cuda, cuda:N, simt (the GPU kernels on a simulator) or ptx (their PTX, run and checked).",
        DefaultValueFactory = _ => "auto"
    };

    /// <summary><c>--precision</c>.</summary>
    public static Option<string> Precision() => OneOf(
        new Option<string>("--precision")
        {
            HelpName = "PRECISION",
            Description = "Precision of convolutions: float32, or tf32 on the tensor cores of a cuda device.",
            DefaultValueFactory = _ => "float32"
        },
        "float32", "tf32");

    /// <summary>The value of <c>--precision</c>.</summary>
    public static MatrixPrecision PrecisionOf(ParseResult parsed, Option<string> option) =>
        Enum.Parse<MatrixPrecision>(parsed.GetValue(option)!, ignoreCase: true);

    /// <summary>Checks the ranges of a model's options and returns them.</summary>
    /// <exception cref="UsageException">An option is out of its range.</exception>
    public static MmrrOptions Checked(MmrrOptions options)
    {
        try
        {
            AnomalyMethods.Of(options).Validate(options);
            return options;
        }
        catch (ArgumentException e)
        {
            throw new UsageException(e.Message);
        }
    }

    /// <summary><c>--threads</c>.</summary>
    public static Option<int?> Threads() =>
        Ranged(new Option<int?>("--threads") { HelpName = "N", Description = "Worker threads of the cpu device; all cores when not given." }, 1, 1024);

    /// <summary><c>--levels</c>.</summary>
    /// <param name="otherwise">The default, for the help.</param>
    public static Option<LevelSchedule?> Levels(string otherwise = "those of the run's threshold") => new("--levels")
    {
        HelpName = "LEVELS",
        Description = $"Mask levels: uniform:L (or L), log:L or log:L:LOW:HIGH; {otherwise} when not given.",
        CustomParser = result =>
        {
            try
            {
                return LevelSchedule.Parse(result.Tokens[^1].Value);
            }
            catch (ArgumentException e)
            {
                result.AddError($"--{e.Message}");
                return null;
            }
        },
    };

    /// <summary>The levels given by <see cref="Levels"/>; null where they are not given.</summary>
    /// <exception cref="UsageException">They are not for the method.</exception>
    public static LevelSchedule? LevelsOf(ParseResult parsed, Option<LevelSchedule?> option, AnomalyMethod method)
    {
        if (parsed.GetValue(option) is not { } levels) return null;
        try
        {
            method.Check(levels);
            return levels;
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"--{e.Message}");
        }
    }

    /// <summary><c>--false-alarm</c>.</summary>
    public static Option<double?> FalseAlarm() => Ranged(
        new Option<double?>("--false-alarm")
        {
            HelpName = "RATE",
            Description = "Share of normal images that may score above the threshold; 0.01 when not given."
        },
        1e-6, 0.5);

    /// <summary>Error message: the rule neighbours is not available for tiled runs.</summary>
    public const string TilesHaveNoNeighbours =
        "--tile and --rule neighbours contradict each other: tiles have no fixed place, so there are no statistics per place; give one";

    /// <summary><c>--rule</c>.</summary>
    /// <param name="otherwise">The default, for the help.</param>
    public static Option<string?> Rule(string otherwise) => OneOf(
        new Option<string?>("--rule")
        {
            HelpName = "RULE",
            Description = "Rule that computes scores: paper (the sum of all errors), deviation (the places that deviate most from normal images) or "
                + $"neighbours (the distance to the nearest normal images and errors). When not given, {otherwise}.",
        },
        [.. Enum.GetValues<ScoreRule>().Select(rule => rule.Name())]);

    /// <summary>The rule given by <see cref="Rule"/>; null where it is not given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="rule">The option.</param>
    /// <param name="method">The method that scores.</param>
    /// <exception cref="UsageException">The method has no such rule.</exception>
    public static ScoreRule? RuleOf(ParseResult parsed, Option<string?> rule, AnomalyMethod method)
    {
        ScoreRule? chosen = parsed.GetValue(rule) is { } word ? Enum.Parse<ScoreRule>(word, ignoreCase: true) : null;
        return chosen != ScoreRule.Neighbours || method.Restores
            ? chosen
            : throw new UsageException($"--rule neighbours compares restorations, and the method {method.Name} makes none");
    }

    /// <summary>Restricts an option to some words; unlike the library's own error, the error names the option.</summary>
    public static Option<T> OneOf<T>(Option<T> option, params IReadOnlyList<string> words)
        where T : class?
    {
        option.CompletionSources.Add([.. words]);
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !words.Contains(result.Tokens[^1].Value))
                result.AddError($"{option.Name} is '{result.Tokens[^1].Value}', expected {string.Join(", ", words.Take(words.Count - 1))} or {words[^1]}");
        });
        return option;
    }

    /// <summary>Restricts an option to a range of numbers. Both errors name the option and the range; the library's own would name a C# type.</summary>
    public static Option<T?> Ranged<T>(Option<T?> option, T low, T high)
        where T : struct, INumber<T>
    {
        option.CustomParser = result =>
        {
            string text = result.Tokens[^1].Value;
            bool whole = T.IsInteger(T.One / (T.One + T.One));
            // No commas: 0,001 may be meant as a thousandth, but the parser would read it as one.
            bool isNumber = T.TryParse(text, whole ? NumberStyles.AllowLeadingSign : NumberStyles.Float, CultureInfo.InvariantCulture, out var value);
            if (isNumber && value >= low && value <= high) return value;
            result.AddError(string.Create(
                CultureInfo.InvariantCulture, $"{option.Name} is {text}, expected a {(whole ? "whole " : "")}number from {low} to {high}"));
            return null;
        };
        return option;
    }

    /// <summary>Rejects <c>--threads</c> together with a <c>--device</c> that has no worker threads.</summary>
    public static void ThreadsNeedTheCpu(Command command, Option device, Option threads) => command.Validators.Add(result =>
    {
        if (result.GetResult(threads) is { Implicit: false } && result.GetResult(device) is { Implicit: false, Tokens: [.., var name] }
            && name.Value is not ("cpu" or "auto"))
            result.AddError($"--threads and --device {name.Value} contradict each other: only the cpu device has worker threads");
    });
}
