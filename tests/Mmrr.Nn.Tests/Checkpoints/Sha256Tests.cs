using System.Security.Cryptography;
using System.Text;
using Mmrr.Nn.Checkpoints;
using Xunit;

namespace Mmrr.Nn.Tests.Checkpoints;

public sealed class Sha256Tests
{
    [Theory]
    [InlineData("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")]
    public void TheStandardsExamples(string text, string hash) => Assert.Equal(hash, Convert.ToHexStringLower(Sha256.HashData(Encoding.ASCII.GetBytes(text))));

    [Fact]
    public void ItIsTheClassLibrarysForEveryLengthAndHoweverTheBytesComeIn()
    {
        var random = new Random(4);
        for (int length = 0; length < 300; length++)
        {
            byte[] bytes = new byte[length];
            random.NextBytes(bytes);
            byte[] expected = SHA256.HashData(bytes);
            Assert.Equal(expected, Sha256.HashData(bytes));
            Assert.Equal(expected, Sha256.HashData(new MemoryStream(bytes)));
            var pieces = new Sha256();
            for (int at = 0; at < length;)
            {
                int count = Math.Min(random.Next(100), length - at);
                pieces.Append(bytes.AsSpan(at, count));
                at += count;
            }
            Assert.Equal(expected, pieces.Finish());
        }
    }

    [Fact]
    public void ALongStreamComesInPieces()
    {
        byte[] bytes = new byte[300_001];
        new Random(5).NextBytes(bytes);
        Assert.Equal(SHA256.HashData(bytes), Sha256.HashData(new MemoryStream(bytes)));
    }

    [Fact]
    public void NothingHereNeedsOpenSsl() => Assert.DoesNotContain(
        typeof(Sha256).Assembly.GetReferencedAssemblies(), name => name.Name!.Contains("Cryptography", StringComparison.Ordinal));
}
