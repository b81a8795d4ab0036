using System.Xml;
using System.Xml.Linq;
using Xunit;

namespace Mmrr.App.Tests.Reports;

/// <summary>A page as a strict parser reads it.</summary>
internal static class ReportPage
{
    // HTML has no end tag for these and needs one for all others.
    private static readonly string[] s_void = ["meta", "img", "br"];

    /// <summary>Parses a page and checks that it stands alone, runs nothing and means the same to an HTML parser.</summary>
    public static XElement Parse(string path)
    {
        using var reader = XmlReader.Create(path, new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore, XmlResolver = null });
        var page = XDocument.Load(reader).Root!;
        Assert.Equal("html", page.Name.LocalName);
        Assert.Equal(
            "width=device-width, initial-scale=1",
            page.Descendants("meta").Single(m => (string?)m.Attribute("name") == "viewport").Attribute("content")!.Value);
        foreach (var element in page.DescendantsAndSelf())
        {
            Assert.DoesNotContain(element.Name.LocalName, new[] { "script", "link", "iframe", "object", "embed", "base", "form" });
            if (element.IsEmpty) Assert.True(s_void.Contains(element.Name.LocalName) || element.Ancestors("svg").Any(), $"<{element.Name}/>");
            foreach (var attribute in element.Attributes())
            {
                string name = attribute.Name.LocalName;
                Assert.False(name.StartsWith("on", StringComparison.Ordinal), name);
                if (name is "src" or "srcset" or "poster" or "data") Assert.StartsWith("data:image/png;base64,", attribute.Value, StringComparison.Ordinal);
                if (name is "href" or "action" or "cite") Assert.StartsWith("#", attribute.Value, StringComparison.Ordinal);
            }
        }
        Assert.All(page.Descendants("img"), img => Assert.NotEmpty(img.Attribute("alt")!.Value));
        Assert.All(page.Descendants("table"), table =>
            Assert.True(table.Element("caption") is not null && table.Descendants("th").All(th => th.Attribute("scope") is not null)));
        string style = page.Descendants("style").Single().Value;
        // < > & would be written as entities, which a style element does not have.
        Assert.DoesNotContain(style, c => c is '<' or '>' or '&');
        Assert.DoesNotContain("url(", style, StringComparison.Ordinal);
        Assert.DoesNotContain("@import", style, StringComparison.Ordinal);
        return page;
    }
}
