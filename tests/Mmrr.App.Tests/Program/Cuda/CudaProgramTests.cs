using System.Buffers.Binary;
using System.Globalization;
using Mmrr.App.Tests.Data;
using Xunit;

namespace Mmrr.App.Tests.Program.Cuda;

/// <summary>
/// What the program asks of NVIDIA's driver, on a driver without a card that writes it down: kernels compile as on a card and are launched, but do not run.
/// </summary>
public sealed class CudaProgramTests : IDisposable
{
    private const int MostBlocksInY = 65535;
    private static readonly string[] s_step =
        ["bench", "step", "--width", "16", "--size", "8", "--levels", "2", "--batch", "2", "--steps", "3", "--device", "cuda"];

    private readonly RecordedDriver _driver = new();
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
        _driver.Dispose();
    }

    [Theory]
    [InlineData("float32")]
    [InlineData("tf32")]
    public void EveryLaunchIsWhatItsKernelTakes(string precision)
    {
        _driver.Run([], [.. s_step, "--precision", precision]).Ends(0);
        Assert.DoesNotContain(_driver.Calls(), call => call[0] == "NOCONTEXT");
        var kernels = _driver.Kernels();
        string[][] launches = [.. _driver.Calls().Where(call => call[0] == "LAUNCH")];
        Assert.Equal(precision == "tf32", launches.Any(call => kernels[call[1]].Name.Contains("Tf32", StringComparison.Ordinal)));
        foreach (string[] launch in launches)
        {
            var kernel = kernels[launch[1]];
            long[] sizes = [.. launch[2..9].Select(word => long.Parse(word, CultureInfo.InvariantCulture))];
            Assert.True(
                sizes[..6].All(size => size >= 1) && sizes[1] <= MostBlocksInY && sizes[2] <= MostBlocksInY,
                $"{kernel.Name}: grid {string.Join(',', sizes[..3])}");
            Assert.True(sizes[3] * sizes[4] * sizes[5] <= kernel.MostThreads, $"{kernel.Name}: {sizes[3]} threads a block, .maxntid {kernel.MostThreads}");
            Assert.Equal(0, sizes[6]); // dynamic shared memory
            Assert.Equal("0", launch[9]); // the default stream
            Assert.Equal(kernel.ParameterBytes, launch[11].Length / 2);
        }
    }

    [Fact]
    public void AStepWaitsForNothingButItsLossAndAllocatesNothing()
    {
        _driver.Run([], s_step).Ends(0);
        // The program waits for the whole card before each step, and then for the step's loss.
        List<List<string>> steps = [[]];
        foreach (string[] call in _driver.Calls())
        {
            if (call is ["SYNC", "context"]) steps.Add([]);
            else steps[^1].Add(call[0]);
        }
        // Of the five steps of a phase the first makes what the others use again, and the next phase's preparations follow on the last.
        int settled = steps.Count(calls => calls.Count(call => call == "LAUNCH") > 50
            && calls.Count(call => call is "SYNC" or "COPY" or "ALLOC" or "MODULE") == 2
            && calls.Contains("SYNC"));
        Assert.True(settled >= 6, $"{settled} steps copied their loss and waited for it, and nothing else");
    }

    [Fact]
    public void TheOptimizersTableHasAddressesOfDeviceMemory()
    {
        _driver.Run([], s_step).Ends(0);
        var kernels = _driver.Kernels();
        var memory = new SortedDictionary<long, long>();
        var copied = new Dictionary<long, byte[]>();
        int updates = 0;
        foreach (string[] call in _driver.Calls())
        {
            if (call[0] == "ALLOC") memory[Hex(call[1])] = long.Parse(call[2], CultureInfo.InvariantCulture);
            else if (call[0] == "FREE") memory.Remove(Hex(call[1]));
            else if (call[0] == "COPY") copied[Hex(call[1])] = Convert.FromHexString(call[5]);
            if (call[0] != "LAUNCH" || !kernels[call[1]].Name.Contains("UpdateKernel", StringComparison.Ordinal)) continue;
            updates++;
            byte[] arguments = Convert.FromHexString(call[11]);
            long table = Long(arguments, 0), pieces = Long(arguments, 8);
            Assert.Equal(pieces.ToString(CultureInfo.InvariantCulture), call[2]); // a block for each
            Assert.Equal(0, Long(arguments, 16)); // all memory, from address 0
            for (int piece = 0; piece < pieces; piece++)
            {
                var row = copied[table].AsSpan(40 * piece, 40);
                int count = BinaryPrimitives.ReadInt32LittleEndian(row[32..]);
                Assert.InRange(count, 1, 16384);
                for (int i = 0; i < 4; i++)
                {
                    long address = BinaryPrimitives.ReadInt64LittleEndian(row[(8 * i)..]);
                    Assert.Equal(0, address % 16);
                    Assert.Contains(memory, block => block.Key <= address && address + (4L * count) <= block.Key + block.Value);
                }
            }
        }
        Assert.True(updates >= 10, $"{updates} updates");

        static long Hex(string text) => long.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        static long Long(byte[] bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at));
    }

    [Fact]
    public void ARunIsTrainedWithoutAThreadThatHasNoContext()
    {
        // The batches come from other threads, the scores from several.
        _driver.Run(
            [], "train", "--data", "mnist", "--root", SmallData.Mnist(_folder), "--normal", "1", "--preset", "tiny", "--epochs", "1",
            "--device", "cuda", "--out", _folder["run"]).Ends(0);
        Assert.DoesNotContain(_driver.Calls(), call => call[0] == "NOCONTEXT");
    }

    [Fact]
    public void MemoryThatRunsOutInTrainingLosesNoCheckpoint()
    {
        string run = _folder["run"], state = Path.Combine(run, "training.safetensors");
        // Another program takes the card's memory when the first phase is over; the second asks for more.
        var outcome = _driver.Run(
            new() { ["MMRR_FAKE_CUDA_TAKEN"] = Path.Combine(run, "restoration.safetensors") },
            "train", "--data", "mnist", "--root", SmallData.Mnist(_folder), "--normal", "1", "--preset", "tiny", "--epochs", "1",
            "--device", "cuda", "--out", run).Ends(2);
        string line = Assert.Single(outcome.ErrorLines);
        Assert.Matches("out of memory: .* requested, .* in use, .* in total", line);
        Assert.Contains("a smaller --batch needs less (the saved state is complete, of step ", line, StringComparison.Ordinal);
        Assert.True(new FileInfo(state).Length > 0);
        Assert.DoesNotContain(Directory.GetFiles(run), file => file.EndsWith(".tmp", StringComparison.Ordinal));

        // With the memory free again it goes on to the end.
        _driver.Run([], "train", "--resume", run).Ends(0);
        Assert.False(File.Exists(state));
        Assert.True(File.Exists(Path.Combine(run, "refinement.safetensors")));
    }

    [Theory]
    [InlineData("MMRR_FAKE_CUDA_VERSION", "10020", "the NVIDIA driver is too old: it runs CUDA 10.2")]
    [InlineData("MMRR_FAKE_CUDA_BYTES", "20000000", "would fit")]
    [InlineData("MMRR_FAKE_CUDA_BYTES", "2000000", "memory")]
    public void ADriverOrACardThatWillNotDoIsRefused(string name, string value, params string[] words) => _driver.Run(
        new() { [name] = value },
        "train", "--data", "mnist", "--root", SmallData.Mnist(_folder), "--normal", "1", "--preset", "tiny", "--batch", "18", "--epochs", "1",
        "--device", "cuda", "--out", _folder["run"]).Refuses(words);
}
