using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace Orrery.Cli.Tests.Docs;

public sealed partial class ErrorCodesTests
{
    [Fact]
    public void Every_code_in_the_sources_is_explained_and_means_one_thing()
    {
        SortedSet<string> used = new(StringComparer.Ordinal);
        List<string> declared = [];
        foreach (string file in Directory.GetFiles(Repository.PathOf("src"), "*.cs", SearchOption.AllDirectories))
        {
            string text = File.ReadAllText(file);
            used.UnionWith(Used().Matches(text).Select(match => match.Groups["code"].Value));
            declared.AddRange(Declared().Matches(text).Select(match => match.Groups["code"].Value));
        }

        used.ShouldNotBeEmpty();
        declared.Distinct().Count().ShouldBe(declared.Count, "a code is declared once");
        string[] explained = [.. Explained().Matches(File.ReadAllText(Repository.PathOf("docs", "errors.md"))).Select(match => match.Groups["code"].Value)];
        used.Except(explained).ShouldBeEmpty("docs/errors.md explains every code");
        explained.Except(used).ShouldBeEmpty("docs/errors.md explains no code that nothing uses");
    }

    [GeneratedRegex("\"(?<code>ORR\\d{4})\"")]
    private static partial Regex Used();

    [GeneratedRegex("const string \\w+ = \"(?<code>ORR\\d{4})\";")]
    private static partial Regex Declared();

    [GeneratedRegex("^\\| (?<code>ORR\\d{4}) \\|", RegexOptions.Multiline)]
    private static partial Regex Explained();
}
