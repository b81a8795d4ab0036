using Mmrr.Nn.Checkpoints;
using Xunit;

namespace Mmrr.Nn.Tests.Checkpoints;

public sealed class AtomicFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("atomic").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void AFileIsCreatedAndReplaced()
    {
        string path = Path.Combine(_folder, "file.bin");
        AtomicFile.Write(path, stream => stream.Write([1, 2, 3]));
        AtomicFile.Write(path, stream => stream.Write([4]));
        Assert.Equal([4], File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void AFailureHalfwayKeepsTheOldFile()
    {
        string path = Path.Combine(_folder, "file.bin");
        AtomicFile.Write(path, stream => stream.Write([1, 2, 3]));
        Assert.Throws<TimeoutException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write([9]);
            throw new TimeoutException();
        }));
        Assert.Equal([1, 2, 3], File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void AFailureInOneOfSeveralFilesKeepsAllOldOnes()
    {
        string first = Path.Combine(_folder, "first"), second = Path.Combine(_folder, "second");
        AtomicFile.WriteTogether([(first, stream => stream.Write([1])), (second, stream => stream.Write([2]))]);
        Assert.Throws<TimeoutException>(() => AtomicFile.WriteTogether([(first, stream => stream.Write([7])), (second, _ => throw new TimeoutException())]));
        Assert.Equal([1], File.ReadAllBytes(first));
        Assert.Equal([2], File.ReadAllBytes(second));
        Assert.Equal([first, second], Directory.GetFileSystemEntries(_folder).Order());
        AtomicFile.WriteTogether([(first, stream => stream.Write([3])), (second, stream => stream.Write([4]))]);
        Assert.Equal((3, 4), (File.ReadAllBytes(first)[0], File.ReadAllBytes(second)[0]));
    }

    [Fact]
    public void AFailedRenameLeavesNoTemporaryFile()
    {
        string path = Path.Combine(_folder, "folder");
        Directory.CreateDirectory(path);
        Assert.ThrowsAny<SystemException>(() => AtomicFile.Write(path, stream => stream.Write([1])));
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void AMissingFolderIsReported() =>
        Assert.Throws<DirectoryNotFoundException>(() => AtomicFile.Write(Path.Combine(_folder, "none", "file.bin"), stream => stream.Write([1])));

    [Fact]
    public void WhatAKilledProcessLeftIsRemovedAndNothingElse()
    {
        string path = Path.Combine(_folder, "file.bin");
        foreach (string name in new[] { "file.bin", ".file.bin.abc.tmp", ".other.bin.abc.tmp", "file.bin.abc.tmp" })
            File.WriteAllBytes(Path.Combine(_folder, name), [1]);
        AtomicFile.RemoveLeftovers(path);
        Assert.Equal(
            [".other.bin.abc.tmp", "file.bin", "file.bin.abc.tmp"],
            Directory.GetFiles(_folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        AtomicFile.RemoveLeftovers(Path.Combine(_folder, "none", "file.bin"));
    }

    // Of 255 bytes, the most that file systems take, in one byte and in three a letter.
    [Theory]
    [InlineData('a', 255)]
    [InlineData('日', 85)]
    public void NamesMayBeAsLongAsFileSystemsTakeThem(char letter, int count)
    {
        string path = Path.Combine(_folder, new string(letter, count)), other = Path.Combine(_folder, new string(letter, count - 1)), left = "";
        AtomicFile.Write(path, stream =>
        {
            stream.WriteByte(7);
            // What a process that is killed here leaves.
            left = Directory.GetFiles(_folder).Single();
        });
        Assert.Equal([7], File.ReadAllBytes(path));
        File.WriteAllText(left, "half");
        AtomicFile.RemoveLeftovers(other);
        Assert.True(File.Exists(left));
        AtomicFile.RemoveLeftovers(path);
        Assert.Equal([path], Directory.GetFiles(_folder));
    }
}
