using System.Text;
using Mmrr.Nn.Checkpoints;
using Xunit;

namespace Mmrr.Nn.Tests.Checkpoints;

/// <summary>Files that break one rule of the format each, and files with random damage.</summary>
public sealed class SafeTensorsTamperingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("safetensors").FullName;

    private string FilePath => Path.Combine(_folder, "tampered.safetensors");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // The header, the bytes of data after it and a part of the expected message.
    public static TheoryData<string, int, string> BadHeaders => new()
    {
        { "", 0, "not valid JSON" },
        { "{", 0, "not valid JSON" },
        { "{}x", 0, "not valid JSON" },
        { "[]", 0, "expected an object" },
        { "null", 0, "expected an object" },
        { new string('[', 5000), 0, "not valid JSON" },
        { """{"a":[[[[[[[[1]]]]]]]]}""", 0, "depth" },
        { """{"a":1}""", 0, "tensor 'a' is described by a JSON Number" },
        { """{"__metadata__":[]}""", 0, "expected an object" },
        { """{"__metadata__":{"k":1}}""", 0, "expected a string" },
        { """{"__metadata__":{"k":null}}""", 0, "expected a string" },
        { """{"__metadata__":{"k":"1","k":"2"}}""", 0, "not valid JSON" },
        { """{"__metadata__":{"k":"\ud800"}}""", 0, "not valid JSON" },
        { """{"\ud800":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "not valid JSON" },
        { Entry("w", "F32", "[1]", "[0,4]", "w", "[4,8]"), 8, "not valid JSON" },
        { Entry("w", "F32", "[1]", "[0,4]", @"\u0077", "[4,8]"), 8, "not valid JSON" },
        { """{"w":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "not valid JSON" },
        { """{"w":{"shape":[1],"data_offsets":[0,4]}}""", 4, "has no dtype" },
        { """{"w":{"dtype":"F32","data_offsets":[0,4]}}""", 4, "has no shape" },
        { """{"w":{"dtype":"F32","shape":[1]}}""", 4, "has no data_offsets" },
        { """{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}""", 4, "unknown key 'x'" },
        { """{"w":{"dtype":32,"shape":[1],"data_offsets":[0,4]}}""", 4, "expected String" },
        { Entry("w", "f32", "[1]", "[0,4]"), 4, "unknown dtype 'f32'" },
        { Entry("w", "F32", "1", "[0,4]"), 4, "expected Array" },
        { Entry("w", "F32", "[-1]", "[0,4]"), 4, "dimension '-1'" },
        { Entry("w", "F32", "[1.0]", "[0,4]"), 4, "dimension '1.0'" },
        { Entry("w", "F32", "[1e0]", "[0,4]"), 4, "dimension '1e0'" },
        { Entry("w", "F32", "[\"1\"]", "[0,4]"), 4, "dimension" },
        { Entry("w", "F32", "[2147483648]", "[0,4]"), 4, "dimension '2147483648'" },
        { Entry("w", "F32", "[99999999999999999999999]", "[0,4]"), 4, "dimension" },
        { Entry("w", "F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4, "at most 8" },
        { Entry("w", "F32", "[2147483647,2147483647,2147483647]", "[0,4]"), 4, "overflows" },
        { Entry("w", "F32", "[65536,65536,65536,65536]", "[0,0]"), 0, "overflows" },
        { Entry("w", "F32", "[1]", "[0,8]"), 8, "F32 of shape [1] takes 4" },
        { Entry("w", "F32", "[3]", "[0,8]"), 8, "F32 of shape [3] takes 12" },
        { Entry("w", "F4", "[3]", "[0,1]"), 1, "takes 1.5" },
        { Entry("w", "F32", "[1]", "[0]"), 4, "expected 2" },
        { Entry("w", "F32", "[1]", "[0,4,8]"), 4, "expected 2" },
        { Entry("w", "F32", "[1]", "[4,0]"), 4, "before its start" },
        { Entry("w", "F32", "[1]", "[-4,0]"), 4, "data offset '-4'" },
        { Entry("w", "F32", "[1]", "[0.5,4.5]"), 4, "data offset '0.5'" },
        { Entry("w", "F32", "[1]", "[9223372036854775807,9223372036854775811]"), 4, "data offset" },
        { Entry("w", "F32", "[1]", "[4,8]"), 8, "starts at data byte 4, expected 0" },
        { Entry("w", "F32", "[1]", "[0,4]", "v", "[8,12]"), 12, "'v' starts at data byte 8, expected 4" },
        { Entry("w", "F32", "[1]", "[0,4]", "v", "[2,6]"), 6, "'v' starts at data byte 2, expected 4" },
        { Entry("w", "F32", "[1]", "[0,4]", "v", "[0,4]"), 4, "expected 4" },
        { Entry("w", "F32", "[1]", "[0,4]"), 3, "take 4 bytes of data, but the file holds 3" },
        { Entry("w", "F32", "[1]", "[0,4]"), 5, "take 4 bytes of data, but the file holds 5" },
        { "{}", 1, "take 0 bytes of data, but the file holds 1" },
        { Entry(@"line\nbreak", "F32", "[1]", "[4,8]"), 8, "'line break'" },
    };

    [Theory]
    [MemberData(nameof(BadHeaders))]
    public void ABadHeaderIsRefusedWithOneLine(string json, int dataBytes, string part)
    {
        WriteRaw(Encoding.UTF8.GetBytes(json), dataBytes);
        AssertRefused(part);
    }

    [Fact]
    public void InvalidUtf8IsRefused()
    {
        byte[] json = Encoding.UTF8.GetBytes("""{"__metadata__":{"k":"?"}}""");
        json[Array.IndexOf(json, (byte)'?')] = 0xFF;
        WriteRaw(json, 0);
        AssertRefused("not valid UTF-8");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void AFileTooShortForTheLengthIsRefused(int bytes)
    {
        File.WriteAllBytes(FilePath, new byte[bytes]);
        AssertRefused("too short");
    }

    [Theory]
    [InlineData(100_000_001UL, "over the limit")]
    [InlineData(ulong.MaxValue, "over the limit")]
    [InlineData(0x8000_0000_0000_0000UL, "over the limit")]
    [InlineData(100_000_000UL, "past the end")]
    [InlineData(3UL, "past the end")]
    public void AHeaderLengthThatDoesNotFitIsRefused(ulong length, string part)
    {
        File.WriteAllBytes(FilePath, [.. BitConverter.GetBytes(length), (byte)'{', (byte)'}']);
        AssertRefused(part);
    }

    [Theory]
    [InlineData("F16", "[0,8]")]
    [InlineData("BF16", "[0,8]")]
    [InlineData("F64", "[0,32]")]
    [InlineData("I32", "[0,16]")]
    [InlineData("BOOL", "[0,4]")]
    [InlineData("F4", "[0,2]")]
    public void OtherDtypesOpenButTheirValuesAreNotRead(string dtype, string offsets)
    {
        WriteRaw(Encoding.UTF8.GetBytes(Entry("w", dtype, "[4]", offsets)), int.Parse(offsets[3..^1], null));
        using SafeTensorsFile file = SafeTensorsFile.Open(FilePath);
        Assert.Equal(dtype, file.Entries[0].Dtype);
        InvalidDataException error = Assert.Throws<InvalidDataException>(file.ReadAll);
        Assert.Equal($"{FilePath}: tensor 'w' has dtype {dtype}, only F32 is supported", error.Message);
    }

    [Fact]
    public void TensorsMayBeListedInAnyOrder()
    {
        WriteRaw(Encoding.UTF8.GetBytes(Entry("w", "F32", "[1]", "[4,8]", "v", "[0,4]")), 8);
        using SafeTensorsFile file = SafeTensorsFile.Open(FilePath);
        Assert.Equal(["v", "w"], file.Entries.Select(entry => entry.Name));
    }

    [Fact]
    public void RandomDamageEitherLoadsOrIsRefused()
    {
        int seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        Random random = new(seed);
        SafeTensorsFile.Write(FilePath, new Dictionary<string, string> { ["epoch"] = "3" },
            [("conv.weight", [2, 3], [1f, 2f, 3f, 4f, 5f, 6f]), ("conv.bias", [2], [7f, 8f]), ("scale", [], [9f])]);
        byte[] good = File.ReadAllBytes(FilePath);

        for (int round = 0; round < 3000; round++)
        {
            byte[] bytes = [.. good];
            for (int flips = random.Next(1, 4); flips > 0; flips--)
                bytes[random.Next(bytes.Length)] = (byte)(random.Next(2) == 0 ? random.Next(256) : "{}[]\",:0-9e\\"[random.Next(12)]);
            if (random.Next(4) == 0)
                bytes = bytes[..random.Next(bytes.Length)];
            File.WriteAllBytes(FilePath, bytes);
            try
            {
                using SafeTensorsFile file = SafeTensorsFile.Open(FilePath);
                file.ReadAll();
            }
            catch (InvalidDataException error)
            {
                Assert.StartsWith(FilePath, error.Message, StringComparison.Ordinal);
                Assert.DoesNotContain('\n', error.Message);
            }
            catch (Exception error)
            {
                Assert.Fail($"seed {seed}, round {round}: {error}");
            }
        }
    }

    private static string Entry(string name, string dtype, string shape, string offsets) =>
        $$$"""{"{{{name}}}":{"dtype":"{{{dtype}}}","shape":{{{shape}}},"data_offsets":{{{offsets}}}}}""";

    private static string Entry(string name, string dtype, string shape, string offsets, string secondName, string secondOffsets) =>
        Entry(name, dtype, shape, offsets)[..^1] + "," + Entry(secondName, dtype, shape, secondOffsets)[1..];

    private void WriteRaw(byte[] header, int dataBytes) =>
        File.WriteAllBytes(FilePath, [.. BitConverter.GetBytes((ulong)header.Length), .. header, .. new byte[dataBytes]]);

    private void AssertRefused(string part)
    {
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => SafeTensorsFile.Open(FilePath));
        Assert.StartsWith(FilePath + ": ", error.Message, StringComparison.Ordinal);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        // The refused file must not stay open.
        File.Delete(FilePath);
    }
}
