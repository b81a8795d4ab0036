namespace Mmrr.Training.Data;

/// <summary>
/// Finds the images that a run began with among those that are there now: by name and content, else by content alone (it was renamed), else by name alone (it
/// was changed, and counts as another image). What is found by none of these is missing; what is left over is new.
/// </summary>
internal sealed class Recognition
{
    private readonly IReadOnlyList<RecordedImage> _known;
    private readonly IReadOnlyList<(string Name, string Hash)> _found;
    private readonly int[] _places;
    private readonly bool[] _taken;
    private readonly List<int> _renamed = [];
    private readonly HashSet<int> _changed = [];
    private readonly Dictionary<int, int> _unreadable = [];

    /// <summary>Compares.</summary>
    /// <param name="known">What the run began with.</param>
    /// <param name="found">What is there now.</param>
    public Recognition(IReadOnlyList<RecordedImage> known, IReadOnlyList<(string Name, string Hash)> found)
    {
        (_known, _found) = (known, found);
        _taken = new bool[found.Count];
        _places = [.. Enumerable.Repeat(-1, known.Count)];
        ILookup<string, int> byName = Enumerable.Range(0, found.Count).ToLookup(i => found[i].Name),
            byHash = Enumerable.Range(0, found.Count).ToLookup(i => found[i].Hash);
        Place(k => byName[known[k].Name].Where(i => known[k].Hash.Length == 0 || found[i].Hash == known[k].Hash), (_, _) => true);
        Place(k => known[k].Hash.Length == 0 ? [] : byHash[known[k].Hash], (k, _) =>
        {
            _renamed.Add(k);
            return true;
        });
        Place(k => byName[known[k].Name], (k, i) =>
        {
            if (found[i].Hash.Length == 0) _unreadable.Add(k, i);
            else _changed.Add(k);
            return false;
        });
    }

    /// <summary>Where each known image is among those found; −1 where it is not, or not any more what it was.</summary>
    public IReadOnlyList<int> Places => _places;

    /// <summary>Whether a found image is none of the known ones.</summary>
    public bool IsNew(int found) => !_taken[found];

    /// <summary>Which of the found images are known ones of some parts whose files cannot be read.</summary>
    public IEnumerable<int> Unreadable(Func<ImagePart, bool> parts) => _unreadable.Where(u => parts(_known[u.Key].Part)).Select(u => u.Value);

    /// <summary>Names the images of some parts that are missing or changed; null where all are there.</summary>
    public string? Lost(Func<ImagePart, bool> parts)
    {
        string?[] lines =
        [
            Line("missing", Missing().Where(Wanted)), Line("unreadable", _unreadable.Keys.Where(Wanted)), Line("changed", _changed.Where(Wanted)),
        ];
        return lines.Any(l => l is not null) ? string.Join("; ", lines.Where(l => l is not null)) : null;

        bool Wanted(int k) => parts(_known[k].Part);
    }

    /// <summary>What is to be told, a line each.</summary>
    /// <param name="leftOut">Whether a found image is left out if it is new.</param>
    public IEnumerable<string> Describe(Func<int, bool> leftOut)
    {
        string[] fresh = [.. Enumerable.Range(0, _found.Count).Where(i => IsNew(i) && leftOut(i)).Select(i => _found[i].Name)];
        string?[] lines =
        [
            Line("missing", Missing()),
            Line("unreadable", _unreadable.Keys),
            Line("changed", _changed) is { } changed ? $"{changed}; changed images are not tested" : null,
            NameList.Of([.. _renamed.Select(k => $"{_known[k].Name} is {_found[_places[k]].Name} now")]) is { } renamed
                ? $"renamed since training began: {renamed}" : null,
            NameList.Of(fresh) is { } names ? $"new since training began, and left out: {names}; mmrr evaluate RUN --test DIR takes other images" : null,
        ];
        return lines.OfType<string>();
    }

    private void Place(Func<int, IEnumerable<int>> candidates, Func<int, int, bool> counts)
    {
        for (int k = 0; k < _places.Length; k++)
        {
            if (_places[k] >= 0 || _changed.Contains(k) || _unreadable.ContainsKey(k)) continue;
            int i = candidates(k).Where(i => !_taken[i]).DefaultIfEmpty(-1).First();
            if (i < 0) continue;
            _taken[i] = true;
            if (counts(k, i)) _places[k] = i;
        }
    }

    private IEnumerable<int> Missing() => Enumerable.Range(0, _known.Count).Where(k => _places[k] < 0).Except(_changed).Except(_unreadable.Keys);

    private string? Line(string what, IEnumerable<int> known) =>
        NameList.Of([.. known.Select(k => $"{_known[k].Name} ({_known[k].Part.ToString().ToLowerInvariant()})")]) is { } names
            ? $"{what} since training began: {names}" : null;
}
