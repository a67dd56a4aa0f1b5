using Shouldly;

namespace Orrery.Cli.Tests.Docs;

/// <summary>Text of a page that a test writes: what stands between <c>begin NAME</c> and <c>end NAME</c>. <c>ORRERY_ACCEPT=1</c> rewrites it.</summary>
internal static class GeneratedBlock
{
    public static void ShouldHold(string page, string name, string content)
    {
        string path = Repository.PathOf(page);
        string text = File.ReadAllText(path).ReplaceLineEndings("\n");
        string begin = $"<!-- begin {name} -->\n";
        string end = $"<!-- end {name} -->";
        int from = text.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        int to = text.IndexOf(end, StringComparison.Ordinal);
        from.ShouldBeGreaterThanOrEqualTo(begin.Length, $"{page} has no '{begin.Trim()}'");
        to.ShouldBeGreaterThanOrEqualTo(from, $"{page} has no '{end}'");
        string wanted = content.ReplaceLineEndings("\n").TrimEnd('\n') + "\n";
        if (Environment.GetEnvironmentVariable("ORRERY_ACCEPT") == "1")
        {
            File.WriteAllText(path, text[..from] + wanted + text[to..]);
            return;
        }

        text[from..to].ShouldBe(wanted, $"{page} is out of date; ORRERY_ACCEPT=1 rewrites it");
    }
}
