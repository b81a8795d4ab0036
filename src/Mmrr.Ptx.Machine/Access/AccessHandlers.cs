using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Mmrr.Ptx.Machine.Execution;
using Mmrr.Ptx.Machine.Faults;
using Mmrr.Ptx.Machine.Memory;
using Mmrr.Ptx.Machine.Text;

namespace Mmrr.Ptx.Machine.Access;

/// <summary>"ld" and "st" of global, shared, constant and generic memory; generic addresses may lead to local memory too.</summary>
/// <remarks>Optimised at once, as all that runs for each instruction: most kernels run once, and would end before the runtime's tiers had begun.</remarks>
internal static unsafe class AccessHandlers
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Instruction* Load(Warp warp, Instruction* i)
    {
        Access(warp, i, isStore: false);
        return i + 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Instruction* Store(Warp warp, Instruction* i)
    {
        Access(warp, i, isStore: true);
        return i + 1;
    }

    /// <summary>Fills <see cref="Warp.Addresses"/>: register A and the constant, or the constant alone where A is below 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Addresses(Warp warp, Instruction* i)
    {
        var to = (Vector512<ulong>*)warp.Addresses;
        var offset = Vector512.Create((ulong)i->Constant);
        if (i->A < 0)
        {
            for (int n = 0; n < 4; n++) to[n] = offset;
        }
        else if (i->SizeA == 8)
        {
            var from = Lanes.Of<ulong>(warp, i->A);
            for (int n = 0; n < 4; n++) to[n] = from[n] + offset;
        }
        else
        {
            var from = Lanes.Of<uint>(warp, i->A);
            for (int n = 0; n < 2; n++)
            {
                to[2 * n] = Vector512.WidenLower(from[n]) + offset;
                to[(2 * n) + 1] = Vector512.WidenUpper(from[n]) + offset;
            }
        }
    }

    /// <summary>Of generic addresses all must be in one state space; they become addresses in it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static PtxSpace Resolve(Warp warp, Instruction* i)
    {
        uint mask = warp.Mask;
        var space = Places.SpaceOf(warp.Addresses[Warp.First(mask)]);
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            if (Places.SpaceOf(warp.Addresses[lane]) != space)
                throw warp.Fault(PtxFaultKind.UnknownInstruction, i, lane, "generic addresses of several state spaces in one access are not supported");
            if (space != PtxSpace.Global) warp.Addresses[lane] &= Places.SharedWindow - 1;
        }
        return space;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Access(Warp warp, Instruction* i, bool isStore)
    {
        Addresses(warp, i);
        var space = (PtxSpace)i->Space;
        if (space == PtxSpace.Generic) space = Resolve(warp, i);
        if (space == PtxSpace.Local) LocalHandlers.Access(warp, i, isStore);
        else if (space == PtxSpace.Shared) Shared(warp, i, isStore);
        else Global(warp, i, isStore);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Shared(Warp warp, Instruction* i, bool isStore)
    {
        int bytes = i->Bytes * i->Elements;
        var region = warp.Block.Shared;
        if (i->Bytes < 4) region.Refine();
        warp.Launch.Counts?.Shared(warp.Addresses, warp.Mask, bytes);
        var checker = default(Checker);
        checker.Begin(warp, i, region);
        byte* memory = (byte*)region.Base;
        int shift = region.PlaceShift, places = bytes >> shift;
        if (!isStore && IsUniform(warp, out ulong same))
        {
            Places.CheckShared(warp, i, 0, same, bytes);
            if (checker.IsNeeded) checker.ReadTogether((long)same >> shift, places);
            Broadcast(warp, i, memory + same);
            return;
        }
        if (Words(warp, i, ref checker, region, 0, isStore)) return;
        for (uint mask = warp.Mask; mask != 0; mask &= mask - 1)
        {
            int lane = BitOperations.TrailingZeroCount(mask);
            ulong address = warp.Addresses[lane];
            Places.CheckShared(warp, i, lane, address, bytes);
            if (checker.IsNeeded)
            {
                if (isStore) checker.Write((long)address >> shift, places, lane);
                else checker.Read((long)address >> shift, places, lane);
            }
            Move(warp, i, lane, memory + address, isStore);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Global(Warp warp, Instruction* i, bool isStore)
    {
        int bytes = i->Bytes * i->Elements;
        uint mask = warp.Mask;
        if (mask == 0) return;
        int first = Warp.First(mask);
        var region = Places.Find(warp, i, first, warp.Addresses[first], bytes, null);
        warp.Launch.Counts?.Global(warp.Addresses, mask, bytes, isStore);
        if (i->Bytes < 4) region.Refine();
        var checker = default(Checker);
        checker.Begin(warp, i, region);
        if (!isStore && bytes == 4 && i->SizeD == 4 && IsRow(warp) && Contains(region, warp.Addresses[0], 4 * Warp.Size) && region.PlaceShift == 2)
        {
            if (checker.IsNeeded) checker.ReadInRow((long)(warp.Addresses[0] - region.Base) >> 2);
            Vector512<int>* d = Lanes.Of<int>(warp, i->D), from = (Vector512<int>*)warp.Addresses[0];
            (d[0], d[1]) = (from[0], from[1]);
            return;
        }
        if (!isStore && IsUniform(warp, out ulong same))
        {
            if (checker.IsNeeded) checker.ReadTogether((long)(same - region.Base) >> region.PlaceShift, bytes >> region.PlaceShift);
            Broadcast(warp, i, (byte*)same);
            return;
        }
        if (Words(warp, i, ref checker, region, region.Base, isStore)) return;
        for (; mask != 0; mask &= mask - 1)
        {
            int lane = BitOperations.TrailingZeroCount(mask);
            ulong address = warp.Addresses[lane];
            var found = Places.Find(warp, i, lane, address, bytes, region);
            if (found != region)
            {
                region = found;
                if (i->Bytes < 4) region.Refine();
                checker.Begin(warp, i, region);
            }
            if (checker.IsNeeded)
            {
                int shift = region.PlaceShift;
                if (isStore) checker.Write((long)(address - region.Base) >> shift, bytes >> shift, lane);
                else checker.Read((long)(address - region.Base) >> shift, bytes >> shift, lane);
            }
            Move(warp, i, lane, (byte*)address, isStore);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Contains(Region region, ulong address, long bytes) =>
        region.Length >= bytes && address - region.Base <= (ulong)(region.Length - bytes);

    // Whether all 32 lanes have the same address.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsUniform(Warp warp, out ulong address)
    {
        address = warp.Addresses[0];
        if (warp.Mask != uint.MaxValue) return false;
        var all = (Vector512<ulong>*)warp.Addresses;
        var first = Vector512.Create(address);
        return Vector512.EqualsAll(all[0], first) && Vector512.EqualsAll(all[1], first) && Vector512.EqualsAll(all[2], first)
            && Vector512.EqualsAll(all[3], first);
    }

    // Whether each of 32 lanes has the 4 bytes after its neighbour's.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsRow(Warp warp)
    {
        if (warp.Mask != uint.MaxValue) return false;
        var all = (Vector512<ulong>*)warp.Addresses;
        var first = Vector512.Create(warp.Addresses[0]) + Vector512.Create(0UL, 4, 8, 12, 16, 20, 24, 28);
        return Vector512.EqualsAll(all[0], first) && Vector512.EqualsAll(all[1], first + Vector512.Create(32UL))
            && Vector512.EqualsAll(all[2], first + Vector512.Create(64UL)) && Vector512.EqualsAll(all[3], first + Vector512.Create(96UL));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Broadcast(Warp warp, Instruction* i, byte* at)
    {
        for (int n = 0; n < i->Elements; n++)
        {
            int register = n == 0 ? i->D : i->More[n - 1];
            ulong bits = LoadElement(at + (n * i->Bytes), i->Bytes, i->Signed);
            if (i->SizeD == 4) new Span<uint>(warp.Registers + register, Warp.Size).Fill((uint)bits);
            else new Span<ulong>(warp.Registers + register, Warp.Size).Fill(bits);
        }
    }

    // Words of one region at addresses that count from `begin`, where no lane's is misaligned or out of bounds; false where it is more than that.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool Words(Warp warp, Instruction* i, ref Checker checker, Region region, ulong begin, bool isStore)
    {
        if (i->Bytes != 4 || i->SizeD != 4 || region.PlaceShift != 2 || !Places.AreInside(warp, begin, region.Length, 4 * i->Elements)) return false;
        uint mask = warp.Mask;
        if (checker.IsNeeded)
        {
            if (isStore) checker.WriteWords(mask, begin, i->Elements);
            else checker.ReadWords(mask, begin, i->Elements);
        }
        byte* memory = (byte*)(region.Base - begin);
        if (i->Elements == 4 && !isStore && mask == uint.MaxValue && Vector512.IsHardwareAccelerated)
        {
            LoadQuads(warp, i, memory);
            return true;
        }
        for (; mask != 0; mask &= mask - 1)
        {
            int lane = BitOperations.TrailingZeroCount(mask);
            Move(warp, i, lane, memory + warp.Addresses[lane], isStore);
        }
        return true;
    }

    // Four words for each of 32 lanes, those of four lanes transposed at once.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void LoadQuads(Warp warp, Instruction* i, byte* memory)
    {
        ulong* at = warp.Addresses;
        byte* x = warp.Registers + i->D, y = warp.Registers + i->More[0], z = warp.Registers + i->More[1], w = warp.Registers + i->More[2];
        for (int lane = 0; lane < Warp.Size; lane += 4)
        {
            var lanes = Vector512.Create(
                Vector256.Create(Vector128.Load((int*)(memory + at[lane])), Vector128.Load((int*)(memory + at[lane + 1]))),
                Vector256.Create(Vector128.Load((int*)(memory + at[lane + 2])), Vector128.Load((int*)(memory + at[lane + 3]))));
            var words = Vector512.Shuffle(lanes, Vector512.Create(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
            words.GetLower().GetLower().Store((int*)x + lane);
            words.GetLower().GetUpper().Store((int*)y + lane);
            words.GetUpper().GetLower().Store((int*)z + lane);
            words.GetUpper().GetUpper().Store((int*)w + lane);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Move(Warp warp, Instruction* i, int lane, byte* at, bool isStore)
    {
        if (i->Bytes == 4 && i->SizeD == 4)
        {
            uint* elements = (uint*)at;
            ref uint first = ref ((uint*)(warp.Registers + i->D))[lane];
            if (isStore) elements[0] = first;
            else first = elements[0];
            for (int n = 1; n < i->Elements; n++)
            {
                uint* register = (uint*)(warp.Registers + i->More[n - 1]);
                if (isStore) elements[n] = register[lane];
                else register[lane] = elements[n];
            }
            return;
        }
        for (int n = 0; n < i->Elements; n++)
        {
            int register = n == 0 ? i->D : i->More[n - 1];
            if (isStore) StoreElement(at + (n * i->Bytes), i->Bytes, Lanes.Read(warp, register, i->SizeD, lane));
            else Lanes.Write(warp, register, i->SizeD, lane, LoadElement(at + (n * i->Bytes), i->Bytes, i->Signed));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong LoadElement(byte* at, int bytes, bool signed) => bytes switch
    {
        1 => signed ? (ulong)*(sbyte*)at : *at,
        2 => signed ? (ulong)*(short*)at : *(ushort*)at,
        4 => signed ? (ulong)*(int*)at : *(uint*)at,
        _ => *(ulong*)at,
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreElement(byte* at, int bytes, ulong value)
    {
        switch (bytes)
        {
            case 1:
                *at = (byte)value;
                break;
            case 2:
                *(ushort*)at = (ushort)value;
                break;
            case 4:
                *(uint*)at = (uint)value;
                break;
            default:
                *(ulong*)at = value;
                break;
        }
    }
}
