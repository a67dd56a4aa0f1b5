using Orrery.Catalog;
using Orrery.Fabric;
using Shouldly;
using Xunit;

namespace Orrery.Fabric.Tests;

/// <summary>The way between two sets of chips.</summary>
public sealed class TransferPathTests
{
    private static readonly DataCatalog Catalog = DataCatalog.Open(Libraries.DataRoot);

    private static TransferPath Path(string from, int fromChips, string to, int toChips)
    {
        SystemDescription one = Catalog.System(from).Value!;
        SystemDescription other = Catalog.System(to).Value!;
        return TransferPath.Between(
            one, fromChips, CommunicationLibrary.Load(Libraries.DataRoot, one.Chip).Value!, other, toChips, CommunicationLibrary.Load(Libraries.DataRoot, other.Chip).Value!,
            SharedDomains.Load(Libraries.DataRoot).Value!);
    }

    [Theory]
    [InlineData("dgx-h100", 4, 4, "server", true)]
    [InlineData("dgx-h100", 8, 8, "cluster", false)]
    [InlineData("gb200-nvl72", 36, 36, "rack", true)]
    [InlineData("trn3-gen2", 2, 2, "server", true)]
    [InlineData("trn3-gen2", 36, 36, "rack", true)]
    [InlineData("trn3-gen2", 72, 72, "ultraserver", true)]
    [InlineData("trn3-gen2", 144, 4, "cluster", false)]
    public void Pools_of_one_system_meet_at_the_innermost_level_that_holds_both(string system, int prompts, int answers, string level, bool isScaleUp)
    {
        TransferPath path = Path(system, prompts, system, answers);
        (path.From.Level, path.IsScaleUp, path.Domain).ShouldBe((level, isScaleUp, null));
        LevelDescription described = Catalog.System(system).Value!.Levels.Single(one => one.Name == level);
        path.From.LineRate.ShouldBe(described.BandwidthPerChip.Value);
        path.From.Rate.Value.ShouldBeLessThan(path.From.LineRate.Value);
        path.Latency.Value.ShouldBeGreaterThanOrEqualTo(described.Latency.Value.Value);
    }

    [Fact]
    public void Two_systems_meet_on_the_fabric_they_share_where_it_holds_both()
    {
        TransferPath inside = Path("vr-nvl72", 36, "trn4-nvl72", 36);
        inside.IsScaleUp.ShouldBeTrue();
        inside.Domain!.Mixing.Mark.ShouldBe(Mark.Assumed);
        (inside.From.LineRate.Value, inside.To.LineRate.Value).ShouldBe((1.8e12, 1.8e12));
        TransferPath beyond = Path("vr-nvl72", 40, "trn4-nvl72", 36);
        (beyond.IsScaleUp, beyond.Domain, beyond.From.Level).ShouldBe((false, null, "cluster"));
    }

    [Fact]
    public void Two_systems_that_share_nothing_meet_on_the_network_each_at_its_own_rate()
    {
        TransferPath path = Path("dgx-h100", 8, "trn3-gen2", 16);
        path.IsScaleUp.ShouldBeFalse();
        (path.From.LineRate.Value, path.To.LineRate.Value).ShouldBe((50e9, 25e9));
        path.Latency.ShouldBe(path.To.Latency);
    }

    [Fact]
    public void Members_of_a_shared_fabric_are_systems_with_that_level()
    {
        foreach (SharedDomain domain in SharedDomains.Load(Libraries.DataRoot).Value!.All)
        {
            foreach (SharedDomainMember member in domain.Members)
                Catalog.System(member.System).Value!.Levels.ShouldContain(level => level.Name == member.Level);
        }
    }

    [Fact]
    public void A_broken_file_of_a_shared_fabric_says_what_is_wrong_and_where()
    {
        string text = File.ReadAllText(System.IO.Path.Combine(Libraries.DataRoot, "domains", "nvlink-6.yaml"));
        SharedDomains.Parse(text.Replace("source: rubin-page", "source: rubin", StringComparison.Ordinal), "x.yaml").Diagnostics[0].ToString().ShouldContain("did you mean 'rubin-page'?");
        SharedDomains.Parse(text.Replace("value: 72", "value: many", StringComparison.Ordinal), "x.yaml").Value.ShouldBeNull();
        SharedDomains.Parse(text[..text.IndexOf("\nmembers", StringComparison.Ordinal)], "x.yaml").Diagnostics[0].Message.ShouldContain("members");
        SharedDomains.Parse("", "x.yaml").Value.ShouldBeNull();
    }
}
