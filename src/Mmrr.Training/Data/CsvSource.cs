using System.Globalization;
using Microsoft.VisualBasic.FileIO;

namespace Mmrr.Training.Data;

/// <summary>
/// A list of image files: a CSV file (commas, or semicolons as spreadsheets write them; fields may be quoted) whose first line names its columns, in any order:
/// <list type="bullet">
/// <item><c>image</c>: the file, relative to the list's folder;</item>
/// <item><c>label</c>: <c>normal</c> (or good, ok, 0, false, or nothing), <c>abnormal</c> (or 1, true), or a kind of defect;</item>
/// <item><c>mask</c>: the file of the ground truth of an abnormal image; either all abnormal test images have one, or none;</item>
/// <item><c>split</c>: <c>train</c> or <c>test</c>. Without it, abnormal images are test images, and so is about a fifth of the normal ones, see
/// <see cref="PartDraw"/>, if there are abnormal images and the list marks no normal test image; otherwise normal images are training images.</item>
/// </list>
/// Errors name the line.
/// </summary>
internal sealed class CsvSource : ImageFileSource
{
    private static readonly string[] Columns = ["image", "label", "mask", "split"];
    private readonly List<Row> rows;

    /// <summary>Reads the list; the images are read later.</summary>
    /// <exception cref="FileNotFoundException">The list does not exist.</exception>
    /// <exception cref="InvalidDataException">A line is invalid, or the list is empty.</exception>
    public CsvSource(DataOptions options)
        : base(options)
    {
        if (Directory.Exists(options.Root))
            throw new InvalidDataException($"{options.Root}: a folder; --data csv expects a CSV file with the columns image[,label][,mask][,split]");
        if (!File.Exists(options.Root))
            throw new FileNotFoundException($"{options.Root}: no such file");
        rows = Read(options.Root);
        if (rows.Count == 0)
            throw new InvalidDataException($"{options.Root}: the list names no image");
        if (rows.Find(r => r is { Test: true, Mask: not null }) is { } masked && rows.Find(r => r is { Test: true, Abnormal: true, Mask: null }) is { } without)
            throw Wrong(without.Line, $"an abnormal test image without a mask, while line {masked.Line} has one; give all or none");
    }

    /// <inheritdoc/>
    protected override bool DrawsTest =>
        rows.Exists(r => r.Abnormal) && rows.Exists(r => r is { Abnormal: false, Test: null }) && !rows.Exists(r => r is { Abnormal: false, Test: true });

    /// <inheritdoc/>
    protected override IReadOnlyList<Entry> NormalFiles()
    {
        Row[] normal = [.. rows.Where(r => !r.Abnormal && r.Test != true)], free = [.. normal.Where(r => r.Test is null)];
        if (normal.Length == 0)
            throw new InvalidDataException($"{Options.Root}: the list has no normal image to train on");
        if (DrawsTest && free.Length < 2)
            throw Wrong(free[0].Line, "the only normal image without a split; expected at least 2, one to train on and one to test");
        return Array.ConvertAll(normal, ToEntry);
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<Entry> TestFiles()
    {
        if (!rows.Exists(r => r.Abnormal))
            throw new InvalidDataException($"{Options.Root}: a list without abnormal images has no test set");
        return [.. rows.Where(r => r.Test == true).Select(ToEntry)];
    }

    /// <summary>
    /// Whether a label means that its image is normal. Tables may write 0 and 1 as 0.0 and 1.0 or as False and True; numbers other than non-negative
    /// integers do not mean a kind of defect, such as −1 for an outlier.
    /// </summary>
    private bool IsNormal(string label, long line, out string kind)
    {
        kind = label;
        if (double.TryParse(label, NumberStyles.Float, CultureInfo.InvariantCulture, out double number))
        {
            if (!(number >= 0 && double.IsInteger(number)))
                throw Wrong(line, $"label '{label}'; expected normal (or good, ok, 0, false, nothing), abnormal (or 1, true) or the name of a kind of defect");
            kind = number == 1 ? "abnormal" : number.ToString(CultureInfo.InvariantCulture);
            return number == 0;
        }
        if (label.Equals("true", StringComparison.OrdinalIgnoreCase))
            kind = "abnormal";
        return label.ToUpperInvariant() is "" or "NORMAL" or "GOOD" or "OK" or "FALSE";
    }

    private Entry ToEntry(Row row) => new(
        row.Name, PathOf(row.Name), row.Abnormal, row.Kind, row.Mask is null ? null : PathOf(row.Mask), EmptyMask: rows.Exists(r => r.Mask is not null))
    {
        Place = row.Line,
        Kept = row.Test == false,
    };

    private string PathOf(string name) => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(Options.Root))!, name);

    private List<Row> Read(string path)
    {
        var list = new List<Row>();
        var known = new Dictionary<string, long>(StringComparer.Ordinal);
        string[]? columns = null;
        string separator = ",";
        long line = 0;
        foreach (string text in File.ReadLines(path))
        {
            line++;
            if (string.IsNullOrWhiteSpace(text))
                continue;
            if (columns is null)
            {
                separator = text.Contains(';', StringComparison.Ordinal) && !text.Contains(',', StringComparison.Ordinal) ? ";" : ",";
                columns = Header(Fields(text, separator, line), line);
                continue;
            }

            string[] fields = Fields(text, separator, line);
            if (fields.Length != columns.Length)
                throw Wrong(line, $"{fields.Length} fields; expected {columns.Length}, as in the first line");
            var row = ToRow(line, name => Array.IndexOf(columns, name) is var i and >= 0 ? fields[i] : "");
            if (!known.TryAdd(Path.GetFullPath(PathOf(row.Name)), line))
                throw Wrong(line, $"'{row.Name}' is already named in line {known[Path.GetFullPath(PathOf(row.Name))]}");
            list.Add(row);
        }

        return columns is null ? throw new InvalidDataException($"{path}: an empty file; expected a line with the columns image[,label][,mask][,split]") : list;
    }

    private string[] Fields(string text, string separator, long line)
    {
        using var parser = CsvField.Parser(new StringReader(text), separator, trim: true);
        try
        {
            return parser.ReadFields()!;
        }
        catch (MalformedLineException)
        {
            throw Wrong(line, "a quote that is not closed, or text after a closing quote");
        }
    }

    private string[] Header(string[] fields, long line)
    {
        string[] names = Array.ConvertAll(fields, f => f.ToLowerInvariant());
        if (Array.Find(names, n => !Columns.Contains(n)) is { } unknown)
            throw Wrong(line, $"unknown column '{(unknown.Length > 40 ? $"{unknown[..40]}…" : unknown)}'; expected image[,label][,mask][,split]");
        if (!names.Contains("image"))
            throw Wrong(line, "there is no column 'image'; expected image[,label][,mask][,split]");
        if (names.Distinct().Count() != names.Length)
            throw Wrong(line, "a column is named twice");
        return names;
    }

    private Row ToRow(long line, Func<string, string> field)
    {
        string name = field("image"), label = field("label"), mask = field("mask"), split = field("split");
        if (name.Length == 0)
            throw Wrong(line, "no image");
        if (name.Contains('\0', StringComparison.Ordinal) || mask.Contains('\0', StringComparison.Ordinal))
            throw Wrong(line, "a character of value 0 in a name; expected a text file of names");
        if (name.Contains('\uFFFD', StringComparison.Ordinal) || mask.Contains('\uFFFD', StringComparison.Ordinal))
            throw Wrong(line, $"'{name}' is not UTF-8; save the list as UTF-8");
        bool abnormal = !IsNormal(label, line, out string defect);
        bool? test = split.ToUpperInvariant() switch
        {
            "TRAIN" => false,
            "TEST" => true,
            "" => abnormal ? true : null,
            _ => throw Wrong(line, $"split '{split}'; expected train, test or nothing"),
        };
        if (abnormal && test == false)
            throw Wrong(line, $"'{label}' in the training images; only normal images are trained on");
        if (!abnormal && mask.Length > 0)
            throw Wrong(line, "a mask of a normal image; only abnormal ones have one");
        return new Row(line, name, abnormal, abnormal ? defect : "good", mask.Length > 0 ? mask : null, test);
    }

    private InvalidDataException Wrong(long line, string problem) => new($"{Options.Root}: line {line}: {problem}");

    /// <summary>One line of the list; Test is null where the draw decides.</summary>
    private sealed record Row(long Line, string Name, bool Abnormal, string Kind, string? Mask, bool? Test);
}
