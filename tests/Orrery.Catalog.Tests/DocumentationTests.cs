using System.Reflection;
using Shouldly;
using Xunit;

namespace Orrery.Catalog.Tests;

public sealed class DocumentationTests
{
    private static readonly string Docs = Path.Combine(TestData.Root, "..", "docs");

    [Fact]
    public void Every_code_is_explained_once_and_none_is_used_twice()
    {
        string[] lines = File.ReadAllLines(Path.Combine(Docs, "errors.md"));
        string[] codes = [.. typeof(DiagnosticCode).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (string)field.GetRawConstantValue()!)];
        codes.ShouldBeUnique();
        foreach (string code in codes)
        {
            lines.Count(line => line.StartsWith($"| {code} |", StringComparison.Ordinal)).ShouldBe(1, code);
        }
    }

    [Fact]
    public void Every_key_of_the_data_files_is_described()
    {
        string text = File.ReadAllText(Path.Combine(Docs, "data-files.md"));
        foreach (string folder in new[] { "chips", "systems", "stacks" })
        {
            foreach (string file in Directory.EnumerateFiles(Path.Combine(TestData.Root, folder), "*.yaml"))
            {
                foreach (string line in File.ReadLines(file))
                {
                    int colon = line.IndexOf(':', StringComparison.Ordinal);
                    if (colon > 0 && char.IsAsciiLetter(line[0]) && line[..colon] is not "id")
                    {
                        text.ShouldContain(line[..colon], Case.Sensitive, $"{Path.GetFileName(file)} has a key that docs/data-files.md does not describe");
                    }
                }
            }
        }
    }
}
