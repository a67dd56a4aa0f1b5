using System.Text.Json;
using System.Xml.Linq;
using Shouldly;
using Xunit;

namespace Orrery.Cli.Tests;

public sealed class LinksTests
{
    [Fact]
    public void Links_of_every_system_are_a_line_a_level_and_a_picture_that_parses()
    {
        string file = Path.Combine(Path.GetTempPath(), $"orrery-links-{Environment.ProcessId}.svg");
        try
        {
            foreach (JsonElement entry in Command.Run("list", "systems", "--json").Json().GetProperty("entries").EnumerateArray())
            {
                string name = entry.GetProperty("name").GetString()!;
                JsonElement[] links = [.. Command.Run("show", name, "--links", "--json").Json().GetProperty("links").EnumerateArray()];
                links.Length.ShouldBeGreaterThan(0);
                links.ShouldAllBe(link => link.GetProperty("chipBytesPerS").GetDouble() > 0 && link.GetProperty("latencyS").GetDouble() > 0);
                Command text = Command.Run("show", name, "--svg", file);
                text.Code.ShouldBe(ExitCode.Done, text.Error);
                foreach (JsonElement link in links)
                    text.Output.ShouldContain("\n" + link.GetProperty("level").GetString() + " ", Case.Sensitive);
                XDocument picture = XDocument.Load(file);
                picture.Root!.Name.LocalName.ShouldBe("svg");
                new FileInfo(file).Length.ShouldBeLessThan(400_000, name);
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void The_cross_rack_pairs_of_a_trn3_ultraserver_are_links_of_their_own()
    {
        JsonElement pairs = Command.Run("show", "trn3-gen2", "--links", "--json").Json().GetProperty("links").EnumerateArray()
            .Single(link => link.GetProperty("level").GetString() == "ultraserver");
        pairs.GetProperty("example").GetString().ShouldBe("chip0-chip72");
        pairs.GetProperty("linksPerChip").GetInt32().ShouldBe(2);
    }

    [Fact]
    public void What_is_no_system_has_no_links() => Command.Run("show", "h100", "--links").ShouldBeRefused();
}
