using System.CommandLine;
using Mmrr.Nn;
using Mmrr.Training.Data;
using Mmrr.Training.Fitting;

namespace Mmrr.App.Commands;

/// <summary>The options of <c>bench</c> and <c>profile</c>: a model, a batch, a device.</summary>
internal sealed class WorkloadOptions
{
    private readonly Option<int?> _width = Number("--width", 32, "Channels inside the networks; for bench's kernels, replaces their list.");
    private readonly Option<int?> _batch = Number("--batch", 16, "Images per step, and per kernel call.");
    private readonly Option<int?> _channels = Number("--channels", 1, "Channels of an image.");
    private readonly Option<int?> _size = Number("--size", 32, "Side of an image in pixels; for bench's kernels, replaces their list.");
    private readonly Option<int?> _resolutions = Number("--levels", 4, "Resolutions of the U-Nets.");
    private readonly Option<int?> _maskLevels = Number("--mask-levels", 15, "Mask levels of a score.", 2, LevelSchedule.Most);
    private readonly Option<int?> _steps;
    private readonly Option<int?> _threads = CommonOptions.Threads();
    private readonly Option<string> _device = CommonOptions.Device();
    private readonly Option<string> _precision = CommonOptions.Precision();
    private readonly MethodOptions _method;

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="steps">The default of <c>--steps</c>.</param>
    /// <param name="stepsDescription">The description of <c>--steps</c> for this command.</param>
    public WorkloadOptions(Command command, int steps, string stepsDescription)
    {
        _steps = Number("--steps", steps, stepsDescription);
        foreach (var option in new Option[] { _width, _batch, _channels, _size, _resolutions, _maskLevels, _steps, _threads, _device, _precision })
            command.Options.Add(option);
        _method = new MethodOptions(command, _maskLevels);
        CommonOptions.ThreadsNeedTheCpu(command, _device, _threads);
    }

    /// <summary>Runs a workload of the size given by the options.</summary>
    /// <exception cref="UsageException">The options require tensors of an invalid shape.</exception>
    public static void Sized(Action run)
    {
        try
        {
            run();
        }
        catch (ArgumentException e) when (e.Message.StartsWith("shape [", StringComparison.Ordinal))
        {
            throw new UsageException(e.Message);
        }
    }

    /// <summary>Opens <c>--device</c> with <c>--threads</c> and <c>--precision</c>.</summary>
    public Device Open(ParseResult parsed) =>
        DeviceChoice.Open(parsed.GetValue(_device)!, parsed.GetValue(_threads), CommonOptions.PrecisionOf(parsed, _precision));

    /// <summary>Rejects options that belong only to cases that are not timed.</summary>
    public void RefuseIdle(ParseResult parsed, string[] cases)
    {
        (Option, string[])[] all =
        [
            (_width, ["step", "score", "latency", "conv", "groupnorm"]), (_channels, ["step", "score", "latency"]),
            (_resolutions, ["step", "score", "latency"]),
            .. _method.All.Select(option => (option, (string[])["step", "score", "latency"])),
            (_maskLevels, ["score", "latency", "mask"]), (_steps, ["step", "score", "latency"]), (_batch, ["step", "score", "conv", "mask", "groupnorm"]),
        ];
        foreach (var (option, users) in all)
        {
            if (parsed.GetResult(option) is { Implicit: false } && !cases.Intersect(users).Any())
                throw new UsageException($"{option.Name} belongs to {string.Join(", ", users)}, not to {string.Join(", ", cases)}");
        }
    }

    /// <summary>An initialised model of <c>--method</c>, <c>--width</c> and <c>--size</c>, or of the given ones.</summary>
    public AnomalyModel Model(ParseResult parsed, Device device, int? width = null, int? size = null)
    {
        var options = CommonOptions.Checked(
            new MmrrOptions
            {
                Channels = Value(parsed, _channels),
                Size = size ?? Value(parsed, _size),
                Width = width ?? Value(parsed, _width),
                Resolutions = Value(parsed, _resolutions)
            });
        var model = _method.Of(parsed).Create(device, _method.Apply(parsed, options));
        model.Initialize(1);
        return model;
    }

    /// <summary><c>--batch</c>.</summary>
    public int Batch(ParseResult parsed) => Value(parsed, _batch);

    /// <summary><c>--batch</c> where it is given, else the given default.</summary>
    public int Batch(ParseResult parsed, int otherwise) => Given(parsed, _batch) ?? otherwise;

    /// <summary><c>--width</c> where it is given.</summary>
    public int? Width(ParseResult parsed) => Given(parsed, _width);

    /// <summary><c>--size</c> where it is given.</summary>
    public int? Size(ParseResult parsed) => Given(parsed, _size);

    /// <summary><c>--mask-levels</c>.</summary>
    public int MaskLevels(ParseResult parsed) => Value(parsed, _maskLevels);

    /// <summary><c>--steps</c>.</summary>
    public int Steps(ParseResult parsed) => Value(parsed, _steps);

    private static int? Given(ParseResult parsed, Option<int?> option) => parsed.GetResult(option) is { Implicit: false } ? Value(parsed, option) : null;

    private static int Value(ParseResult parsed, Option<int?> option) => parsed.GetValue(option)!.Value;

    private static Option<int?> Number(string name, int value, string description, int low = 1, int high = 65536) =>
        CommonOptions.Ranged(new Option<int?>(name) { HelpName = "N", Description = description, DefaultValueFactory = _ => value }, low, high);
}
