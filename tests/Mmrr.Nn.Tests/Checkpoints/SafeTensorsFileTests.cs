using System.Text;
using Mmrr.Nn.Checkpoints;
using Xunit;

namespace Mmrr.Nn.Tests.Checkpoints;

public sealed class SafeTensorsFileTests : IDisposable
{
    private static readonly Dictionary<string, string> NoMetadata = [];

    private readonly string _folder = Directory.CreateTempSubdirectory("safetensors").FullName;

    private string FilePath => Path.Combine(_folder, "model.safetensors");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void RoundTripKeepsNamesShapesValuesAndMetadata()
    {
        float[] large = [.. Enumerable.Range(0, 100_003).Select(i => MathF.Sin(i) * i)];
        float[] corners = [0f, -0f, float.Epsilon, -float.MaxValue, 1f / 3, float.MaxValue];
        Dictionary<string, string> metadata = new() { ["epoch"] = "12", ["note"] = "line\nbreak, \"quotes\", μ=0.25" };
        SafeTensorsFile.Write(FilePath, metadata,
            [("z.weight", [100_003], large), ("scalar", [], [7f]), ("empty", [3, 0], []), ("a/ключ", [1, 2, 3], corners)]);

        using SafeTensorsFile file = SafeTensorsFile.Open(FilePath);
        Assert.Equal(["z.weight", "scalar", "empty", "a/ключ"], file.Entries.Select(entry => entry.Name));
        Assert.Equal([1, 2, 3], file.Entries[3].Shape);
        Assert.Empty(file.Entries[1].Shape);
        Assert.All(file.Entries, entry => Assert.Equal("F32", entry.Dtype));
        Assert.Equal(metadata, file.Metadata);
        Dictionary<string, float[]> values = file.ReadAll();
        Assert.Equal(large, values["z.weight"]);
        Assert.Equal([7f], values["scalar"]);
        Assert.Empty(values["empty"]);
        Assert.Equal(corners.Select(BitConverter.SingleToInt32Bits), values["a/ключ"].Select(BitConverter.SingleToInt32Bits));
        Assert.Equal(corners, file.Read("a/ключ"));
    }

    [Fact]
    public void TheBytesAreThoseOfTheFormat()
    {
        SafeTensorsFile.Write(FilePath, new Dictionary<string, string> { ["b"] = "2", ["a"] = "1" }, [("w", [2], [1f, -2f])]);

        string json = """{"__metadata__":{"a":"1","b":"2"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""";
        json = json.PadRight((json.Length + 7) / 8 * 8);
        byte[] expected = [.. BitConverter.GetBytes((ulong)json.Length), .. Encoding.UTF8.GetBytes(json), 0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0];
        Assert.Equal(expected, File.ReadAllBytes(FilePath));
    }

    [Fact]
    public void TheSameInputGivesTheSameBytesWhateverTheMetadataOrder()
    {
        (string, int[], float[])[] tensors = [("b", [3], [1f, 2f, 3f]), ("a", [], [4f])];
        SafeTensorsFile.Write(FilePath, new Dictionary<string, string> { ["x"] = "1", ["y"] = "2" }, tensors);
        byte[] first = File.ReadAllBytes(FilePath);
        SafeTensorsFile.Write(FilePath, new Dictionary<string, string> { ["y"] = "2", ["x"] = "1" }, tensors);
        Assert.Equal(first, File.ReadAllBytes(FilePath));
        Assert.Equal(0L, BitConverter.ToInt64(first) % 8);
    }

    [Fact]
    public void AFileWithoutTensorsIsReadBack()
    {
        SafeTensorsFile.Write(FilePath, NoMetadata, []);
        using SafeTensorsFile file = SafeTensorsFile.Open(FilePath);
        Assert.Empty(file.Entries);
        Assert.Empty(file.Metadata);
    }

    [Fact]
    public void AMissingTensorIsNamed()
    {
        SafeTensorsFile.Write(FilePath, NoMetadata, [("w", [1], [1f])]);
        using SafeTensorsFile file = SafeTensorsFile.Open(FilePath);
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => file.Read("bias"));
        Assert.Contains(FilePath, error.Message, StringComparison.Ordinal);
        Assert.Contains("'bias' is missing", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void NonFiniteValuesAreRefusedOnReading(float bad)
    {
        SafeTensorsFile.Write(FilePath, NoMetadata, [("good", [1], [1f]), ("bad", [2], [1f, 2f])]);
        byte[] bytes = File.ReadAllBytes(FilePath);
        BitConverter.GetBytes(bad).CopyTo(bytes, bytes.Length - 4);
        File.WriteAllBytes(FilePath, bytes);

        using SafeTensorsFile file = SafeTensorsFile.Open(FilePath);
        Assert.Equal([1f], file.Read("good"));
        InvalidDataException error = Assert.Throws<InvalidDataException>(file.ReadAll);
        Assert.Contains($"{FilePath}: tensor 'bad'", error.Message, StringComparison.Ordinal);
        Assert.Contains("element 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFileCutAfterOpeningIsRefused()
    {
        if (OperatingSystem.IsWindows())
            Assert.Skip("Windows does not let a file be cut while it is open for reading.");
        SafeTensorsFile.Write(FilePath, NoMetadata, [("w", [2], [1f, 2f])]);
        using SafeTensorsFile file = SafeTensorsFile.Open(FilePath);
        File.WriteAllBytes(FilePath, File.ReadAllBytes(FilePath)[..^4]);
        Assert.Throws<InvalidDataException>(() => file.Read("w"));
    }

    [Fact]
    public void AFailedWriteKeepsTheOldFileAndLeavesNothingBeside()
    {
        SafeTensorsFile.Write(FilePath, NoMetadata, [("w", [1], [1f])]);
        byte[] old = File.ReadAllBytes(FilePath);

        Assert.Throws<TimeoutException>(() => SafeTensorsFile.Write(FilePath, NoMetadata, Failing()));
        // Refused only after half of the data is in the temporary file.
        Assert.Throws<ArgumentException>(() => SafeTensorsFile.Write(FilePath, NoMetadata,
            [("w", [100_000], new float[100_000]), ("v", [1], [float.NaN])]));

        Assert.Equal(old, File.ReadAllBytes(FilePath));
        Assert.Equal([FilePath], Directory.GetFileSystemEntries(_folder));

        static IEnumerable<(string, int[], float[])> Failing()
        {
            yield return ("w", [1], [2f]);
            throw new TimeoutException();
        }
    }

    [Fact]
    public void AFileReplacedWhileOpenIsReadAsItWas()
    {
        if (OperatingSystem.IsWindows())
            Assert.Skip("Windows does not let an open file be replaced.");
        SafeTensorsFile.Write(FilePath, NoMetadata, [("w", [1], [1f])]);
        using SafeTensorsFile file = SafeTensorsFile.Open(FilePath);
        SafeTensorsFile.Write(FilePath, NoMetadata, [("w", [1], [2f])]);
        Assert.Equal([1f], file.Read("w"));
    }

    public static TheoryData<string, int[], int> RefusedShapes => new()
    {
        { "w", [2, 3], 5 },
        { "w", [1, 1, 1, 1, 1, 1, 1, 1, 1], 1 },
        { "w", [-1], 1 },
        { "w", [int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue], 1 },
        { "__metadata__", [1], 1 },
        { "first", [1], 1 },
    };

    [Theory]
    [MemberData(nameof(RefusedShapes))]
    public void TensorsThatCouldNotBeReadBackAreNotWritten(string name, int[] shape, int count)
    {
        Assert.ThrowsAny<ArgumentException>(() =>
            SafeTensorsFile.Write(FilePath, NoMetadata, [("first", [], [0f]), (name, shape, new float[count])]));
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }
}
