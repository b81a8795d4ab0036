using System.Runtime.InteropServices;
using Mmrr.Ptx.Machine;
using Mmrr.Ptx.Machine.Counting;
using Mmrr.Ptx.Machine.Execution;
using Mmrr.Ptx.Machine.Faults;
using Mmrr.Ptx.Machine.Memory;

namespace Mmrr.Tests.Machine;

/// <summary>A kernel written as PTX, with one buffer of bytes that it gets as its only parameter.</summary>
internal sealed unsafe class PtxRun : IDisposable
{
    private const string Head = """
        .version 7.8
        .target sm_80
        .address_size 64

        """;

    private readonly GlobalMemory _memory;
    private readonly byte* _buffer;

    public PtxRun(long bytes, bool isChecked = true)
    {
        _memory = new GlobalMemory(isChecked);
        Bytes = bytes;
        _buffer = (byte*)NativeMemory.AlignedAlloc((nuint)bytes + 512, 256);
        NativeMemory.Clear(_buffer, (nuint)bytes + 512);
        _memory.Add((nint)_buffer, bytes + 512);
        _memory.Open((nint)_buffer, bytes, "data");
    }

    public long Bytes { get; }

    /// <summary>Instructions that a warp may execute.</summary>
    public long MostInstructions
    {
        init => _memory.MostInstructions = value;
    }

    /// <summary>The buffer's bytes as values.</summary>
    public Span<T> Values<T>()
        where T : unmanaged => new((void*)_buffer, (int)(Bytes / sizeof(T)));

    public PtxRun Written()
    {
        _memory.MarkWritten((nint)_buffer, Bytes);
        return this;
    }

    /// <summary>Runs instructions; <c>%rd0</c> is the buffer's address, <c>%r0</c> the thread in its block, and the usual registers are declared.</summary>
    public PtxRun Run(string body, int threads = 32, int blocks = 1, KernelCounts? counts = null) => RunText(Entry(body), threads, blocks, counts);

    /// <summary>The text of a kernel with this body.</summary>
    public static string Entry(string body) => $$"""
        {{Head}}
        .visible .entry kernel(.param .b64 data)
        {
        .reg .pred %p<16>; .reg .b32 %r<64>; .reg .b64 %rd<32>; .reg .f32 %f<64>; .reg .f64 %fd<16>; .reg .b16 %rs<8>;
        ld.param.b64 %rd0, [data];
        mov.b32 %r0, %tid.x;
        {{body}}
        ret;
        }
        """;

    public PtxRun RunText(string text, int threads = 32, int blocks = 1, KernelCounts? counts = null)
    {
        using var kernel = new PtxKernel(text.StartsWith(".version", StringComparison.Ordinal) ? text : Head + text, _memory);
        long address = (long)_buffer;
        kernel.Launch(new PtxGrid(blocks, ThreadsX: threads), MemoryMarshal.AsBytes(new ReadOnlySpan<long>(in address)), counts);
        return this;
    }

    /// <summary>Runs instructions that are at fault, and returns what is said.</summary>
    public PtxFaultException Fault(string body, int threads = 32, int blocks = 1) => Assert.Throws<PtxFaultException>(() => Run(body, threads, blocks));

    public void Dispose()
    {
        _memory.Dispose();
        NativeMemory.AlignedFree(_buffer);
    }
}
