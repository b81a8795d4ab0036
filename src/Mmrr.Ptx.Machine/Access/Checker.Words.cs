using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Mmrr.Ptx.Machine.Execution;
using Mmrr.Ptx.Machine.Memory;

namespace Mmrr.Ptx.Machine.Access;

/// <content>
/// The same for all lanes of a mask that access words, of regions whose places are words. What needs no more than renewed stamps is done here, on vectors
/// where a lane has four; the first lane whose access may be wrong and those after it go one by one.
/// </content>
internal unsafe ref partial struct Checker
{
    private const uint HalfOfTheLanes = 0xFFFF;

    /// <summary>Reads places by each lane: those at <see cref="Warp.Addresses"/>, of which <paramref name="begin"/> is the region's first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void ReadWords(uint mask, ulong begin, int places)
    {
        if (places == 4) mask = ReadQuads(Distinct(mask), begin);
        else if (places == 1) mask = ReadSingles(mask, begin);
        for (; mask != 0; mask &= mask - 1)
        {
            int lane = BitOperations.TrailingZeroCount(mask);
            Read((long)(_warp.Addresses[lane] - begin) >> 2, places, lane);
        }
    }

    /// <summary>Writes places by each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void WriteWords(uint mask, ulong begin, int places)
    {
        if (places == 4) mask = WriteQuads(mask, begin);
        else if (places == 1) mask = WriteSingles(mask, begin);
        for (; mask != 0; mask &= mask - 1)
        {
            int lane = BitOperations.TrailingZeroCount(mask);
            Write((long)(_warp.Addresses[lane] - begin) >> 2, places, lane);
        }
    }

    /// <summary>Reads a place by each of 32 lanes: the first, and the one after its neighbour's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void ReadInRow(long place)
    {
        Vector512<ulong> born = Vector512.Create(_born), launch = Vector512.Create(_launch);
        var steps = Vector512.Create(0UL, 1, 2, 3, 4, 5, 6, 7);
        for (int lane = 0; lane < Warp.Size; lane += 8)
        {
            Vector512<ulong> writers = Vector512.Load(_writers + place + lane), readers = Vector512.Load(_readers + place + lane);
            bool isQuiet = Vector512.GreaterThanOrEqualAll(writers, born) && Vector512.LessThanAll(writers, launch) && Vector512.LessThanAll(readers, launch);
            if (isQuiet) Vector512.Store(Vector512.Create(Now(lane)) + steps, _readers + place + lane);
            else for (int n = lane; n < lane + 8; n++) Read(place + n, 1, n);
        }
    }

    // Two lanes that read the same are several already: a third changes nothing. In a matrix product all quarters of a warp often read the same.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly uint Distinct(uint mask)
    {
        var quarters = (Vector512<ulong>*)_warp.Addresses;
        bool areSame = mask == uint.MaxValue && Vector512.EqualsAll(quarters[0], quarters[1]) && Vector512.EqualsAll(quarters[0], quarters[2])
            && Vector512.EqualsAll(quarters[0], quarters[3]);
        return areSame ? HalfOfTheLanes : mask;
    }

    // Returns the lanes that are left.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly uint ReadQuads(uint mask, ulong begin)
    {
        Vector256<ulong> born = Vector256.Create(_born), launch = Vector256.Create(_launch), block = Vector256.Create(_block),
            interval = Vector256.Create(_blockBarrier - _block), lanes = Vector256.Create(_nowLanes), warps = Vector256.Create(_nowWarps),
            ordered = Vector256.Create(_warpBarrier), blocks = Vector256.Create(Stamp.Blocks), thread = Vector256.Create(Stamp.Several | Stamp.Threads),
            ofWarp = Vector256.Create(Stamp.Blocks | (Stamp.Threads & ~(ulong)(Warp.Size - 1)));
        ulong* addresses = _warp.Addresses, ofWriters = _writers, ofReaders = _readers;
        ulong first = Now(0), before = ulong.MaxValue;
        bool isAgain = false;
        for (; mask != 0; mask &= mask - 1)
        {
            int lane = BitOperations.TrailingZeroCount(mask);
            ulong address = addresses[lane];
            bool isSame = address == before;
            if (isSame & isAgain) continue;
            (before, isAgain) = (address, isSame);
            long place = (long)(address - begin) >> 2;
            Vector256<ulong> writers = Vector256.Load(ofWriters + place), readers = Vector256.Load(ofReaders + place),
                now = Vector256.Create(first + (uint)lane);
            var isGood = AreOrdered(writers, launch, block, interval) & Vector256.GreaterThanOrEqual(writers, born);
            if (!Vector256.EqualsAll(isGood, Vector256<ulong>.AllBitsSet)) break;
            // As Readers, from its last line to its first.
            var marks = Vector256.ConditionalSelect(Vector256.LessThan(readers, ordered), now, lanes);
            marks = Vector256.ConditionalSelect(Vector256.Equals((readers ^ now) & ofWarp, Vector256<ulong>.Zero), marks, warps);
            marks = Vector256.ConditionalSelect(Vector256.Equals((readers ^ now) & thread, Vector256<ulong>.Zero), now, marks);
            marks = Vector256.ConditionalSelect(Vector256.LessThan(readers, block), now | blocks, marks);
            marks = Vector256.ConditionalSelect(Vector256.Equals(readers & Vector256.Create(Stamp.Several), blocks), readers, marks);
            Vector256.Store(Vector256.ConditionalSelect(AreOrdered(readers, launch, block, interval), now, marks), ofReaders + place);
        }
        return mask;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly uint WriteQuads(uint mask, ulong begin)
    {
        Vector256<ulong> launch = Vector256.Create(_launch), block = Vector256.Create(_block), interval = Vector256.Create(_blockBarrier - _block);
        for (; mask != 0; mask &= mask - 1)
        {
            int lane = BitOperations.TrailingZeroCount(mask);
            long place = (long)(_warp.Addresses[lane] - begin) >> 2;
            Vector256<ulong> writers = Vector256.Load(_writers + place), readers = Vector256.Load(_readers + place);
            var isGood = AreOrdered(writers, launch, block, interval) & AreOrdered(readers, launch, block, interval);
            if (!Vector256.EqualsAll(isGood, Vector256<ulong>.AllBitsSet)) break;
            Vector256.Store(Vector256.Create(Now(lane)), _writers + place);
        }
        return mask;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly uint ReadSingles(uint mask, ulong begin)
    {
        for (; mask != 0; mask &= mask - 1)
        {
            int lane = BitOperations.TrailingZeroCount(mask);
            long place = (long)(_warp.Addresses[lane] - begin) >> 2;
            ulong writer = _writers[place], reader = _readers[place];
            if (writer < _born || !IsOrdered(writer)) break;
            if (IsOrdered(reader)) _readers[place] = Now(lane);
            else if (reader != _nowLanes && reader != _nowWarps) _readers[place] = Readers(reader, Now(lane));
        }
        return mask;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly uint WriteSingles(uint mask, ulong begin)
    {
        for (; mask != 0; mask &= mask - 1)
        {
            int lane = BitOperations.TrailingZeroCount(mask);
            long place = (long)(_warp.Addresses[lane] - begin) >> 2;
            if (!IsOrdered(_writers[place]) || !IsOrdered(_readers[place])) break;
            _writers[place] = Now(lane);
        }
        return mask;
    }

    // As IsOrdered.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> AreOrdered(Vector256<ulong> stamps, Vector256<ulong> launch, Vector256<ulong> block, Vector256<ulong> interval)
    {
        var ofBlocks = Vector256.Equals(stamps & Vector256.Create(Stamp.Several), Vector256.Create(Stamp.Blocks));
        return Vector256.LessThan(stamps, launch) | Vector256.AndNot(Vector256.LessThan(stamps - block, interval), ofBlocks);
    }
}
