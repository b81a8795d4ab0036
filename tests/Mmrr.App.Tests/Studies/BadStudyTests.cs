using System.Text;
using Mmrr.App.Tests.Data;
using Mmrr.App.Tests.Program;
using Xunit;

namespace Mmrr.App.Tests.Studies;

/// <summary>Studies with mistakes: one clear line each, and what can be run is run.</summary>
[Collection(OutsideTests.Name)]
public sealed class BadStudyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Mistakes that the file alone shows: the line, 0 for none and -1 for any, and words about it.</summary>
    public static TheoryData<string, string, int, string[]> Mistakes => new()
    {
        { "epochs: 1", "epoch: 1", 9, ["unknown option 'epoch' of mmrr train", "the nearest is 'epochs'"] },
        { "epochs: 1", "out: x", 9, ["--out is not an option of a method"] },
        { "epochs: 1", "epochs: many", 9, ["learned: --epochs is many, expected a whole number"] },
        { "mask: constant", "mask: wet", 12, ["constant: --mask is 'wet', expected learned, constant or bernoulli"] },
        { "classes: [0, 1]", "classes: [0, shoe]", 4, ["mnist: no normal class 'shoe'; expected 0..9"] },
        { "classes: [0, 1]", "classes: [1, 1]", 4, ["the class 1 is given twice", "two cells are alike"] },
        { ", mask: constant", "", 11, ["constant has the same options as learned at", ":8", "two cells are alike"] },
        { "seeds: [0, 1]", "seeds: [0, 0]", 0, ["the seed 0 is given twice", "two cells are alike"] },
        { "name: constant", "name: learned", 11, ["a second method 'learned'"] },
        { "estimate: 0.1", "estimates: 0.1", 6, ["estimates: unknown key; expected one of study, title"] },
        { "name: constant", "nom: constant", 11, ["methods.1.nom: unknown key; expected one of name, command"] },
        { "kind: mnist", "kind: imagenet", 4, ["data.0.kind: expected one of mnist, fmnist, cifar10"] },
        { "study: small", "study: Small", 1, ["study: expected: ", "lower-case letters"] },
        { "study: small", "study: logs", 1, ["logs is the name of another folder in --out"] },
        { "study: small", "study: \"small\\n\"", 1, ["a line end in the name"] },
        { "title: Small digits", "? [title]\n: Small digits", 2, ["a key is a list or a mapping"] },
        { "title: Small digits", "\"\": Small digits", 2, ["unknown key; expected one of study"] },
        { "title: Small digits", "title: \"\\e[31mSmall\"", 2, ["U+001B"] },
        { "root: mnist", "root: \"mnist\\0\"", 4, ["U+0000"] },
        { "kind: mnist, root: mnist, classes: [0, 1]", "kind: mvtec, root: mnist, classes: [/]", 4, ["a class is '/'"] },
        { "estimate: 0.1", "estimate: 1e9", 6, ["estimate", "at most 100000"] },
        { "seeds: [0, 1]", $"seeds: [{string.Join(',', Enumerable.Range(0, 1700))}]", 0, ["10200 cells, expected 10000 at most"] },
        { "epochs: 1", "epochs: 1, minutes: 3", 9, ["learned: --minutes and --epochs contradict each other"] },
        { "mask: constant", "mask: constant, method: ae", 12, ["constant: --mask belongs to the method mmrr, not to ae"] },
        { "mask: constant", "method: ae, set: [latnt=8]", 11, ["constant: the method ae has no setting 'latnt'"] },
        { "estimate: 0.1", "estimate: 0.1\nreport: {sweep-images: many}", 7, ["report: --sweep-images is many"] },
        { "seeds: [0, 1]", "seeds: 3", 5, ["seeds", "array"] },
        { "seeds: [0, 1]", "seeds: []", 5, ["seeds"] },
        { "seeds: [0, 1]", "seeds: [0, 1", -1, ["not YAML"] },
        { "title: Small digits", "study: again", -1, ["not YAML"] },
        { "study: small", "study: ../small", 1, ["study: "] },
        { "with: MMRR,", "with: VAE,", 8, ["Table 5 of the paper has no column 'VAE'; it has OC-SVM"] },
        { "quote: [KDE]", "quote: [KID]", 18, ["Table 5 of the paper has no column 'KID'"] },
        { "columns: [with]", "columns: [beside]", 13, ["unknown column 'beside', expected with or without"] },
        { "columns: [with]", "columns: ['with:best']", 13, ["unknown column 'with:best'", "with:paper"] },
        { "columns: [with]", "columns: ['with:paper']", 13, ["constant has no column by its own rule"] },
        { "table: 5, quote: [KDE]", "table: [5, 7], quote: [KID]", 18, ["Tables 5 and 7 of the paper have no column 'KID'; they have OC-SVM"] },
        { "table: 5,", "table: 5.5,", 18, ["paper.table"] },
        { "table: 5", "table: [5, 11]", 18, ["paper.table.1"] },
        { "seeds: [0, 1]", "seeds: [0, 1]\nrows: seeds", 6, ["rows"] },
        { "columns: [mean image]", "estimate: 1", 14, ["baselines needs columns"] },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void AMistakeInTheFile(string right, string wrong, int line, string[] words)
    {
        string text = SmallStudy.Text();
        Assert.Contains(right, text, StringComparison.Ordinal);
        int at = text.IndexOf(right, StringComparison.Ordinal);
        string study = SmallStudy.Write(_folder, string.Concat(text.AsSpan(0, at), wrong, text.AsSpan(at + right.Length)));
        SmallStudy.Run(_folder, study, "run").Refuses([line switch { 0 => $"{study}: ", < 0 => $"{study}:", _ => $"{study}:{line}: " }, .. words]);
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [Fact]
    public void NoFileOfAStudy()
    {
        SmallStudy.Run(_folder, _folder["none.yaml"], "plan").Refuses("none.yaml: no such file");
        SmallStudy.Run(_folder, _folder.Path, "plan").Refuses("a folder; expected the file of a study");
        SmallStudy.Run(_folder, SmallStudy.Write(_folder, ""), "plan").Refuses("study.yaml:1: ");
        SmallStudy.Run(_folder, SmallStudy.Write(_folder, "- a\n- b\n"), "plan").Refuses("study.yaml:1: not a study");
        SmallStudy.Run(_folder, SmallStudy.Write(_folder, new string('[', 100_000)), "plan").Refuses("study.yaml:1: ");
        string latin = _folder.Write("latin.yaml", Encoding.Latin1.GetBytes("study: small\ntitle: Größe\n"));
        SmallStudy.Run(_folder, latin, "plan").Refuses("latin.yaml:2: not UTF-8 (byte 22 of the file)");
        SmallStudy.Run(_folder, SmallStudy.Write(_folder, $"# {new string('x', 1 << 20)}\n{SmallStudy.Text()}"), "plan").Refuses("more than 1048576 bytes");
        string wide = _folder.Write("wide.yaml", [.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes(SmallStudy.Text())]);
        SmallStudy.Run(_folder, wide, "plan").Ends(0);
        SmallStudy.Run(_folder, SmallStudy.Write(_folder, "a: &x [1]\nb: *x\n"), "plan").Refuses("study.yaml:2: an alias");
    }

    [Fact]
    public void AFolderThatIsNotWritable()
    {
        string study = SmallStudy.Write(_folder, SmallStudy.Text());
        _folder.Write("file", "in the way"u8);
        MmrrProgram.Run("study", study, "run", "--out", _folder["file/out"], "--root", _folder.Path).Refuses("--out", "file is a file, expected a folder");
        MmrrProgram.Run("study", study, "table", "--out", _folder["file/out"]).Refuses("--out", "file is a file, expected a folder");
        Assert.SkipUnless(Directory.Exists("/proc/self"), "there is no folder here that nobody can write");
        MmrrProgram.Run("study", study, "run", "--out", "/proc/self/out", "--root", _folder.Path).Refuses("--out /proc/self/out: cannot be written");
    }

    [Fact]
    public void AWrongRootIsOneLineAndFailsNoCell()
    {
        string study = SmallStudy.Write(_folder, SmallStudy.Text());
        SmallStudy.Run(_folder, study, "run").Refuses("--root", "none of the study's data is in it (mnist)");
        Assert.Contains("0 failed", SmallStudy.Run(_folder, study, "status").Ends(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void ACellThatFailsDoesNotEndTheOthers()
    {
        SmallData.Mvtec(_folder);
        string study = SmallStudy.Write(_folder, $$"""
            study: parts
            data: [{kind: mvtec, root: mvtec, classes: [weave, gasket, washer]}]
            seeds: [0]
            estimate: 0.1
            options: {{SmallStudy.Options}}
            figures: [image-auroc, pixel-auroc]
            methods: [{name: MMRR}]
            """);
        var run = SmallStudy.Run(_folder, study, "run").Ends(2);
        Assert.Contains("cell 1: mvtec gasket, MMRR, seed 0: ", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
        Assert.Contains("parts: 2 of 3 cells are done", run.Output, StringComparison.Ordinal);
        var status = SmallStudy.Run(_folder, study, "status").Ends(0);
        Assert.Contains("3 cells: 2 done, 1 failed", status.Output, StringComparison.Ordinal);
        Assert.Contains("failed: cell 1: mvtec gasket", status.Output, StringComparison.Ordinal);
        var table = SmallStudy.Run(_folder, study, "table").Ends(0);
        Assert.Contains("| gasket | – | – |", table.Output, StringComparison.Ordinal);
        Assert.Contains("pixel AUROC", table.Output, StringComparison.Ordinal);
        // Mended, it is tried again and the others are left as they are.
        Directory.Move(_folder["mvtec/washer"], _folder["mvtec/gasket"]);
        Assert.Contains("parts: 3 of 3 cells are done", SmallStudy.Run(_folder, study, "run").Ends(0).Output, StringComparison.Ordinal);
        Assert.Contains("3 done, 0 failed", SmallStudy.Run(_folder, study, "status").Ends(0).Output, StringComparison.Ordinal);

        // Figures that are damaged are named; the others are shown.
        string damaged = Path.Combine(Directory.GetDirectories(_folder["out/cells"], "mvtec-weave-*").Single(), "evaluation.json");
        File.WriteAllText(damaged, "{");
        var outcome = SmallStudy.Run(_folder, study, "table").Ends(2);
        Assert.Contains(damaged, Assert.Single(outcome.ErrorLines), StringComparison.Ordinal);
        Assert.Contains("2 of 3 cells are done", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void WrongPlacesInThePlan()
    {
        string study = SmallStudy.Write(_folder, SmallStudy.Text());
        SmallStudy.Run(_folder, study, "run", "--index", "12").Refuses("--index is 12, expected 0 to 11");
        SmallStudy.Run(_folder, study, "run", "--shard", "4/4").Refuses("--shard is 4/4, expected I/N");
        SmallStudy.Run(_folder, study, "run", "--shard", "0/4", "--index", "0").Refuses("--index and --shard contradict each other");
        SmallStudy.Run(_folder, study, "run", "--jobs", "0").Refuses("--jobs is 0", "(mmrr study run --help shows the usage)");
        SmallStudy.Run(_folder, study, "submit").Refuses("either --slurm or --kubernetes");
    }

    [Fact]
    public void JsonIsReadAsWell()
    {
        string json = """
            {
            	"study": "small", "estimate": 1, "seeds": [0, 1],
            	"data": [{"kind": "mnist", "root": "mnist", "classes": "all"}],
            	"methods": [{"name": "plain", "options": {"epochs": 1, "no-embedding": false, "lr": 1e-3, "refine-inputs": ["x", "e"]}}]
            }
            """;
        var plan = SmallStudy.Run(_folder, SmallStudy.Write(_folder, json, "study.json"), "plan").Ends(0);
        Assert.Contains("20 cells, 0 done", plan.Output, StringComparison.Ordinal);
        string yaml = """
            study: other
            estimate: 1
            seeds: [0, 1]
            data: [{kind: mnist, root: mnist/, classes: all}]
            methods: [{name: renamed, options: {epochs: 1, lr: 1e-3, refine-inputs: "x,e"}}]
            """;
        // The same options are the same cells, whatever the method is called.
        var same = SmallStudy.Run(_folder, SmallStudy.Write(_folder, yaml), "plan").Ends(0);
        Assert.Equal(Folders(plan), Folders(same));

        static string[] Folders(Outcome outcome) => [.. outcome.OutputLines[1..^1].Select(l => l.TrimEnd().Split(' ')[^1])];
    }
}
