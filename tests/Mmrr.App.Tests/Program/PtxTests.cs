using ILGPU;
using Mmrr.App.Tests.Data;
using Mmrr.Ptx;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary><c>mmrr ptx</c>.</summary>
public sealed class PtxTests : IDisposable
{
    private const string OwnKernel = $"{nameof(PtxTests)}.{nameof(Halve)}";

    private static readonly string s_ownAssembly = typeof(PtxTests).Assembly.Location;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ListsTheKernelsOneNameALine()
    {
        var outcome = MmrrProgram.Run("ptx").Ends(0);
        Assert.Equal(SimtKernel.Own.Select(kernel => kernel.Name), outcome.OutputLines);
        Assert.Contains("Convolution.ForwardKernel", outcome.OutputLines);
        Assert.Empty(outcome.ErrorLines);
    }

    [Theory]
    [InlineData("90", 80)]
    [InlineData("75", 75)]
    public void PrintsPtxAndASummary(string sm, int target)
    {
        NeedsTools();
        var outcome = MmrrProgram.Run("ptx", "GroupNormalization.ForwardKernel", "--sm", sm).Ends(0);
        Assert.Contains($".target sm_{target}", outcome.Output, StringComparison.Ordinal);
        Assert.Equal($"GroupNormalization.ForwardKernel, sm_{sm}, groups of 256 threads", outcome.ErrorLines[0]);
        string[] wanted =
        [
            @"^registers +\d+$", "^stack frame +0 bytes$", "^spills +0 bytes stored, 0 bytes loaded$", @"^shared +\d+ bytes$",
            @"^blocks an SM +\d+, \d+ of \d+ warps, bounded by \w+", @"^instructions +\d+: FFMA \d+, ",
            @"^main loop +\d+ \(\d+ % of all\): ", @"^ +arithmetic \d+ \(\d+ % of it\), \d+\.\d\d to a load$"
        ];
        foreach (string pattern in wanted) Assert.Single(outcome.ErrorLines, line => System.Text.RegularExpressions.Regex.IsMatch(line, pattern));
    }

    [Fact]
    public void PrintsSass()
    {
        NeedsTools();
        string output = MmrrProgram.Run("ptx", "Elementwise.BinaryKernel<Sum>", "--sm", "80", "--sass").Ends(0).Output;
        Assert.Matches(@"/\*[0-9a-f]{4}\*/ +LDG\.E", output);
        Assert.Equal(2, SassListing.Parse(output).MainLoop![SassKind.Ldg, 128]);
    }

    [Fact]
    public void TakesTheKernelsOfAnotherAssembly()
    {
        Assert.Equal([OwnKernel], MmrrProgram.Run("ptx", "--assembly", s_ownAssembly).Ends(0).OutputLines);
        NeedsTools();
        var outcome = MmrrProgram.Run("ptx", "--assembly", s_ownAssembly, OwnKernel).Ends(0);
        Assert.Contains(".maxntid 64", outcome.Output, StringComparison.Ordinal);
        Assert.Contains(outcome.ErrorLines, line => line.StartsWith("blocks an SM  32, 64 of 64 warps", StringComparison.Ordinal));
    }

    [Fact]
    public void TheTableHasARowForEachKernelAndBothFiguresWhereTheyDiffer()
    {
        NeedsTools();
        string[] lines = MmrrProgram.Run("ptx", "--table", "--assembly", s_ownAssembly).Ends(0).OutputLines;
        Assert.Equal(3, lines.Length);
        Assert.Matches($@"^\| `{System.Text.RegularExpressions.Regex.Escape(OwnKernel)}` \| \d+( / \d+)? \| 0 \| 0 \| 0 \| 32 \|", lines[2]);
    }

    [Fact]
    public void WhatAKernelExecutesIsCountedAndDrawn()
    {
        string[] lines = MmrrProgram.Run(
            "ptx", "GroupNormalization.ForwardSlabKernel", "--run", "--shape", "1,8,16", "--card", "a100", "--trace").Ends(0).OutputLines;
        Assert.Equal("GroupNormalization.ForwardSlabKernel", lines[0]);
        Assert.Matches(@"^instructions  \d+ of warps: .*ld\.global\.v4\.f32 \d+", lines[1]);
        Assert.Matches(@"^efficiency    \d+\.\d % of the lanes active, \d+ branches diverged$", lines[2]);
        Assert.Matches(@"^global        \d+ requests, \d+\.\d\d sectors a request, ", lines[3]);
        Assert.Matches(@"^memory        \d+ bytes moved, \d+ more from a cache of 40 MiB$", lines[4]);
        Assert.Matches(@"^a100          at least \d+\.\d{3} us, bound by (issue rate|memory): ", lines[7]);
        Assert.NotEmpty(lines[8..]);
        Assert.All(lines[8..], line => Assert.Matches(@"^line +\d+ +\d+  [#.]{32}$", line));
    }

    [Theory]
    [InlineData("--run", "ptx --run")]
    [InlineData("--shape needs --run", "ptx Elementwise.BinaryKernel<Sum> --shape 1,8,16")]
    [InlineData("--trace needs --run", "ptx Elementwise.BinaryKernel<Sum> --trace")]
    [InlineData("'1,8'", "ptx Elementwise.BinaryKernel<Sum> --run --shape 1,8")]
    [InlineData("--card", "ptx Elementwise.BinaryKernel<Sum> --run --card c64")]
    [InlineData("not sm_75", "ptx Elementwise.BinaryKernel<Sum> --run --sm 75")]
    [InlineData("in no training step", "ptx Elementwise.BackwardKernel<HardSwish> --run --shape 1,8,16")]
    [InlineData("--sass", "ptx Elementwise.BinaryKernel<Sum> --run --sass")]
    [InlineData("nothing", "ptx nothing")]
    [InlineData("'nothing'", "ptx nothing --table")]
    [InlineData("--sm", "ptx Elementwise.BinaryKernel<Sum> --sm 60")]
    [InlineData("--sm", "ptx Elementwise.BinaryKernel<Sum> --sm ninety")]
    [InlineData("--asm", "ptx Elementwise.BinaryKernel<Sum> --asm")]
    [InlineData("missing.dll", "ptx --assembly missing.dll")]
    public void BadArgumentsAreRefused(string word, string arguments)
    {
        var outcome = MmrrProgram.Run(arguments.Split(' '));
        outcome.Refuses(word);
        Assert.Empty(outcome.OutputLines);
    }

    [Fact]
    public void AFileWithoutKernelsIsRefused()
    {
        _folder.Write("text.dll", "not an assembly"u8);
        MmrrProgram.Run("ptx", "--assembly", _folder["text.dll"]).Refuses("--assembly", "text.dll");
        MmrrProgram.Run("ptx", "--assembly", typeof(FactAttribute).Assembly.Location).Refuses("--assembly", "[SimtKernel]");
        MmrrProgram.Run("ptx", "--assembly", s_ownAssembly, "Elementwise.BinaryKernel<Sum>").Refuses("Elementwise.BinaryKernel<Sum>", s_ownAssembly);
    }

    [Fact]
    public void WithoutPtxasThePtxIsPrintedAndALineTellsWhatIsNotKnown()
    {
        var named = new Dictionary<string, string> { ["MMRR_PTXAS"] = _folder.Path };
        var nowhere = new Dictionary<string, string> { ["MMRR_PTXAS"] = "", ["PATH"] = _folder.Path, ["XDG_CACHE_HOME"] = _folder.Path };
        foreach (var (environment, words) in new[]
        {
            (named, new[] { "MMRR_PTXAS", _folder.Path }), (nowhere, ["ptxas", "PATH", _folder.Path, "scripts/get-ptxas", "MMRR_PTXAS"])
        })
        {
            var outcome = MmrrProcess.Run(environment, "ptx", "Elementwise.BinaryKernel<Sum>", "--sm", "80").Ends(0);
            Assert.Contains(".target sm_80", outcome.Output, StringComparison.Ordinal);
            Assert.Contains(".entry", outcome.Output, StringComparison.Ordinal);
            string line = Assert.Single(outcome.ErrorLines);
            Assert.All([.. words, "registers", "spills"], word => Assert.Contains(word, line, StringComparison.Ordinal));
            // The assembler makes these, so that there is nothing else to print.
            var sass = MmrrProcess.Run(environment, "ptx", "Elementwise.BinaryKernel<Sum>", "--sass");
            sass.Refuses(words);
            Assert.Empty(sass.OutputLines);
        }
    }

    [Fact]
    public void TheKernelsOfAnotherAssemblyAreRunByItsExamples()
    {
        string[] lines = MmrrProgram.Run("ptx", "--assembly", s_ownAssembly, OwnKernel, "--run").Ends(0).OutputLines;
        Assert.Equal(OwnKernel, lines[0]);
        Assert.Matches(@"^instructions  \d+ of warps: ", lines[1]);
        // 100 values of 4 bytes there and back.
        Assert.Contains("400 bytes loaded, 400 stored", lines[3], StringComparison.Ordinal);
        MmrrProgram.Run("ptx", "--assembly", s_ownAssembly, OwnKernel, "--run", "--shape", "1,8,16").Refuses("--shape");
    }

    [Fact]
    public void AnExampleThatFailsKeepsTheExceptionsTypeAndPlace()
    {
        try
        {
            s_failing = nameof(Example);
            MmrrProgram.Run("ptx", "--assembly", s_ownAssembly, OwnKernel, "--run")
                .Refuses("PtxTests.Example: FormatException at PtxTests.cs:4242: two lines");
            // Another example's failure is a warning.
            s_failing = nameof(Second);
            var outcome = MmrrProgram.Run("ptx", "--assembly", s_ownAssembly, OwnKernel, "--run");
            Assert.Equal(0, outcome.ExitCode);
            Assert.Contains(
                "warning: PtxTests.Second: FormatException at PtxTests.cs:4242: two lines", Assert.Single(outcome.ErrorLines), StringComparison.Ordinal);
        }
        finally
        {
            s_failing = null;
        }
    }

    [Fact]
    public void LinesOfTheSourceStandInThePtx()
    {
        string text = MmrrProgram.Run("ptx", "Elementwise.ForwardKernel<Relu>", "--lines").Ends(0).Output;
        Assert.Matches(@"\.file\s+\d+ ""[^""]*QuadWalk\.cs""", text);
        Assert.Matches(@"\.loc\s+\d+ \d+ \d+", text);
        MmrrProgram.Run("ptx", "Elementwise.ForwardKernel<Relu>", "--lines", "--run").Refuses("--lines");
    }

    [SimtExample]
    private static void Example(Device device)
    {
        using var scope = new DisposeScope();
        var x = Tensor.From(device, new Shape(100), new float[100]);
        Kernel.Run(
            "Halve", [], [("x", x)], _ => throw new NotSupportedException(),
            simt => simt.Run(SimtGrid.Threads(x.Count), Halve, new HalveArguments { Values = x.View, Count = x.Count }));
        FailIf(nameof(Example));
    }

    private static string? s_failing;

    [SimtExample]
    private static void Second(Device device) => FailIf(nameof(Second));

#line 4240 "PtxTests.cs"
    private static void FailIf(string example)
    {
        if (s_failing == example) throw new FormatException("two\nlines");
    }
#line default

    [SimtKernel(GroupSize = 64)]
    private static void Halve(HalveArguments a)
    {
        for (int i = (Grid.IdxX * Group.DimX) + Group.IdxX; i < a.Count; i += Grid.DimX * Group.DimX) a.Values[i] *= 0.5f;
    }

    internal struct HalveArguments
    {
        public ArrayView<float> Values;
        public int Count;
    }

    private static void NeedsTools()
    {
        try
        {
            PtxTools.Find();
        }
        catch (PtxException e)
        {
            Assert.Skip(e.Message);
        }
    }
}
