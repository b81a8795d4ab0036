using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Mmrr.Ptx.Machine.Execution;
using Mmrr.Ptx.Machine.Faults;
using Mmrr.Ptx.Machine.Memory;

namespace Mmrr.Ptx.Machine.Access;

/// <summary>From addresses to memory. A generic address of shared or local memory lies in a window of its own, which no host's memory has.</summary>
internal static unsafe class Places
{
    /// <summary>The first generic address of shared memory.</summary>
    public const ulong SharedWindow = 1UL << 60;

    /// <summary>The first generic address of local memory.</summary>
    public const ulong LocalWindow = 1UL << 61;

    private const ulong WindowMask = SharedWindow | LocalWindow;

    /// <summary>The state space of a generic address.</summary>
    public static Text.PtxSpace SpaceOf(ulong address) => (address & WindowMask) switch
    {
        SharedWindow => Text.PtxSpace.Shared,
        LocalWindow => Text.PtxSpace.Local,
        _ => Text.PtxSpace.Global,
    };

    /// <summary>The region that has these bytes.</summary>
    /// <exception cref="PtxFaultException">There is none, or the address is misaligned.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Region Find(Warp warp, Instruction* at, int lane, ulong address, int bytes, Region? likely)
    {
        if ((address & (ulong)(bytes - 1)) != 0)
        {
            throw warp.Fault(
                PtxFaultKind.Misaligned, at, lane, $"the address 0x{address:X} of an access of {bytes} bytes is no multiple of {bytes}{In(warp, address)}");
        }
        if (likely is not null && address - likely.Base <= (ulong)(likely.Length - bytes) && likely.Length >= bytes) return likely;
        var region = warp.Launch.Memory.Find(address);
        if (region is not null && address - region.Base <= (ulong)(region.Length - bytes) && region.Length >= bytes) return region;
        throw OutOfBounds(warp, at, lane, address, bytes);
    }

    /// <summary>The same in a block's shared memory, whose addresses begin at 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void CheckShared(Warp warp, Instruction* at, int lane, ulong address, int bytes)
    {
        if ((address & (ulong)(bytes - 1)) != 0)
        {
            throw warp.Fault(
                PtxFaultKind.Misaligned, at, lane, $"the address 0x{address:X} of an access of {bytes} bytes to shared memory is no multiple of {bytes}");
        }
        long length = warp.Launch.SharedBytes;
        if (length < bytes || address > (ulong)(length - bytes))
        {
            throw warp.Fault(
                PtxFaultKind.OutOfBounds, at, lane, $"accesses {bytes} bytes at {(long)address} of shared memory, which has {length} bytes");
        }
    }

    /// <summary>Whether the bytes of all active lanes, at <see cref="Warp.Addresses"/>, are aligned and within the length from an address on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool AreInside(Warp warp, ulong begin, long length, int bytes)
    {
        if (length < bytes) return false;
        Vector512<ulong> first = Vector512.Create(begin), last = Vector512.Create((ulong)(length - bytes)), low = Vector512.Create((ulong)(bytes - 1));
        var addresses = (Vector512<ulong>*)warp.Addresses;
        uint outside = 0;
        for (int n = 0; n < 4; n++)
        {
            var isOutside = Vector512.GreaterThan(addresses[n] - first, last) | ~Vector512.Equals(addresses[n] & low, Vector512<ulong>.Zero);
            outside |= Lanes.Gather(isOutside, n);
        }
        return (outside & warp.Mask) == 0;
    }

    /// <summary>For example <c>byte 64 of X (256 bytes at 0x7F00)</c>; of shared memory without its place in the host's.</summary>
    public static string Describe(Region region, ulong address, bool isShared = false) => string.Create(
        CultureInfo.InvariantCulture,
        $"byte {(long)(address - region.Base)} of {region.Name} ({Math.Max(region.Length, region.FreedBytes)} bytes"
        + $"{(isShared ? "" : $" at 0x{region.Base:X}")})");

    private static string In(Warp warp, ulong address) => warp.Launch.Memory.Find(address) is { } region ? $", {Describe(region, address)}" : "";

    // Of the buffer that the address is made of, where one parameter leads to it: an index that is far off may lie beside, or in, any other.
    private static PtxFaultException OutOfBounds(Warp warp, Instruction* at, int lane, ulong address, int bytes)
    {
        var memory = warp.Launch.Memory;
        Region[] meant =
        [
            .. warp.Launch.Program.AddressParameters(at->Index).Select(offset => memory.Find(*(ulong*)(warp.Launch.Parameters + offset)))
                .OfType<Region>().Distinct(),
        ];
        var region = meant.Length == 1 ? meant[0] : memory.Find(address);
        string what = string.Create(CultureInfo.InvariantCulture, $"accesses {bytes} bytes at 0x{address:X}");
        if (region is { FreedBytes: > 0 })
            return warp.Fault(PtxFaultKind.Freed, at, lane, $"{what}, {Describe(region, address)}, which was disposed and freed");
        string where = region is not null ? Describe(region, address)
            : meant.Length > 1 ? $"the address is made of {string.Join(" or of ", meant.Select(each => each.Name))}; {Between(memory, address)}"
            : Between(memory, address);
        string index = region is null ? "" : NegativeIndex(address - region.Base, bytes);
        return warp.Fault(PtxFaultKind.OutOfBounds, at, lane, $"{what}, out of bounds: {where}{index}");
    }

    // Where a compiler widens an index of 32 bits as one without a sign, −1 lies 4 G elements on.
    private static string NegativeIndex(ulong offset, int bytes)
    {
        ulong index = offset / (ulong)bytes;
        return offset % (ulong)bytes != 0 || index is <= int.MaxValue or > uint.MaxValue ? ""
            : string.Create(CultureInfo.InvariantCulture, $", the index {index}, which is {(int)index} as a signed number");
    }

    private static string Between(GlobalMemory memory, ulong address)
    {
        var (below, above) = memory.Neighbours(address);
        string[] places = [.. new[] { below, above }.OfType<Region>().Select(region => Describe(region, address))];
        return places.Length == 0 ? "there is no buffer" : $"it is in no buffer, but {string.Join(" and ", places)}";
    }
}
