using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace Orrery.Cli.Tests.Docs;

public sealed partial class LinksTests
{
    [Fact]
    public void Links_between_pages_lead_somewhere()
    {
        List<string> broken = [];
        string[] folders = [Repository.Root, Repository.PathOf("docs"), .. Directory.GetDirectories(Repository.Root)];
        foreach (string page in folders.Distinct(StringComparer.Ordinal).SelectMany(folder => Directory.GetFiles(folder, "*.md")))
        {
            foreach (Match match in Link().Matches(File.ReadAllText(page)))
            {
                string target = match.Groups["target"].Value;
                if (!target.Contains("://", StringComparison.Ordinal) && !Path.Exists(Path.Combine(Path.GetDirectoryName(page)!, target)))
                    broken.Add($"{Path.GetRelativePath(Repository.Root, page)}: {target}");
            }
        }

        broken.ShouldBeEmpty();
    }

    [GeneratedRegex(@"\]\((?<target>[^)#\s]+)(#[^)]*)?\)", RegexOptions.ExplicitCapture)]
    private static partial Regex Link();
}
