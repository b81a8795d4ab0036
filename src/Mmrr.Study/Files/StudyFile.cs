using System.Globalization;
using System.Text.Json;
using Mmrr.Nn;
using Mmrr.Study.Paper;
using Mmrr.Training.Data;

namespace Mmrr.Study.Files;

/// <summary>Reads a study's file.</summary>
internal static class StudyFile
{
    // Ten times the largest that ships; a mistake in a list is more likely beyond.
    private const int MostCells = 10_000;

    // Folders beside those of the tables.
    private static readonly string[] s_folders = ["cells", "claims", "logs"];

    // What the study itself decides for each cell.
    private static readonly string[] s_own =
        ["data", "root", "normal", "abnormal", "seed", "out", "resume", "config", "device", "threads", "precision", "json", "test", "baselines"];

    private static readonly string[] s_rules = [.. Enum.GetValues<ScoreRule>().Select(rule => rule.Name())];

    /// <summary>Reads and checks a file.</summary>
    /// <param name="path">The file, YAML or JSON.</param>
    /// <param name="commands">The commands that have the options.</param>
    /// <exception cref="InvalidDataException">Something in it is wrong; the message has the line.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static StudyDefinition Read(string path, ICommands commands)
    {
        var root = StudyNode.Read(path);
        StudySchema.Check(path, root);
        var common = Options(root["options"], "train", commands);
        var evaluate = Options(root["evaluate"], "evaluate", commands);
        double minutes = Number(root.Of("estimate"));
        StudyData[] data = [.. root.Of("data").Items.Select(node => Data(node, common, commands))];
        StudyMethod[] methods = [.. root.Of("methods").Items.Select(node => Method(node, evaluate, minutes, commands))];
        foreach (var (method, i) in methods.Select((m, i) => (m, i)))
        {
            if (methods.Take(i).FirstOrDefault(m => m.Name == method.Name) is { } other)
                throw new InvalidDataException($"{method.Place}: a second method '{method.Name}'; the first is at {other.Place}");
        }
        long[] seeds = [.. root.Of("seeds").Items.Select(Seed)];
        var definition = new StudyDefinition(
            path, Name(root.Of("study")), root["title"]?.TextLine ?? root.Of("study").Text, [.. root["notes"]?.Items.Select(n => n.TextLine) ?? []],
            data, seeds, methods, [.. root["figures"]?.Items.Select(f => f.Text).Distinct() ?? ["image-auroc"]], Paper(root, methods),
            root["report"] is { } report ? Options(report, "report", commands) : null, root["rows"]?.Text == "methods");
        long cells = methods.LongLength * seeds.LongLength * data.Sum(d => d.Classes.Count);
        if (cells > MostCells) throw new InvalidDataException(FormattableString.Invariant($"{path}: {cells} cells, expected {MostCells} at most"));
        CheckTogether(definition, commands);
        return definition;
    }

    private static string Name(StudyNode node) => s_folders.Contains(node.Text)
        ? throw node.Fault($"study: {node.Text} is the name of another folder in --out; choose another name")
        // The schema's expression ends at a line end too.
        : node.Text == node.TextLine ? node.Text
        : throw node.Fault("study: a line end in the name");

    private static StudyData Data(StudyNode node, IReadOnlyDictionary<string, CellOption?> common, ICommands commands)
    {
        var options = Merged(common, Options(node["options"], "train", commands));
        string kind = node.Of("kind").Text, root = Folder(node.Of("root"));
        var names = ClassNames.Of(kind);
        var classes = node["classes"];
        if (kind is "folder" or "csv")
        {
            if (classes is not null) throw classes.Fault($"{kind} has no classes: all of its images outside of the abnormal ones are normal");
            return new StudyData(kind, root, node["abnormal"] is { } other ? Folder(other) : null, [("", Place(node))], options);
        }
        if (node["abnormal"] is { } abnormal) throw abnormal.Fault($"abnormal belongs to folder, not to {kind}");
        if (classes is null) throw node.Fault($"{kind} needs classes");
        if (!classes.IsList && names is null) throw classes.Fault($"{kind} needs a list of classes: all is for mnist, fmnist and cifar10");
        (string, string)[] chosen = classes.IsList
            ? [.. classes.Items.Select(item => (Class(item, kind, names), Place(item)))]
            : [.. names!.Select(name => (name, Place(classes)))];
        return new StudyData(kind, root, null, chosen, options);
    }

    // With and without a separator at the end it is one folder.
    private static string Folder(StudyNode node) => Path.TrimEndingDirectorySeparator(node.Text);

    // A label and its name are one class.
    private static string Class(StudyNode node, string kind, IReadOnlyList<string>? names)
    {
        if (names is null)
        {
            string category = node.Text.TrimEnd('/', '\\');
            return category.Length > 0 ? category : throw node.Fault($"a class is '{node.Text}', expected the name of a folder of {kind}");
        }
        try
        {
            return names[ClassNames.Parse(names, node.Text, kind)];
        }
        catch (InvalidDataException e)
        {
            throw node.Fault(e.Message);
        }
    }

    private static StudyMethod Method(StudyNode node, IReadOnlyDictionary<string, CellOption?> evaluate, double minutes, ICommands commands)
    {
        string name = node.Of("name").TextLine, command = node["command"]?.Text ?? "train";
        bool baselines = command == "baselines";
        string[] columns = [.. node["columns"]?.Items.Select(c => c.Text).Distinct() ?? (baselines ? [] : [StudyMethod.Without, StudyMethod.With])];
        if (baselines && columns.Length == 0) throw node.Fault("baselines needs columns: names of simple methods, as mmrr baselines prints them");
        if (baselines && node["evaluate"] is { } unused) throw unused.Fault("baselines has no evaluate: its options are those of mmrr baselines");
        if (!baselines && columns.FirstOrDefault(c => !IsColumn(c)) is { } unknown)
            throw node.Of("columns").Fault(
                $"unknown column '{unknown}', expected {StudyMethod.With} or {StudyMethod.Without}, or these with a rule: {StudyMethod.With}:{s_rules[0]}");
        if (!baselines && !columns.Any(c => c is StudyMethod.With or StudyMethod.Without))
            throw node.Of("columns").Fault($"{name} has no column by its own rule; expected {StudyMethod.With} or {StudyMethod.Without} too");
        var own = Options(node["options"], command, commands);
        var scored = Options(node["evaluate"], "evaluate", commands);
        foreach (var (key, _) in node["paper"]?.Pairs ?? [])
        {
            if (!columns.Contains(key.Text)) throw key.Fault($"'{key.Text}' is not among the columns of {name}: {string.Join(", ", columns)}");
        }
        return new StudyMethod(
            name, command, own, baselines ? scored : Merged(evaluate, scored), columns,
            (node["paper"]?.Pairs ?? []).ToDictionary(p => p.Key.Text, p => p.Value.Text),
            node["estimate"] is { } stated ? Number(stated) : minutes, Place(node));
    }

    private static bool IsColumn(string column)
    {
        var (kind, rule) = StudyMethod.Parts(column);
        return kind is StudyMethod.With or StudyMethod.Without && (rule is null || s_rules.Contains(rule));
    }

    /// <summary>Options with others put over them.</summary>
    public static IReadOnlyDictionary<string, CellOption?> Merged(
        IReadOnlyDictionary<string, CellOption?> below, IReadOnlyDictionary<string, CellOption?> above) =>
        below.Where(o => !above.ContainsKey(o.Key)).Concat(above).ToDictionary(o => o.Key, o => o.Value);

    private static Dictionary<string, CellOption?> Options(StudyNode? node, string command, ICommands commands)
    {
        var options = new Dictionary<string, CellOption?>();
        if (node is null) return options;
        var known = commands.OptionsOf(command);
        foreach (var (key, value) in node.Pairs)
        {
            string name = key.Text;
            if (s_own.Contains(name)) throw key.Fault($"--{name} is not an option of a method: the study or mmrr study run sets it for each cell");
            if (!known.Contains(name)) throw key.Fault($"unknown option '{name}' of mmrr {command}; {Nearest(name, known)}");
            // As in the schema: what is quoted is text, and not a switch.
            var kind = value.IsList ? JsonValueKind.Array : value.ToJson([])?.GetValueKind() ?? JsonValueKind.Null;
            options[name] = kind switch
            {
                JsonValueKind.Null or JsonValueKind.False => null,
                JsonValueKind.True => new CellOption(name, null, Place(key)),
                JsonValueKind.Array => new CellOption(name, string.Join(',', value.Items.Select(i => i.Text)), Place(key)),
                _ => new CellOption(name, value.Text, Place(key)),
            };
        }
        return options;
    }

    private static string Nearest(string name, IReadOnlyList<string> known)
    {
        string near = known.Except(s_own).MinBy(k => Distance(name, k))!;
        return Distance(name, near) <= 1 + (near.Length / 3) ? $"the nearest is '{near}'" : "its --help lists all";
    }

    // Levenshtein's.
    private static int Distance(string a, string b)
    {
        int[] above = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int[] row = [i, .. new int[b.Length]];
            for (int j = 1; j <= b.Length; j++) row[j] = Math.Min(Math.Min(row[j - 1], above[j]) + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
            above = row;
        }
        return above[^1];
    }

    private static PaperReference? Paper(StudyNode root, StudyMethod[] methods)
    {
        if (root["paper"] is not { } node)
        {
            if (methods.FirstOrDefault(m => m.Paper.Count > 0) is { } method)
                throw new InvalidDataException($"{method.Place}: {method.Name} names columns of the paper; paper: {{table: N}} is missing");
            return null;
        }
        var table = node.Of("table");
        int[] tables = [.. (table.IsList ? table.Items : [table]).Select(n => (int)Number(n)).Distinct()];
        var paper = new PaperColumns(tables);
        var columns = paper.Names;
        string expected = $"{paper.Title} of the paper {(tables.Length > 1 ? "have" : "has")} no column '{{0}}'; "
            + $"{(tables.Length > 1 ? "they have" : "it has")} {string.Join(", ", columns)}";
        foreach (var quoted in node["quote"]?.Items ?? [])
        {
            if (!columns.Contains(quoted.Text)) throw quoted.Fault(string.Format(CultureInfo.InvariantCulture, expected, quoted.Text));
        }
        foreach (var method in methods)
        {
            if (method.Paper.Values.FirstOrDefault(c => !columns.Contains(c)) is { } unknown)
                throw new InvalidDataException($"{method.Place}: {string.Format(CultureInfo.InvariantCulture, expected, unknown)}");
        }
        return new PaperReference(tables, [.. node["quote"]?.Items.Select(q => q.Text) ?? []]);
    }

    /// <summary>Lets the program itself read each combination of options.</summary>
    private static void CheckTogether(StudyDefinition study, ICommands commands)
    {
        foreach (var method in study.Methods)
        {
            foreach (var data in study.Data)
            {
                string[] normal = data.Classes[0].Name is { Length: > 0 } name ? ["--normal", name] : [];
                Check(method.Name, method.Place, [method.Command, "--data", data.Kind, "--root", data.Root, .. normal], method.TrainOptions(data));
            }
            if (!method.IsBaselines) Check(method.Name, method.Place, ["evaluate", "RUN"], method.Evaluate);
        }
        if (study.Report is { } report) Check("report", study.Path, ["report", "RUN"], report);

        void Check(string name, string place, string[] begin, IReadOnlyDictionary<string, CellOption?> options)
        {
            if (commands.ErrorIn([.. begin, .. Arguments(options)]) is not { } problem) return;
            var named = options.Values.OfType<CellOption>().FirstOrDefault(o => problem.StartsWith($"--{o.Name} ", StringComparison.Ordinal));
            throw new InvalidDataException($"{named?.Place ?? place}: {name}: {problem}");
        }
    }

    /// <summary>Options as arguments of the program, in the order of their names.</summary>
    public static IReadOnlyList<string> Arguments(IReadOnlyDictionary<string, CellOption?> options) =>
        [.. options.Values.OfType<CellOption>().OrderBy(o => o.Name, StringComparer.Ordinal)
            .SelectMany(o => o.Value is not { } value ? [$"--{o.Name}"]
                // The one option of which several values are arguments of their own.
                : o.Name == "set" ? [$"--{o.Name}", .. value.Split(',')]
                : new[] { $"--{o.Name}", value })];

    private static long Seed(StudyNode node) =>
        long.TryParse(node.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seed)
            ? seed
            : throw node.Fault($"a seed is {node.Text}, expected a whole number of 64 bits");

    private static double Number(StudyNode node) => double.Parse(node.Text, CultureInfo.InvariantCulture);

    private static string Place(StudyNode node) => node.Fault("").Message[..^2];
}
