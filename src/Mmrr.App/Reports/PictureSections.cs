using System.Globalization;
using System.Xml.Linq;
using Mmrr.App.Reports.Charts;
using Mmrr.Training.Evaluation;
using Mmrr.Training.Pictures;

namespace Mmrr.App.Reports;

/// <summary>The pictures of a report as sections of a page.</summary>
internal static class PictureSections
{
    // Wider pictures are reduced: fifteen levels of three pictures each are shown side by side.
    private const int GridSide = 96;

    /// <summary>Cards of images, each with its map of scores.</summary>
    /// <param name="cards">The images.</param>
    /// <param name="threshold">The run's threshold; null where it has none for these scores.</param>
    public static XElement Cards(IReadOnlyList<ImageCard> cards, double? threshold) =>
        Html.Classed("ul", "cards", cards.Select(card => Html.Element(
            "li",
            Html.Element(
                "figure",
                Html.Classed("div", "views", Views(card)),
                Html.Element("figcaption", Title(card.Image), Html.Element("br"), Score(card.Image, threshold))))));

    /// <summary>An image, and in a table whose columns are levels the steps of the method, of MMRR mask, restored and refined image.</summary>
    public static XElement Grid(GridCard card, double? threshold)
    {
        var grid = card.Grid;
        string name = card.Card.Image.Name;
        // The same height for all, so that columns line up.
        bool levels = grid.Levels.Count > 1;
        List<object?[]> rows = [.. grid.Rows.Select(row => Row(row.Symbol, row.Name, row.Tiles))];
        return Html.Classed(
            "article", "grid",
            Html.Element("h3", Title(card.Card.Image)),
            Html.Element("p", Score(card.Card.Image, threshold)),
            Html.Classed(
                "div", "views", Views(card.Card),
                grid.Once.Select(step => View(step.Tiles[0], $"{char.ToUpperInvariant(step.Name[0])}{step.Name[1..]} of {name}", step.Symbol))),
            Html.Table(
                levels ? $"{name} at {grid.Levels.Count} mask levels" : $"{name}, restored",
                levels ? ["level", .. grid.Levels.Select(l => (object?)l.ToString("0.00#", CultureInfo.InvariantCulture))] : ["", ""],
                rows));

        object?[] Row(string symbol, string word, IReadOnlyList<Tile> tiles) =>
            [symbol, .. tiles.Select((tile, l) => (object?)Html.Picture(
                tile.Reduce(GridSide), levels ? string.Create(CultureInfo.InvariantCulture, $"{word} at level {grid.Levels[l]:0.00#}") : word))];
    }

    private static XElement[] Views(ImageCard card)
    {
        List<XElement> views = [View(card.Picture, $"{card.Image.Name}", "x"), View(card.Heatmap, $"Score map of {card.Image.Name}", "scores")];
        if (card.Truth is not null) views.Add(View(card.Truth, $"Ground truth of {card.Image.Name}", "truth"));
        return [.. views];
    }

    private static XElement View(Tile tile, string alternative, string label) =>
        Html.Classed("span", "view", Html.Picture(tile, alternative), Html.Element("span", label));

    private static object[] Title(ScoredImage image) =>
        [Html.Classed("span", image.Abnormal ? "tag abnormal" : "tag normal", image.Kind), " ", Html.Classed("span", "name", image.Name)];

    private static object?[] Score(ScoredImage image, double? threshold) =>
    [
        "score ", Html.Number(image.Score, "G4"),
        threshold is not { } t ? null : (image.Abnormal, image.Score > t) switch
        {
            (true, true) => ": found",
            (true, false) => ": missed",
            (false, true) => ": false alarm",
            (false, false) => ": passed",
        },
    ];
}
