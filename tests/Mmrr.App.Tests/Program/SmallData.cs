using Mmrr.App.Tests.Data;
using Mmrr.Training.Data;

namespace Mmrr.App.Tests.Program;

/// <summary>Data sets of a few small images in each layout.</summary>
internal static class SmallData
{
    /// <summary>60 training and 30 test digits of 10×10: class k is a bar at column k on noise. The training labels are gzipped.</summary>
    public static string Mnist(TemporaryFolder folder, string name = "mnist")
    {
        foreach (var (prefix, count) in new[] { ("train", 60), ("t10k", 30) })
        {
            var random = new Random(count);
            byte[] labels = [.. Enumerable.Range(0, count).Select(i => (byte)(i % 3))];
            var pixels = new byte[count * 100];
            random.NextBytes(pixels);
            for (int i = 0; i < pixels.Length; i++) pixels[i] = i % 10 / 3 == labels[i / 100] ? (byte)230 : (byte)(pixels[i] / 8);
            folder.Write($"{name}/{prefix}-images-idx3-ubyte", TemporaryFolder.Idx(2051, [count, 10, 10], pixels));
            byte[] file = TemporaryFolder.Idx(2049, [count], labels);
            if (prefix == "train") folder.Write($"{name}/{prefix}-labels-idx1-ubyte.gz", TemporaryFolder.Gzip(file));
            else folder.Write($"{name}/{prefix}-labels-idx1-ubyte", file);
        }
        return folder[name];
    }

    /// <summary>Five training files and a test file of four records each.</summary>
    public static string Cifar(TemporaryFolder folder, string name = "cifar10")
    {
        for (int file = 0; file < 6; file++)
        {
            var bytes = new byte[4 * 3073];
            new Random(file).NextBytes(bytes);
            for (int i = 0; i < 4; i++) bytes[i * 3073] = (byte)(i % 2);
            folder.Write($"{name}/{(file < 5 ? $"data_batch_{file + 1}" : "test_batch")}.bin", bytes);
        }
        return folder[name];
    }

    /// <summary>16×16 images of a texture and of a part, with masks; the categories are <c>weave</c> and <c>washer</c>.</summary>
    public static string Mvtec(TemporaryFolder folder, string name = "mvtec")
    {
        SyntheticInspection.Write(folder[name], size: 16, train: 12, good: 4, perDefect: 2);
        return folder[name];
    }

    /// <summary>Normal and abnormal images of several sizes: <c>normal</c>, some of them grey and one in a sub-folder, and <c>abnormal</c>.</summary>
    public static (string Normal, string Abnormal) Folders(TemporaryFolder folder, string name = "parts")
    {
        for (int i = 0; i < 15; i++)
        {
            bool normal = i < 10;
            int height = 9 + i, width = 20 - i;
            var pixels = new byte[height * width * 3];
            new Random(i).NextBytes(pixels);
            for (int p = 0; p < pixels.Length; p++) pixels[p] = (byte)((normal ? 60 : 160) + (pixels[p] / 8));
            folder.WritePicture(normal ? $"{name}/normal/{(i == 3 ? "more/" : "")}{i:00}.png" : $"{name}/abnormal/{i:00}.png", height, width, 3, pixels);
        }
        folder.WritePlain($"{name}/normal/grey.png", 12, 12, 90);
        return (folder[$"{name}/normal"], folder[$"{name}/abnormal"]);
    }
}
