namespace Mmrr.Kernels;

public static unsafe partial class ChannelConcat
{
    /// <summary>Copies the parts into the whole or back, in blocks of pixels, so that the whole stays in cache for all parts.</summary>
    private static void EnqueueCopies(string operation, Tensor whole, IReadOnlyList<Tensor?> parts, bool intoWhole, int skipped = 0)
    {
        const int PixelBlock = 64;
        float* joined = whole.Pointer;
        int channels = whole.Shape[3], pixels = whole.Count / channels;
        var sources = new (nint Pointer, int Channels)[parts.Count];
        for (int k = 0; k < sources.Length; k++) sources[k] = parts[k] is { } part ? ((nint)part.Pointer, part.Shape[3]) : (0, skipped);
        whole.Device.Enqueue(operation, worker =>
        {
            var (begin, end) = worker.Share(pixels, PixelBlock);
            for (int block = begin; block < end; block += PixelBlock)
            {
                int count = Math.Min(PixelBlock, end - block);
                float* wide = joined + ((long)block * channels);
                foreach (var (pointer, width) in sources)
                {
                    float* narrow = (float*)pointer + ((long)block * width);
                    for (int pixel = 0; pointer != 0 && pixel < count; pixel++)
                    {
                        float* inPart = narrow + (pixel * width), inWhole = wide + (pixel * channels);
                        if (intoWhole) Lanes.Copy(inPart, inWhole, width);
                        else Lanes.Copy(inWhole, inPart, width);
                    }
                    wide += width;
                }
            }
        });
    }
}
