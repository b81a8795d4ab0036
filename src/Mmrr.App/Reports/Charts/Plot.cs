using System.Globalization;
using System.Text;
using System.Xml.Linq;

namespace Mmrr.App.Reports.Charts;

/// <summary>
/// A plot as SVG inside a page. Colours and fonts are the page's (report.css), so it follows dark mode and needs no font of the machine that wrote it; a
/// plotting library's SVG would include both and need native libraries. 440 units wide, so that a label on a phone is still about ten pixels high.
/// </summary>
internal sealed class Plot
{
    private const double Width = 440;
    private const double Left = 66;
    private const double Right = 14;
    private const double Top = 12;
    private const double Bottom = 46;

    private readonly Axis _x;
    private readonly Axis _y;
    private readonly double _height;
    private readonly List<XElement> _content = [];
    private readonly List<(string Series, string Name)> _legend = [];

    /// <summary>An empty plot.</summary>
    public Plot(Axis x, Axis y, double height = 290)
    {
        _x = x;
        _y = y;
        _height = height;
    }

    /// <summary>A line through points.</summary>
    /// <param name="points">In order.</param>
    /// <param name="series">CSS class: its colour, and whether it is dashed.</param>
    /// <param name="name">Its name in the legend; null for none.</param>
    /// <param name="dots">Whether each point is marked.</param>
    public Plot Line(IEnumerable<(double X, double Y)> points, string series, string? name, bool dots = false)
    {
        (double X, double Y)[] all = [.. points];
        var path = new StringBuilder();
        foreach (var (x, y) in all) path.Append(path.Length == 0 ? 'M' : 'L').Append(Text(AtX(x))).Append(' ').Append(Text(AtY(y)));
        _content.Add(Shape("path", $"line {series}", ("d", path.ToString())));
        if (dots || all.Length == 1)
            _content.AddRange(all.Select(p => Shape("circle", $"dot {series}", ("cx", Text(AtX(p.X))), ("cy", Text(AtY(p.Y))), ("r", "3"))));
        if (name is not null) _legend.Add((series, name));
        return this;
    }

    /// <summary>Marked points without a line.</summary>
    /// <param name="points">The points.</param>
    /// <param name="series">CSS class.</param>
    /// <param name="name">Its name in the legend; null for none.</param>
    public Plot Dots(IEnumerable<(double X, double Y)> points, string series, string? name)
    {
        _content.AddRange(points.Select(p => Shape("circle", $"dot {series}", ("cx", Text(AtX(p.X))), ("cy", Text(AtY(p.Y))), ("r", "3"))));
        if (name is not null) _legend.Add((series, name));
        return this;
    }

    /// <summary>A box from the lower to the upper quartile with a line at the median, and whiskers to the lowest and the highest value.</summary>
    /// <param name="x">Its middle.</param>
    /// <param name="width">Its width, in units of the horizontal axis.</param>
    /// <param name="quantiles">The lowest value, the quartiles and the highest value, [5].</param>
    /// <param name="series">CSS class.</param>
    public Plot Box(double x, double width, IReadOnlyList<double> quantiles, string series)
    {
        string left = Text(AtX(x - (width / 2))), right = Text(AtX(x + (width / 2))), middle = Text(AtX(x));
        string[] y = [.. quantiles.Select(q => Text(AtY(q)))];
        string outline = $"M{middle} {y[0]}V{y[1]}M{left} {y[1]}H{right}V{y[3]}H{left}ZM{left} {y[2]}H{right}M{middle} {y[3]}V{y[4]}";
        _content.Add(Shape("path", $"line {series}", ("d", outline)));
        return this;
    }

    /// <summary>A filled step outline over the horizontal axis.</summary>
    /// <param name="edges">[N + 1].</param>
    /// <param name="heights">[N].</param>
    /// <param name="series">CSS class.</param>
    /// <param name="name">Its name in the legend.</param>
    public Plot Bars(IReadOnlyList<double> edges, IReadOnlyList<double> heights, string series, string name)
    {
        var path = new StringBuilder($"M{Text(AtX(edges[0]))} {Text(Floor)}");
        for (int i = 0; i < heights.Count; i++)
            path.Append(CultureInfo.InvariantCulture, $"V{Text(AtY(heights[i]))}H{Text(AtX(edges[i + 1]))}");
        path.Append(CultureInfo.InvariantCulture, $"V{Text(Floor)}Z");
        _content.Add(Shape("path", $"area {series}", ("d", path.ToString())));
        _legend.Add((series, name));
        return this;
    }

    /// <summary>A vertical line across the plot with a label at its top.</summary>
    public Plot Cut(double x, string label)
    {
        double at = AtX(x);
        bool right = at > Width * 0.6;
        _content.Add(Shape("line", "cut", ("x1", Text(at)), ("x2", Text(at)), ("y1", Text(Top)), ("y2", Text(Floor))));
        _content.Add(Label(label, at + (right ? -5 : 5), Top + 11, right ? "end" : "start", "note"));
        return this;
    }

    /// <summary>A marked point with lines of text beside it.</summary>
    public Plot Mark(double x, double y, params string[] lines)
    {
        double atX = AtX(x), atY = AtY(y);
        bool right = atX > Width * 0.55;
        _content.Add(Shape("circle", "mark", ("cx", Text(atX)), ("cy", Text(atY)), ("r", "5")));
        // Below and beside the point: a good ROC curve runs above it, and a second one close by.
        double first = Math.Min(atY + 36, Floor - 8 - (16 * (lines.Length - 1)));
        for (int i = 0; i < lines.Length; i++) _content.Add(Label(lines[i], atX + (right ? -28 : 28), first + (16 * i), right ? "end" : "start", "note"));
        return this;
    }

    /// <summary>The plot with its legend and its caption.</summary>
    /// <param name="description">What it shows, with its main figures, as text for screen readers.</param>
    /// <param name="caption">The caption below it; empty for none.</param>
    public XElement ToFigure(string description, params object?[] caption) =>
        Html.Element("figure", ToSvg(description), Legend(), caption.Length == 0 ? null : Html.Element("figcaption", caption));

    private XElement? Legend() =>
        _legend.Count == 0
            ? null
            : Html.Classed("ul", "legend", _legend.Select(entry => Html.Element(
                "li",
                new XElement(
                    "svg", new XAttribute("viewBox", "0 0 26 10"), new XAttribute("width", "26"),
                    new XAttribute("height", "10"), new XAttribute("aria-hidden", "true"),
                    Shape("path", $"line {entry.Series}", ("d", "M0 5H26"))),
                " " + entry.Name)));

    private XElement ToSvg(string description)
    {
        var svg = new XElement(
            "svg", new XAttribute("viewBox", $"0 0 {Text(Width)} {Text(_height)}"), new XAttribute("class", "plot"),
            new XAttribute("role", "img"), new XAttribute("aria-label", description));
        foreach (var (value, label) in _x.Ticks())
        {
            double at = AtX(value);
            svg.Add(
                Shape("line", "grid", ("x1", Text(at)), ("x2", Text(at)), ("y1", Text(Top)), ("y2", Text(Floor))),
                Label(label, at, Floor + 17, "middle", "tick"));
        }
        foreach (var (value, label) in _y.Ticks())
        {
            double at = AtY(value);
            svg.Add(
                Shape("line", "grid", ("x1", Text(Left)), ("x2", Text(Width - Right)), ("y1", Text(at)), ("y2", Text(at))),
                Label(label, Left - 7, at + 4, "end", "tick"));
        }
        svg.Add(Label(_x.Title, (Left + Width - Right) / 2, _height - 8, "middle", "title"));
        var upright = Label(_y.Title, 0, 0, "middle", "title");
        upright.SetAttributeValue("transform", $"translate(13 {Text((Top + Floor) / 2)}) rotate(-90)");
        svg.Add(upright, _content);
        return svg;
    }

    private double Floor => _height - Bottom;

    private double AtX(double value) => Left + (_x.Place(value) * (Width - Left - Right));

    private double AtY(double value) => Floor - (_y.Place(value) * (Floor - Top));

    private static XElement Label(string text, double x, double y, string anchor, string cssClass) =>
        new("text", new XAttribute("class", cssClass), new XAttribute("x", Text(x)), new XAttribute("y", Text(y)), new XAttribute("text-anchor", anchor), text);

    private static XElement Shape(string name, string cssClass, params (string Name, string Value)[] attributes) =>
        new(name, new XAttribute("class", cssClass), attributes.Select(a => new XAttribute(a.Name, a.Value)));

    private static string Text(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
