namespace Mmrr.Tests;

/// <summary>Copies by way of page-locked buffers, on a driver without a card whose stream moves only when it must.</summary>
public unsafe class StagingRingTests
{
    private const int Largest = 1 << 10;

    [Fact]
    public void Uploads_wait_for_nothing_while_there_is_room()
    {
        var driver = new RecordedCopies();
        using var ring = new StagingRing(driver, Largest);
        float[] device = new float[4 * 100], expected = new float[device.Length];
        fixed (float* target = device)
        {
            for (int k = 0; k < 4; k++)
            {
                float[] values = Values(100, k);
                values.CopyTo(expected, 100 * k);
                ring.Upload(values, (nint)(target + (100 * k)));
                Array.Clear(values); // they may be changed at once
            }
            Assert.Equal((0, 8), (driver.Waits, driver.Pending));
            Assert.All(device, value => Assert.Equal(0, value));
            // The fifth takes the buffer of the first, and waits for its event alone.
            ring.Upload(Values(100, 0), (nint)target);
            Assert.Equal((1, 8), (driver.Waits, driver.Pending));
            driver.RunAll();
        }
        Assert.Equal(expected, device);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(Largest - 1)]
    [InlineData(Largest)]
    [InlineData(Largest + 1)]
    [InlineData((9 * Largest) + 17)]
    public void Values_of_any_size_go_there_and_back(int count)
    {
        var driver = new RecordedCopies();
        var ring = new StagingRing(driver, Largest);
        float[] values = new RandomInputs().Uniform(new Shape(count)).Values, device = new float[count], back = new float[count];
        fixed (float* memory = device)
        {
            ring.Upload(values, (nint)memory);
            ring.Download((nint)memory, back);
        }
        Assert.Equal(values, back);
        Assert.True(driver.Bytes <= 4 * sizeof(float) * Largest, $"{driver.Bytes} bytes");
        ring.Dispose();
        Assert.Equal((0, 0), (driver.Blocks, driver.Events));
    }

    [Fact]
    public void A_download_takes_what_was_enqueued_before_it_with_two_pieces_under_way_at_most()
    {
        var driver = new RecordedCopies();
        using var ring = new StagingRing(driver, Largest);
        const int Count = 3 * Largest;
        float[] device = new float[Count], back = new float[Count];
        fixed (float* memory = device)
        {
            nint address = (nint)memory;
            driver.Enqueue(() => new Span<float>((float*)address, Count).Fill(7));
            ring.Download(address, back);
        }
        Assert.All(back, value => Assert.Equal(7, value));
        // Two pieces under way at most, a copy and a record each, and the kernel.
        Assert.True(driver.MostPending <= 5, $"{driver.MostPending}");
        Assert.Equal(3, driver.Waits);
    }

    [Fact]
    public void Buffers_grow_and_stay()
    {
        var driver = new RecordedCopies();
        using var ring = new StagingRing(driver, 1 << 16);
        float[] device = new float[1 << 14];
        fixed (float* memory = device)
        {
            for (int k = 0; k < 4; k++) Round(10, (nint)memory);
            long small = driver.Bytes;
            for (int k = 0; k < 4; k++) Round(9_000, (nint)memory);
            Assert.Equal(4, driver.Blocks);
            Assert.True(driver.Bytes > small);
            long large = driver.Bytes;
            for (int k = 0; k < 9; k++) Round(k % 2 == 0 ? 10 : 9_000, (nint)memory);
            Assert.Equal((4, large), (driver.Blocks, driver.Bytes));
        }

        void Round(int count, nint memory)
        {
            ring.Upload(Values(count, 1), memory);
            driver.RunAll();
        }
    }

    [Fact]
    public void Without_memory_for_a_buffer_no_event_is_left_and_the_ring_goes_on_later()
    {
        var driver = new RecordedCopies { Exhausted = true };
        Assert.Throws<InvalidOperationException>(() => new PinnedBuffer(driver, 10));
        Assert.Equal((0, 0), (driver.Blocks, driver.Events));

        using var ring = new StagingRing(driver, Largest);
        float[] device = new float[10], back = new float[10];
        fixed (float* memory = device)
        {
            nint address = (nint)memory;
            Assert.Throws<InvalidOperationException>(() => ring.Upload(Values(10, 1), address));
            Assert.Equal(0, driver.Events);
            driver.Exhausted = false;
            ring.Upload(Values(10, 1), address);
            ring.Download(address, back);
        }
        Assert.Equal(Values(10, 1), back);
    }

    [Fact]
    public void A_buffer_waits_for_its_copy_before_it_is_freed_and_is_freed_once()
    {
        var driver = new RecordedCopies();
        float[] device = new float[10];
        fixed (float* memory = device)
        {
            var buffer = new PinnedBuffer(driver, 10);
            buffer.Values.Fill(3);
            buffer.CopyTo((nint)memory, 10);
            buffer.Dispose();
            buffer.Dispose();
            Assert.Equal((0, 0, 0), (driver.Blocks, driver.Events, driver.Pending));
            Assert.Throws<ObjectDisposedException>(() => buffer.Values.Clear());
            buffer.Wait();
        }
        Assert.All(device, value => Assert.Equal(3, value));
    }

    private static float[] Values(int count, int part) => [.. Enumerable.Range(0, count).Select(i => (1000f * part) + i)];
}
