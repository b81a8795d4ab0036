using Mmrr.Ptx.Machine.Execution;

namespace Mmrr.Ptx.Machine.Control;

/// <summary>Where a lane is that does not execute what the others do, for messages.</summary>
internal static unsafe class Whereabouts
{
    /// <summary>What follows "lane 3" or "lane 3, which": it has no thread, has returned, or waits on another path.</summary>
    public static string Of(Warp warp, int lane)
    {
        uint bit = 1u << lane;
        if ((warp.Threads & bit) == 0) return "has no thread";
        var at = warp.Waits(lane);
        // A method that returns early goes to its end, where the others come later.
        if ((warp.Alive & bit) == 0 || at is null || warp.Launch.Program.Returns.Contains(at->Index)) return "has returned";
        var origin = warp.Launch.Program.Origins[at->Index];
        return $"is on another path, at PTX line {origin.Line}{(origin.Source is null ? "" : $", {origin.Source}")}";
    }
}
