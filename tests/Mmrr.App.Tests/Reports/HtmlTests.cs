using Mmrr.App.Reports.Charts;
using Mmrr.App.Tests.Data;
using Mmrr.Training.Pictures;
using Xunit;

namespace Mmrr.App.Tests.Reports;

public sealed class HtmlTests
{
    [Theory]
    [InlineData("<b>bold</b> & \"quoted\" 'name'", "<b>bold</b> & \"quoted\" 'name'")]
    [InlineData("]]><!-- -->", "]]><!-- -->")]
    [InlineData("a\u0001b\u007fc", "a\uFFFDb\u007fc")]
    [InlineData("Zürich 漢字 😀", "Zürich 漢字 😀")]
    public void NamesStayText(string name, string expected)
    {
        using var folder = new TemporaryFolder();
        string path = folder["page.html"];
        Html.Save(
            path,
            name,
            [Html.Element("p", Html.Attribute("title", name), name), Html.Table(name, [name], [[name]]), Html.Picture(new Tile(1, 1, 1, [7]), name)]);
        var page = ReportPage.Parse(path);
        Assert.Equal([expected, expected], new[] { page.Descendants("p").Single().Value, page.Descendants("p").Single().Attribute("title")!.Value });
        Assert.Equal(expected, page.Descendants("th").Concat(page.Descendants("title")).Select(e => e.Value).Distinct().Single());
        Assert.Equal(expected, page.Descendants("img").Single().Attribute("alt")!.Value);
        Assert.Empty(page.Descendants("b"));
    }

    // A file name of another system; an attribute's argument could not hold it.
    [Fact]
    public void HalfACharacterIsReplaced() => NamesStayText("a" + (char)0xD83D + "b", "a\uFFFDb");

    [Fact]
    public void ElementsWithoutContentKeepTheirEndTags()
    {
        using var folder = new TemporaryFolder();
        Html.Save(folder["page.html"], "", [Html.Element("p"), Html.Element("br"), Html.Table("t", [null], [[null, null]])]);
        string text = File.ReadAllText(folder["page.html"]);
        foreach (string whole in new[] { "<!DOCTYPE html>\n<html", "<title></title>", "<p></p>", "<br />", "<td></td>" })
            Assert.Contains(whole, text, StringComparison.Ordinal);
    }

    [Fact]
    public void NumbersKeepTheirValue()
    {
        var number = Html.Number(1 / 3.0, "F3");
        Assert.Equal(("0.333", 1 / 3.0), (number.Value, double.Parse(number.Attribute("value")!.Value, System.Globalization.CultureInfo.InvariantCulture)));
    }
}
