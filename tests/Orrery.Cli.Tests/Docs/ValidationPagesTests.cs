using Orrery.Catalog;
using Orrery.Cli.Verbs;
using Orrery.Validation.Scoring;
using Shouldly;
using Xunit;

namespace Orrery.Cli.Tests.Docs;

/// <summary>The tables that say how wrong we are, kept true.</summary>
public sealed class ValidationPagesTests
{
    [Theory]
    [InlineData("training")]
    [InlineData("kernels")]
    [InlineData("memory")]
    public void Pages_hold_the_table_that_validate_prints(string kind)
    {
        ValidationAnswer answer = ValidationAnswer.Of(kind, DataCatalog.Open(DataCatalog.FindDataRoot()), []);
        answer.Report.ShouldNotBeNull();
        string table = ValidationTable.Markdown(answer.Report);
        GeneratedBlock.ShouldHold("docs/scores.md", $"validation {kind}", table);

        // The README has a line for each source; what a source mixes is on the page.
        string[] lines = [.. table.Split('\n').Where(line => !line.StartsWith("| - ", StringComparison.Ordinal))];
        GeneratedBlock.ShouldHold("README.md", $"validation {kind}", string.Join('\n', lines));
    }
}
