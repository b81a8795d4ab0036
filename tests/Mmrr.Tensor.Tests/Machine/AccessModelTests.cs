using System.Globalization;
using Mmrr.Ptx.Machine.Faults;

namespace Mmrr.Tests.Machine;

/// <summary>
/// Random accesses of one, two and four words, atomic operations and barriers, of the block and of one warp, by two warps, in two blocks of global memory, some
/// lanes off: what the machine finds, or that it finds nothing, and the values that are read agree with a model that goes lane by lane and keeps every access
/// since the launch began.
/// </summary>
[Collection(TestDevices.Beside)]
public class AccessModelTests
{
    private const int Threads = 64;
    private const int Blocks = 2;
    private const int Section = 512; // words
    private const int AreaWords = (Blocks + 2) * Section;
    private const int Trials = 250;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Random_accesses_agree_with_a_model(bool isShared)
    {
        var random = new Random((int)new RandomInputs().Bits());
        int faults = 0;
        for (int trial = 0; trial < Trials; trial++)
        {
            var steps = Steps(random, isShared);
            int outAt = steps.Count * Blocks * Threads, areaAt = outAt + (Blocks * Threads);
            using var run = new PtxRun(4 * (areaAt + AreaWords)).Written();
            var words = run.Values<int>();
            for (int k = 0; k < steps.Count; k++) steps[k].At.CopyTo(words[(k * Blocks * Threads)..]);
            var model = new Model(isShared);
            string? expected = model.Run(steps);
            string text = PtxRun.Entry(Body(steps, isShared, 4 * outAt, 4 * areaAt)), note = $"trial {trial}, {RandomInputs.Note}: expected {expected}";
            try
            {
                run.RunText(text, Threads, Blocks);
                Assert.True(expected is null, note);
                Assert.Equal(model.Read, run.Values<int>().Slice(outAt, Blocks * Threads).ToArray());
            }
            catch (PtxFaultException fault)
            {
                faults++;
                int step = Array.FindIndex(text.Split('\n'), line => line.Contains($"// {model.Step};", StringComparison.Ordinal));
                int origin = isShared ? 0 : 4 * areaAt;
                Assert.True(expected is not null && fault.Line == step + 1, $"{note}, got {fault.Message}");
                Assert.Equal(expected, $"{fault.Kind} in {fault.Message[fault.Message.IndexOf("block (", StringComparison.Ordinal)..].Split(": ")[0]}:");
                Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"byte {origin + (4 * model.Word)} of"), fault.Message, StringComparison.Ordinal);
            }
        }
        // About half of the trials are at fault.
        Assert.InRange(faults, Trials / 10, Trials - (Trials / 10));
    }

    // Each block writes one half of its section and reads the other and a common one; a barrier changes the halves. Another common one has words that are
    // changed. Some accesses go elsewhere.
    private static List<Step> Steps(Random random, bool isShared)
    {
        var steps = new List<Step>();
        if (isShared)
        {
            for (int n = 0; n < AreaWords; n += 4 * Threads)
            {
                int from = n;
                if (random.Next(80) != 0) steps.Add(Of(Kind.Store, 4, (_, thread) => from + (4 * thread)));
            }
            steps.Add(Step.Barrier);
        }
        int half = 0;
        for (int n = 0; n < 14; n++)
        {
            if (random.Next(5) == 0)
            {
                steps.Add(Step.Barrier);
                half = 1 - half;
                continue;
            }
            if (random.Next(4) == 0)
            {
                steps.Add(Step.WarpBarrier);
                continue;
            }
            if (steps.FindLast(step => step.Elements > 0) is { } last && random.Next(4) == 0)
            {
                // One thread, often the first or the last of those that have accessed a place, stores, reads or changes the same.
                int one = (Threads * random.Next(Blocks)) + (random.Next(2) == 0 ? random.Next(Threads) : random.Next(2) * (Threads - 1));
                var kind = (Kind)random.Next(last.Elements == 1 ? 3 : 2);
                steps.Add(new Step(kind, last.Elements, [.. last.At.Select((at, thread) => thread == one ? at : -1)]));
                continue;
            }
            if (random.Next(5) == 0)
            {
                int place = (Section * (Blocks + 1)) + random.Next(8), of = random.Next(1, 5);
                steps.Add(Of(Kind.Add, 1, (_, thread) => thread % of == 0 ? place : -1));
                continue;
            }
            bool isStore = random.Next(3) == 0, isAnywhere = random.Next(80) == 0, isCommon = !isStore && random.Next(2) == 0, hasAll = random.Next(3) != 0;
            int elements = 1 << random.Next(3), pattern = isStore && !isAnywhere ? 0 : random.Next(5), share = isStore ? half : 1 - half, seed = random.Next();
            int[] starts = [.. Enumerable.Range(0, Threads / 32).Select(_ => random.Next(32))];
            steps.Add(Of(isStore ? Kind.Store : Kind.Load, elements, (block, thread) =>
            {
                var own = new Random(seed + (Threads * block) + thread);
                if (!hasAll && own.Next(4) == 0) return -1;
                int lane = thread % 32, first = starts[thread / 32], quads = Section / 2 / elements;
                int quad = pattern switch
                {
                    0 => thread,
                    1 => first,
                    2 => first + (lane % 8),
                    3 => first + (lane / 8),
                    _ => own.Next(quads),
                };
                int begin = isAnywhere ? Section * own.Next(Blocks + 2) : isCommon ? Section * Blocks : (Section * block) + (Section / 2 * share);
                return begin + (quad % quads * elements);
            }));
        }
        return steps;
    }

    private static Step Of(Kind kind, int elements, Func<int, int, int> word) => new(
        kind, elements, [.. Enumerable.Range(0, Blocks * Threads).Select(n => word(n / Threads, n % Threads)).Select(at => at < 0 ? -1 : 4 * at)]);

    private static string Body(List<Step> steps, bool isShared, int outAt, int areaAt)
    {
        string space = isShared ? "shared" : "global";
        var lines = new List<string>
        {
            "mov.u32 %r2, %ctaid.x; mad.lo.u32 %r3, %r2, 64, %r0; mul.wide.u32 %rd1, %r3, 4; add.u64 %rd2, %rd0, %rd1; mov.b32 %r4, 0;",
            isShared ? $".shared .align 16 .b8 tile[{4 * AreaWords}]; mov.u64 %rd3, tile;" : $"add.u64 %rd3, %rd0, {areaAt};",
        };
        for (int k = 0; k < steps.Count; k++)
        {
            var step = steps[k];
            if (step.Elements == 0)
            {
                lines.Add(step.Kind == Kind.Barrier ? "bar.sync 0;" : "bar.warp.sync -1;");
                continue;
            }
            string[] registers = [.. Enumerable.Range(5, step.Elements).Select(n => $"%r{n}")];
            string list = step.Elements == 1 ? registers[0] : $"{{{string.Join(", ", registers)}}}";
            string type = step.Elements == 1 ? "u32" : $"v{step.Elements}.u32";
            lines.Add($"ld.global.u32 %r1, [%rd2+{4 * k * Blocks * Threads}]; setp.ne.s32 %p1, %r1, -1; cvt.u64.u32 %rd4, %r1; add.u64 %rd5, %rd3, %rd4;");
            if (step.Kind == Kind.Add)
            {
                lines.Add($"@%p1 atom.{space}.add.u32 %r5, [%rd5], {Step.Value(k, 0)}; // {k};");
                lines.Add("@%p1 mad.lo.u32 %r4, %r4, 5, %r5;");
            }
            else if (step.Kind == Kind.Store)
            {
                lines.AddRange(registers.Select((register, n) => $"add.u32 {register}, %r3, {Step.Value(k, n)};"));
                lines.Add($"@%p1 st.{space}.{type} [%rd5], {list}; // {k};");
            }
            else
            {
                lines.Add($"@%p1 ld.{space}.{type} {list}, [%rd5]; // {k};");
                lines.AddRange(registers.Select(register => $"@%p1 mad.lo.u32 %r4, %r4, 5, {register};"));
            }
        }
        lines.Add($"st.global.u32 [%rd2+{outAt}], %r4;");
        return string.Join('\n', lines);
    }

    private enum Kind
    {
        Load,
        Store,
        Add,
        Barrier,
        WarpBarrier,
    }

    // At: the byte that each thread of each block begins at, -1 for none. No elements: a barrier.
    private sealed record Step(Kind Kind, int Elements, int[] At)
    {
        public static Step Barrier { get; } = new(Kind.Barrier, 0, new int[Blocks * Threads]);

        public static Step WarpBarrier { get; } = new(Kind.WarpBarrier, 0, new int[Blocks * Threads]);

        public static int Value(int step, int element) => (1000 * step) + (100 * element);
    }

    private readonly record struct Access(int Block, int Interval, int WarpInterval, int Thread, Kind Kind);

    private sealed class Model(bool isShared)
    {
        private readonly List<Access>[] _words = [.. Enumerable.Range(0, AreaWords).Select(_ => new List<Access>())];
        private readonly int[] _values = new int[AreaWords];

        public int[] Read { get; } = new int[Blocks * Threads];

        /// <summary>Of the fault.</summary>
        public int Step { get; private set; }

        public int Word { get; private set; }

        /// <summary>What the first fault is and where; null where there is none.</summary>
        public string? Run(List<Step> steps)
        {
            for (int block = 0; block < Blocks; block++)
            {
                if (isShared) foreach (var word in _words) word.Clear();
                int begin = 0, interval = 0;
                while (begin < steps.Count)
                {
                    int end = steps.FindIndex(begin, step => step.Kind == Kind.Barrier);
                    if (end < 0) end = steps.Count;
                    for (int warp = 0; warp < Threads / 32; warp++)
                        for (int k = begin; k < end; k++)
                            for (int lane = 0; lane < 32; lane++)
                                if (Lane(steps[k], k, new Access(block, interval, WarpInterval(k), (32 * warp) + lane, steps[k].Kind)) is { } kind)
                                    return $"{kind} in block ({block}, 0, 0), warp {warp}, lane {lane}:";
                    (begin, interval) = (end + 1, interval + 1);
                }
            }
            return null;

            int WarpInterval(int k) => steps.FindLastIndex(k, step => step.Kind == Kind.WarpBarrier);
        }

        private PtxFaultKind? Lane(Step step, int k, Access now)
        {
            int thread = (now.Block * Threads) + now.Thread, at = step.At[thread];
            for (int n = 0; n < step.Elements && at >= 0; n++)
            {
                int word = (at / 4) + n;
                if (Check(_words[word], now) is { } kind)
                {
                    (Step, Word) = (k, word);
                    return kind;
                }
                _words[word].Add(now);
                if (step.Kind != Kind.Store) Read[thread] = (5 * Read[thread]) + _values[word];
                if (step.Kind == Kind.Store) _values[word] = thread + AccessModelTests.Step.Value(k, n);
                else if (step.Kind == Kind.Add) _values[word] += AccessModelTests.Step.Value(k, n);
            }
            return null;
        }

        private PtxFaultKind? Check(List<Access> before, Access now)
        {
            if (now.Kind != Kind.Store && isShared && !before.Exists(access => access.Kind != Kind.Load)) return PtxFaultKind.Unwritten;
            foreach (bool areReads in new[] { false, true })
            {
                if (areReads && now.Kind == Kind.Load) continue;
                var others = before.FindAll(
                    access => (access.Kind == Kind.Load) == areReads && (access.Block, access.Thread) != (now.Block, now.Thread)
                        && (access.Kind, now.Kind) != (Kind.Add, Kind.Add));
                if (others.Exists(access => access.Block != now.Block)) return PtxFaultKind.RaceBetweenBlocks;
                others.RemoveAll(access => access.Interval != now.Interval);
                if (others.Exists(access => access.Thread / 32 != now.Thread / 32)) return PtxFaultKind.RaceInBlock;
                if (others.Exists(access => access.WarpInterval == now.WarpInterval)) return PtxFaultKind.RaceInWarp;
            }
            return null;
        }
    }
}
