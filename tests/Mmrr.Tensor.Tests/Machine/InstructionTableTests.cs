using Mmrr.Ptx.Machine.Code;

namespace Mmrr.Tests.Machine;

/// <summary>The page of the machine has a row for each instruction that it knows, with the section of the manual that the code cites.</summary>
[Collection(TestDevices.Beside)]
public class InstructionTableTests
{
    [Fact]
    public void The_page_has_each_instruction_and_its_section()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "MmrrIlgpu.sln"))) folder = folder.Parent;
        Assert.SkipWhen(folder is null, "the tests run outside of the repository");
        string page = Path.Combine(folder!.FullName, "docs", "kernels", "machine.md");
        string[] rows = [.. File.ReadLines(page).Where(line => line.StartsWith("| `", StringComparison.Ordinal))];
        Assert.Equal(
            InstructionSet.All.Select(known => $"| `{known.Key}` | {known.Value.Section} |").Order(StringComparer.Ordinal),
            rows.Select(row => row[..(row.LastIndexOf('|', row.Length - 2) + 1)]).Order(StringComparer.Ordinal));
    }
}
