using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using Mmrr.Nn.Checkpoints;
using Mmrr.Training.Data;
using Mmrr.Training.Pictures;

namespace Mmrr.App.Reports.Charts;

/// <summary>
/// Elements of a page that is both HTML and well-formed XML: external names (files, classes) cannot become markup, and a test can parse it. A page is
/// self-contained: pictures are data URIs, styles are inline, and its content security policy forbids loading anything else.
/// </summary>
internal static class Html
{
    private static readonly HashSet<string> s_void = ["meta", "img", "br", "hr", "input", "col"];

    /// <summary>An element; strings in the content become text, nulls are ignored.</summary>
    public static XElement Element(string name, params object?[] content) => new(name, content);

    /// <summary>An element with a CSS class.</summary>
    public static XElement Classed(string name, string cssClass, params object?[] content) => new(name, new XAttribute("class", cssClass), content);

    /// <summary>An attribute.</summary>
    public static XAttribute Attribute(string name, string value) => new(name, value);

    /// <summary>A formatted number that keeps its exact value for programs.</summary>
    public static XElement Number(double value, string format) =>
        new("data", new XAttribute("value", value.ToString("R", CultureInfo.InvariantCulture)), value.ToString(format, CultureInfo.InvariantCulture));

    /// <summary>A picture inside the page.</summary>
    /// <param name="tile">The pixels.</param>
    /// <param name="alternative">The alternative text.</param>
    public static XElement Picture(Tile tile, string alternative)
    {
        string data = Convert.ToBase64String(OwnOutput.EncodePng(tile.Pixels.Span, tile.Height, tile.Width, tile.Channels));
        return new XElement(
            "img", new XAttribute("src", $"data:image/png;base64,{data}"), new XAttribute("alt", alternative),
            new XAttribute("width", tile.Width), new XAttribute("height", tile.Height));
    }

    /// <summary>A table that scrolls horizontally where it is wider than the page.</summary>
    /// <param name="caption">The caption.</param>
    /// <param name="header">The column headers.</param>
    /// <param name="rows">The rows; the first cell of each is its header.</param>
    public static XElement Table(string caption, IEnumerable<object?> header, IEnumerable<IReadOnlyList<object?>> rows) =>
        Classed(
            "div", "scroll", Attribute("tabindex", "0"), Attribute("role", "region"), Attribute("aria-label", caption),
            Element(
                "table",
                Element("caption", Element("span", caption)),
                Element("thead", Element("tr", header.Select(h => Element("th", Attribute("scope", "col"), h)))),
                Element("tbody", rows.Select(r =>
                    Element("tr", Element("th", Attribute("scope", "row"), r[0]), r.Skip(1).Select(cell => Element("td", cell)))))));

    /// <summary>Writes a page, replacing an existing file atomically.</summary>
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

    /// <summary>Adapts what XML allows but HTML reads differently, and removes what XML cannot represent.</summary>
    private static void MakePortable(XElement page)
    {
        foreach (var element in page.DescendantsAndSelf())
        {
            // HTML reads <td/> as <td>, with everything that follows inside it.
            if (element.IsEmpty && !s_void.Contains(element.Name.LocalName)) element.Value = "";
            foreach (var attribute in element.Attributes()) attribute.Value = Printable(attribute.Value);
        }
        foreach (var text in page.DescendantNodes().OfType<XText>()) text.Value = Printable(text.Value);
    }

    /// <summary>Replaces characters that XML forbids: file names may contain control characters and unpaired surrogates.</summary>
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
