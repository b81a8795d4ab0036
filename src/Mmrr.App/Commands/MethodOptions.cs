using System.CommandLine;
using System.Globalization;
using Mmrr.Nn;
using Mmrr.Training.Data;

namespace Mmrr.App.Commands;

/// <summary>The options that choose a method and its settings.</summary>
internal sealed class MethodOptions
{
    private readonly Option<string> _method = CommonOptions.OneOf(
        new Option<string>("--method")
        {
            HelpName = "NAME",
            Description = $"The method: {string.Join(", ", AnomalyMethods.All.Select(m => m.Name))}; mmrr methods describes them.",
            DefaultValueFactory = _ => AnomalyMethods.All[0].Name
        },
        [.. AnomalyMethods.All.Select(m => m.Name)]);

    private readonly Option<string[]> _settings = new("--set")
    {
        HelpName = "NAME=VALUE",
        Description = "A setting of the method, such as latent=32; several are allowed. The published value when not given.",
        AllowMultipleArgumentsPerToken = true
    };

    private readonly Option[] _ofMmrr;

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="ofMmrr">Its options that only MMRR has.</param>
    public MethodOptions(Command command, params Option[] ofMmrr)
    {
        command.Add(_method);
        command.Add(_settings);
        _ofMmrr = ofMmrr;
    }

    /// <summary>All of the options.</summary>
    public IReadOnlyList<Option> All => [_method, _settings];

    /// <summary>The chosen method.</summary>
    /// <exception cref="UsageException">An option is given that the method does not have.</exception>
    public AnomalyMethod Of(ParseResult parsed)
    {
        var method = AnomalyMethods.Of(parsed.GetValue(_method));
        if (method != AnomalyMethods.All[0] && Array.Find(_ofMmrr, o => parsed.GetResult(o) is { Implicit: false }) is { } other)
            throw new UsageException($"{other.Name} belongs to the method {AnomalyMethods.All[0].Name}, not to {method.Name}");
        return method;
    }

    /// <summary>A model's options with the chosen method and its settings.</summary>
    /// <exception cref="UsageException">A setting is unknown, given twice or out of range, or another option is out of range.</exception>
    public MmrrOptions Apply(ParseResult parsed, MmrrOptions model)
    {
        var given = new Dictionary<string, double>();
        foreach (string text in parsed.GetValue(_settings) ?? [])
        {
            // No commas: 0,001 may be meant as a thousandth, but the parser would read it as one.
            if (text.Split('=') is not [{ Length: > 0 } name, var number]
                || !double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out double value))
                throw new UsageException($"--set is '{text}', expected NAME=VALUE with a number, such as latent=32");
            if (!given.TryAdd(name, value)) throw new UsageException($"--set: {name} is given twice");
        }
        try
        {
            var method = Of(parsed);
            var options = method.Apply(model, given);
            method.Validate(options);
            return options;
        }
        catch (ArgumentException e)
        {
            throw new UsageException(e.Message);
        }
    }
}
