using Xunit;

namespace Mmrr.App.Tests.Data;

/// <summary>What every complaint about bad input must be.</summary>
internal static class BadInput
{
    /// <summary>The action throws exactly this exception, in one line that names the file and says the words.</summary>
    public static void Throws<T>(Action action, string file, params string[] words)
        where T : Exception
    {
        var error = Assert.Throws<T>(action);
        Assert.DoesNotContain('\n', error.Message);
        Assert.Contains(file, error.Message, StringComparison.Ordinal);
        foreach (string word in words)
            Assert.Contains(word, error.Message, StringComparison.Ordinal);
    }
}
