#:package Microsoft.CodeAnalysis.CSharp@5.12.0
#:property ManagePackageVersionsCentrally=false

// Reads the source as the compiler does and fails where the house is not in order: folders that need one another in a circle (what lies in a project's root is
// a folder too), source files of more than 350 lines, lines of more than 160 characters. From the repository's root, after a build:
//   dotnet run scripts/house.cs
using System.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

const int MostLines = 350, MostCharacters = 160;
var complaints = new List<string>();
string[] listed = Tracked();
foreach (string path in listed.Where(p => Path.GetExtension(p) is ".cs" or ".md" or ".sh" or "" && !p.StartsWith("bench/results/", StringComparison.Ordinal)))
{
    string[] lines = File.ReadAllLines(path);
    if (path.EndsWith(".cs", StringComparison.Ordinal) && lines.Length > MostLines)
        complaints.Add($"{path}: {lines.Length} lines, expected at most {MostLines}");
    for (int i = 0; i < lines.Length; i++)
    {
        if (lines[i].Length > MostCharacters) complaints.Add($"{path}:{i + 1}: {lines[i].Length} characters, expected at most {MostCharacters}");
    }
}

var (folders, reasons) = Needs([.. listed.Where(p => p.StartsWith("src/", StringComparison.Ordinal) && p.EndsWith(".cs", StringComparison.Ordinal))]);
foreach (var circle in Circles(folders))
{
    complaints.Add($"folders in a circle: {string.Join(", ", circle)}");
    foreach (var ((from, to), found) in reasons.Where(r => circle.Contains(r.Key.From) && circle.Contains(r.Key.To)).OrderBy(r => r.Key))
        complaints.Add($"  {from} needs {to} in {found.Count} places: {string.Join("; ", found.Distinct().Take(4))}");
}

foreach (string complaint in complaints) Console.WriteLine(complaint);
Console.WriteLine($"{listed.Length} files, {folders.Count} folders of source, {complaints.Count(c => c[0] != ' ')} complaints");
return complaints.Count == 0 ? 0 : 1;

static string[] Tracked()
{
    using var git = Process.Start(new ProcessStartInfo("git", ["ls-files", "-z"]) { RedirectStandardOutput = true })!;
    return [.. git.StandardOutput.ReadToEnd().Split('\0', StringSplitOptions.RemoveEmptyEntries).Where(File.Exists)];
}

// Which folder needs which others, and by what.
static (Dictionary<string, HashSet<string>> Folders, Dictionary<(string From, string To), List<string>> Reasons) Needs(string[] files)
{
    var options = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Latest);
    string[] implied = ["System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Threading", "System.Threading.Tasks"];
    string usings = string.Concat(implied.Select(n => $"global using {n};\n"));
    var platform = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
    string built = "src/Mmrr.App/bin/Release/net10.0";
    if (!Directory.Exists(built)) throw new InvalidOperationException($"{built} is missing; build the solution first: dotnet build -c Release");
    var packages = Directory.GetFiles(built, "*.dll").Where(f => !Path.GetFileName(f).StartsWith("mmrr", StringComparison.OrdinalIgnoreCase));
    var compilation = CSharpCompilation.Create(
        "house",
        [CSharpSyntaxTree.ParseText(usings, options), .. files.Select(f => CSharpSyntaxTree.ParseText(File.ReadAllText(f), options, f))],
        platform.Concat(packages).DistinctBy(Path.GetFileName).Select(f => MetadataReference.CreateFromFile(f)),
        new CSharpCompilationOptions(OutputKind.ConsoleApplication, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable));
    var folders = files.Select(Folder).Distinct().ToDictionary(f => f, _ => new HashSet<string>());
    var reasons = new Dictionary<(string, string), List<string>>();
    foreach (var tree in compilation.SyntaxTrees.Where(t => t.FilePath.Length > 0))
    {
        var model = compilation.GetSemanticModel(tree);
        string from = Folder(tree.FilePath);
        foreach (var name in tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>())
        {
            if (model.GetSymbolInfo(name).Symbol is not { Kind: not SymbolKind.Namespace } symbol) continue;
            var places = symbol.OriginalDefinition.DeclaringSyntaxReferences;
            // Of a type in several folders that of its first part; what else of it is used has a place of its own.
            if (places.Select(p => Folder(p.SyntaxTree.FilePath)).FirstOrDefault() is not { Length: > 0 } to || to == from) continue;
            folders[from].Add(to);
            if (!reasons.TryGetValue((from, to), out var found)) reasons[(from, to)] = found = [];
            found.Add($"{Path.GetFileName(tree.FilePath)} {symbol.ContainingType?.Name}{(symbol.ContainingType is null ? "" : ".")}{symbol.Name}");
        }
    }
    return (folders, reasons);
}

static string Folder(string path) => Path.GetDirectoryName(path)!.Replace('\\', '/');

// Groups of folders that all reach one another.
static IEnumerable<string[]> Circles(Dictionary<string, HashSet<string>> needs)
{
    var reached = needs.Keys.ToDictionary(f => f, Reach);
    return needs.Keys
        .Where(f => reached[f].Contains(f))
        .GroupBy(f => string.Join('\n', reached[f].Where(g => reached[g].Contains(f)).Order()))
        .Select(g => g.Order().ToArray());

    HashSet<string> Reach(string from)
    {
        var found = new HashSet<string>();
        var open = new Stack<string>(needs[from]);
        while (open.TryPop(out string? next))
        {
            if (found.Add(next)) foreach (string further in needs[next]) open.Push(further);
        }
        return found;
    }
}
