using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Mmrr.Ptx.Machine.Execution;
using Mmrr.Ptx.Machine.Faults;

namespace Mmrr.Ptx.Machine.Access;

/// <summary>Memory of a thread's own and the kernel's parameters. Of local memory each 4 bytes of all lanes lie together, as on a card.</summary>
internal static unsafe class LocalHandlers
{
    /// <summary>A load of 4 bytes at an address that is the same for all lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Instruction* Load(Warp warp, Instruction* i)
    {
        if (i->Bytes != 4 || i->Elements != 1 || i->SizeD != 4 || !IsUniform(warp, i, out ulong address)) return General(warp, i, isStore: false);
        Check(warp, i, Warp.First(warp.Mask), address, 4);
        CheckWritten(warp, i, address, warp.Mask);
        Vector512<int>* d = Lanes.Of<int>(warp, i->D), from = (Vector512<int>*)(warp.Local + (address * Warp.Size));
        for (int n = 0; n < 2; n++) d[n] = Lanes.Merge(warp.Mask, n, from[n], d[n]);
        return i + 1;
    }

    /// <summary>A store of the same.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Instruction* Store(Warp warp, Instruction* i)
    {
        if (i->Bytes != 4 || i->Elements != 1 || i->SizeD != 4 || !IsUniform(warp, i, out ulong address)) return General(warp, i, isStore: true);
        Check(warp, i, Warp.First(warp.Mask), address, 4);
        warp.LocalWritten[address >> 2] |= warp.Mask;
        Vector512<int>* from = Lanes.Of<int>(warp, i->D), to = (Vector512<int>*)(warp.Local + (address * Warp.Size));
        for (int n = 0; n < 2; n++) to[n] = Lanes.Merge(warp.Mask, n, from[n], to[n]);
        return i + 1;
    }

    /// <summary>Any access, to the addresses of <see cref="Warp.Addresses"/>.</summary>
    public static void Access(Warp warp, Instruction* i, bool isStore)
    {
        int bytes = i->Bytes * i->Elements;
        for (uint mask = warp.Mask; mask != 0; mask &= mask - 1)
        {
            int lane = BitOperations.TrailingZeroCount(mask);
            ulong address = warp.Addresses[lane];
            Check(warp, i, lane, address, bytes);
            for (int n = 0; n < i->Elements; n++)
            {
                int register = n == 0 ? i->D : i->More[n - 1];
                ulong at = address + (ulong)(n * i->Bytes);
                if (isStore)
                {
                    Write(warp, lane, at, i->Bytes, Lanes.Read(warp, register, i->SizeD, lane));
                }
                else
                {
                    for (ulong word = at >> 2; word <= (at + i->Bytes - 1) >> 2; word++) CheckWritten(warp, i, word << 2, 1u << lane);
                    Lanes.Write(warp, register, i->SizeD, lane, Read(warp, lane, at, i->Bytes, i->Signed));
                }
            }
        }
    }

    /// <summary>A kernel's parameter: the same for all lanes.</summary>
    public static Instruction* LoadParameter(Warp warp, Instruction* i)
    {
        for (int n = 0; n < i->Elements; n++)
        {
            ulong bits = AccessHandlers.LoadElement(warp.Launch.Parameters + i->Constant + (n * i->Bytes), i->Bytes, i->Signed);
            int register = n == 0 ? i->D : i->More[n - 1];
            for (uint mask = warp.Mask; mask != 0; mask &= mask - 1) Lanes.Write(warp, register, i->SizeD, BitOperations.TrailingZeroCount(mask), bits);
        }
        return i + 1;
    }

    private static Instruction* General(Warp warp, Instruction* i, bool isStore)
    {
        AccessHandlers.Addresses(warp, i);
        Access(warp, i, isStore);
        return i + 1;
    }

    private static bool IsUniform(Warp warp, Instruction* i, out ulong address)
    {
        address = (ulong)i->Constant;
        if (i->A < 0) return true;
        if (i->SizeA != 8 || warp.Mask == 0) return false;
        var addresses = Lanes.Of<ulong>(warp, i->A);
        ulong first = ((ulong*)addresses)[Warp.First(warp.Mask)];
        address += first;
        uint same = 0;
        for (int n = 0; n < 4; n++) same |= Lanes.Gather(Vector512.Equals(addresses[n], Vector512.Create(first)), n);
        return (~same & warp.Mask) == 0;
    }

    private static void Check(Warp warp, Instruction* i, int lane, ulong address, int bytes)
    {
        if ((address & (ulong)(bytes - 1)) != 0)
        {
            throw warp.Fault(
                PtxFaultKind.Misaligned, i, lane, $"the address 0x{address:X} of an access of {bytes} bytes to local memory is no multiple of {bytes}");
        }
        int length = warp.Launch.Program.LocalBytes;
        if (length < bytes || address > (ulong)(length - bytes))
        {
            throw warp.Fault(
                PtxFaultKind.OutOfBounds, i, lane, $"accesses {bytes} bytes at {(long)address} of local memory, of which a thread has {length} bytes");
        }
        if (warp.Launch.Program.LocalGaps[address >> 2])
            throw warp.Fault(PtxFaultKind.OutOfBounds, i, lane, $"accesses {bytes} bytes at {(long)address} of local memory, between two variables");
    }

    private static void CheckWritten(Warp warp, Instruction* i, ulong address, uint lanes)
    {
        uint missing = lanes & ~warp.LocalWritten[address >> 2];
        if (missing == 0 || !warp.Launch.Memory.IsChecked) return;
        throw warp.Fault(PtxFaultKind.Unwritten, i, Warp.First(missing), $"reads byte {address} of local memory, which nothing has written");
    }

    private static ulong Read(Warp warp, int lane, ulong at, int bytes, bool signed)
    {
        if (bytes == 8) return Read(warp, lane, at, 4, false) | (Read(warp, lane, at + 4, 4, false) << 32);
        return AccessHandlers.LoadElement(Byte(warp, lane, at), bytes, signed);
    }

    private static void Write(Warp warp, int lane, ulong at, int bytes, ulong value)
    {
        if (bytes == 8)
        {
            Write(warp, lane, at, 4, value);
            Write(warp, lane, at + 4, 4, value >> 32);
            return;
        }
        warp.LocalWritten[at >> 2] |= 1u << lane;
        AccessHandlers.StoreElement(Byte(warp, lane, at), bytes, value);
    }

    private static byte* Byte(Warp warp, int lane, ulong at) => warp.Local + ((at >> 2) * 4 * Warp.Size) + (ulong)(4 * lane) + (at & 3);
}
