using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using Mmrr.Nn.Checkpoints;
using Mmrr.Training.Data;
using Mmrr.Training.Pictures;

namespace Mmrr.App.Reports.Charts;

/// <summary>
/// Elements of a page that is HTML and well-formed XML at once: names from outside (files, classes) cannot become markup, and a test can parse it. A file
/// stands alone: pictures are data URIs, styles are inline, and its policy forbids a browser to load anything else.
/// </summary>
internal static class Html
{
    private static readonly HashSet<string> s_void = ["meta", "img", "br", "hr", "input", "col"];

    /// <summary>An element; strings among the content become text, nulls nothing.</summary>
    public static XElement Element(string name, params object?[] content) => new(name, content);

    /// <summary>An element of a class.</summary>
    public static XElement Classed(string name, string cssClass, params object?[] content) => new(name, new XAttribute("class", cssClass), content);

    /// <summary>An attribute.</summary>
    public static XAttribute Attribute(string name, string value) => new(name, value);

    /// <summary>A number for people, which keeps its exact value for programs.</summary>
    public static XElement Number(double value, string format) =>
        new("data", new XAttribute("value", value.ToString("R", CultureInfo.InvariantCulture)), value.ToString(format, CultureInfo.InvariantCulture));

    /// <summary>A picture inside the page.</summary>
    /// <param name="tile">The pixels.</param>
    /// <param name="alternative">What stands for it where it is not seen.</param>
    public static XElement Picture(Tile tile, string alternative)
    {
        string data = Convert.ToBase64String(OwnOutput.EncodePng(tile.Pixels.Span, tile.Height, tile.Width, tile.Channels));
        return new XElement(
            "img", new XAttribute("src", $"data:image/png;base64,{data}"), new XAttribute("alt", alternative),
            new XAttribute("width", tile.Width), new XAttribute("height", tile.Height));
    }

    /// <summary>A table that scrolls by itself where it is wider than the page.</summary>
    /// <param name="caption">Above it.</param>
    /// <param name="header">Of the columns.</param>
    /// <param name="rows">The first cell of a row is its header.</param>
    public static XElement Table(string caption, IEnumerable<object?> header, IEnumerable<IReadOnlyList<object?>> rows) =>
        Classed(
            "div", "scroll", Attribute("tabindex", "0"), Attribute("role", "region"), Attribute("aria-label", caption),
            Element(
                "table",
                Element("caption", Element("span", caption)),
                Element("thead", Element("tr", header.Select(h => Element("th", Attribute("scope", "col"), h)))),
                Element("tbody", rows.Select(r =>
                    Element("tr", Element("th", Attribute("scope", "row"), r[0]), r.Skip(1).Select(cell => Element("td", cell)))))));

    /// <summary>Writes a page, replacing an old file whole.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Save(string path, string title, IEnumerable<XElement> body)
    {
        var page = Element(
            "html",
            Attribute("lang", "en"),
            Element(
                "head",
                Element("meta", Attribute("charset", "utf-8")),
                Element("meta", Attribute("name", "viewport"), Attribute("content", "width=device-width, initial-scale=1")),
                Element("meta", Attribute("name", "color-scheme"), Attribute("content", "light dark")),
                Element(
                    "meta", Attribute("http-equiv", "Content-Security-Policy"),
                    Attribute("content", "default-src 'none'; img-src data:; style-src 'unsafe-inline'")),
                Element("title", title),
                Element("style", Style())),
            Element("body", body));
        MakePortable(page);
        var text = new StringBuilder("<!DOCTYPE html>\n");
        using (var writer = XmlWriter.Create(text, new XmlWriterSettings { OmitXmlDeclaration = true, NewLineHandling = NewLineHandling.None }))
            page.Save(writer);
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text.Append('\n').ToString())));
    }

    /// <summary>What XML may write but HTML reads otherwise, and what XML cannot hold at all.</summary>
    private static void MakePortable(XElement page)
    {
        foreach (var element in page.DescendantsAndSelf())
        {
            // HTML reads <td/> as <td>, whatever follows being inside.
            if (element.IsEmpty && !s_void.Contains(element.Name.LocalName)) element.Value = "";
            foreach (var attribute in element.Attributes()) attribute.Value = Printable(attribute.Value);
        }
        foreach (var text in page.DescendantNodes().OfType<XText>()) text.Value = Printable(text.Value);
    }

    /// <summary>File names may hold control characters and halves of surrogate pairs.</summary>
    private static string Printable(string text)
    {
        if (text.All(c => XmlConvert.IsXmlChar(c))) return text;
        var result = new StringBuilder();
        foreach (var rune in text.EnumerateRunes()) result.Append(rune.IsBmp && !XmlConvert.IsXmlChar((char)rune.Value) ? "\uFFFD" : rune.ToString());
        return result.ToString();
    }

    private static string Style()
    {
        using var stream = typeof(Html).Assembly.GetManifestResourceStream("report.css")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
