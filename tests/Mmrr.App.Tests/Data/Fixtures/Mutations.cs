using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace Mmrr.App.Tests.Data.Fixtures;

/// <summary>
/// Damages files for the fuzzing tests, each by a seed of its own that tells it again. The tests take some hundreds of each kind; <c>scripts/fuzz COUNT
/// SEED</c> takes as many as wanted, through MMRR_FUZZ_COUNT, MMRR_FUZZ_SEED and MMRR_FUZZ_SECONDS.
/// </summary>
internal static partial class Mutations
{
    /// <summary>Of the whole run.</summary>
    public static int FirstSeed { get; } = Number("MMRR_FUZZ_SEED", 1);

    // An input that takes this long counts as one that hangs. Tests that run beside others wait longer.
    private static readonly TimeSpan s_hang = TimeSpan.FromSeconds(Number("MMRR_FUZZ_SECONDS", 20));

    // What stands in a text in place of a number, a word or a quoted text.
    private static readonly string[] s_values =
    [
        "null", "true", "[]", "{}", "\"\"", "-1", "0", "1", "2", "1e308", "-1e308", "1e400", "NaN", "\"NaN\"", "0.5",
        "4096", "2147483647", "2147483648", "9223372036854775808", "\"x\"", "\"\\u0000\"", "\"../..\"",
        "[null]", "[[[[[[[[[[]]]]]]]]]]", "\"paper\"", "\"learned\"", "uniform:2", "\"\\ud800\"",
    ];

    /// <summary>
    /// Reads an input on another thread. One that hangs is left there, and the exception gets out; on a busy machine it is the time that this process has
    /// computed that counts.
    /// </summary>
    public static async Task<T> Try<T>(Func<T> read)
    {
        int rounds = 30;
        var reading = Task.Run(read, TestContext.Current.CancellationToken);
        for (var computed = Environment.CpuUsage.TotalTime; await Task.WhenAny(reading, Task.Delay(s_hang, TestContext.Current.CancellationToken)) != reading;)
        {
            // What waits for something computes nothing: after so many rounds that is a hang as well.
            if (Environment.CpuUsage.TotalTime - computed > s_hang || --rounds == 0)
                throw new TimeoutException($"it takes longer than {s_hang.TotalSeconds} s");
        }
        return await reading;
    }

    /// <summary>Inputs of each kind: few where the script does not ask for more.</summary>
    public static int Count(int few) => Number("MMRR_FUZZ_COUNT", few);

    /// <summary>Whether this is a run of the script, which has the process to itself.</summary>
    public static bool RunAlone { get; } = Environment.GetEnvironmentVariable("MMRR_FUZZ_COUNT") is not null;

    /// <summary>The seed of one input. String's own hash differs from run to run.</summary>
    public static int Seed(string kind, int index) => kind.Aggregate((FirstSeed * 1_000_003) + index, (hash, c) => unchecked((hash * 31) + c));

    /// <summary>
    /// One to four changes: a byte, a bit, a number of two or four bytes at a bound, a run of zeros, a piece that goes, comes twice, or is cut off.
    /// </summary>
    public static byte[] Of(byte[] original, Random random)
    {
        byte[] file = [.. original];
        for (int change = random.Next(1, 5); change > 0 && file.Length > 8; change--)
        {
            // Half of them in the headers.
            int at = random.Next(2) == 0 ? random.Next(Math.Min(file.Length, 80)) : random.Next(file.Length),
                length = Math.Min(random.Next(1, 64), file.Length - at);
            switch (random.Next(9))
            {
                case 0:
                    file[at] = (byte)random.Next(256);
                    break;
                case 1:
                    file[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2 when at + 4 <= file.Length:
                    uint[] bounds = [0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x10000, 0xffff, 0x08000000, (uint)file.Length];
                    uint bound = bounds[random.Next(bounds.Length)];
                    if (random.Next(2) == 0) BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(at), bound);
                    else BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(at), bound);
                    break;
                case 3 when at + 2 <= file.Length:
                    BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(at), (ushort)(random.Next(2) == 0 ? 0xffff : random.Next(5)));
                    break;
                case 4:
                    file.AsSpan(at, length).Clear();
                    break;
                case 5:
                    file = [.. file[..at], .. file[(at + length)..]];
                    break;
                case 6:
                    file = [.. file[..(at + length)], .. file[at..]];
                    break;
                case 7:
                    file = file[..at];
                    break;
                default:
                    random.NextBytes(file.AsSpan(at, length));
                    break;
            }
        }
        return file;
    }

    /// <summary>
    /// A text with one to three of its values replaced, or lines that go, come twice or change places; a third of them damaged as any bytes are.
    /// </summary>
    public static byte[] OfText(byte[] original, Random random)
    {
        if (random.Next(3) == 0) return Of(original, random);
        string text = Encoding.UTF8.GetString(original);
        for (int change = random.Next(1, 4); change > 0; change--)
        {
            var values = Values().Matches(text);
            var lines = text.Split('\n').ToList();
            int line = random.Next(lines.Count);
            switch (random.Next(6))
            {
                case 0:
                    lines.RemoveAt(line);
                    text = string.Join('\n', lines);
                    break;
                case 1:
                    lines.Insert(random.Next(lines.Count), lines[line]);
                    text = string.Join('\n', lines);
                    break;
                case 2:
                    (lines[line], lines[0]) = (lines[0], lines[line]);
                    text = string.Join('\n', lines);
                    break;
                default:
                    if (values.Count == 0) break;
                    var value = values[random.Next(values.Count)];
                    text = string.Concat(text.AsSpan(0, value.Index), s_values[random.Next(s_values.Length)], text.AsSpan(value.Index + value.Length));
                    break;
            }
        }
        return Encoding.UTF8.GetBytes(text);
    }

    [GeneratedRegex("\"[^\"]*\"|-?[0-9][0-9.eE+-]*|[A-Za-z]+")]
    private static partial Regex Values();

    private static int Number(string variable, int otherwise) =>
        int.Parse(Environment.GetEnvironmentVariable(variable) ?? otherwise.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
