using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Catalog.Tests;

public sealed class SystemLoaderTests
{
    [Fact]
    public void A_system_is_read_with_its_levels_and_prices()
    {
        using DataFolder data = new();
        Result<SystemDescription> result = data.Open().System("box");
        result.Diagnostics.ShouldBeEmpty();
        SystemDescription system = result.Value!;
        system.Id.ShouldBe("tiny-box");
        system.Chip.Id.ShouldBe("tiny");
        system.Levels.Length.ShouldBe(2);
        system.Levels[0].Topology.ShouldBe(TopologyKind.Torus2D);
        system.Levels[0].Dimensions.ShouldBe([2, 2]);
        system.Levels[0].LinksPerChip.ShouldBe(4);
        system.Levels[0].BandwidthPerChip.Key.ShouldBe("tiny-box.server.bandwidthPerChip");
        system.Levels[1].BandwidthPerChip.Value.ShouldBe(new BytesPerSecond(12.5e9));
        system.Levels[1].Oversubscription.ShouldBe(2);
        system.AllocationUnit.ShouldBe(1);
        system.MaximumChips.ShouldBe(0);
        system.Prices[0].ShouldBe(new PriceReading("rent", 0.5, Mark.Stated, "2026-01", "a data sheet"));
        system.Prices[1].UsdPerChipHour.ShouldBeNull();
    }

    [Theory]
    [InlineData("chip: tiny", "chip: tyny", "3:7: error ORR0301: there is no chip 'tyny'; did you mean 'tiny'?")]
    [InlineData("dimensions: [2, 2]", "dimensions: [2, 3]", "10:3: error ORR0304: the 'dimensions' of level 'server' do not multiply to its size 4")]
    [InlineData("dimensions: [2, 2]", "dimensions: [4]", "10:3: error ORR0304: level 'server' needs 2 'dimensions' and has 1")]
    [InlineData("dimensions: [2, 2]", "dimensions: [2, two]", "13:21: error ORR0207: 'levels[0].dimensions' is 'two'; expected a whole number from 1 to 100000")]
    [InlineData("topology: torus-2d", "topology: torus", "11:15: error ORR0206: 'levels[0].topology' is 'torus'; did you mean 'torus-2d'?")]
    [InlineData("    size: 4", "    size: 0", "10:3: error ORR0304: level 'server' has the size 0 ('as many as the job has'), which only the last level may have")]
    [InlineData("    size: 4", "    size: -4", "12:11: error ORR0205: 'levels[0].size' is -4; it must be from 0 to 100000000")]
    [InlineData("chipsPerScaleUpDomain: {value: 4", "chipsPerScaleUpDomain: {value: 8", "10:3: error ORR0304: no level closes at the 8 chips of 'chipsPerScaleUpDomain'")]
    [InlineData("chipsPerServer: {value: 4", "chipsPerServer: {value: 3", "10:3: error ORR0304: 'chipsPerServer' 3 does not divide 'chipsPerScaleUpDomain' 4")]
    [InlineData("name: server", "name: cluster", "19:5: error ORR0211: two levels are named 'cluster'")]
    [InlineData("powerUsageEffectiveness: {value: 1.1", "powerUsageEffectiveness: {value: 0.9", "28:34: error ORR0205: 'powerUsageEffectiveness' is 0.9; it must be from 1 to 3")]
    [InlineData("plan: spot, mark: unknown", "plan: spot, mark: stated", "31:5: error ORR0201: the price 'spot' must have either 'perChipHour' or the mark 'unknown'")]
    [InlineData("plan: spot", "plan: rent", "31:5: error ORR0211: two prices are named 'rent'")]
    [InlineData("perChipHour: $0.5", "perChipHour: 0.5", "30:31: error ORR0204: 'prices[0].perChipHour' needs a unit; did you mean '$0.5'?")]
    [InlineData("perChipHour: $0.5", "perChipHour: -$0.5", "30:31: error ORR0205: 'prices[0].perChipHour' is -$0.5; it must be from $0.0001 to $100,000")]
    [InlineData("    latency: {value: 1 us", "    latency: {value: 2 s", "18:22: error ORR0205: 'levels[0].latency' is 2 s; it must be from 0 s to 1 s")]
    public void A_mistake_is_told_with_its_place_and_what_was_meant(string from, string to, string expected)
    {
        using DataFolder data = new();
        DataFolder.System.ShouldContain(from);
        data.Write("systems/tiny-box.yaml", DataFolder.System.Replace(from, to, StringComparison.Ordinal));
        Result<SystemDescription> result = data.Open().System("tiny-box");
        result.Value.ShouldBeNull();
        result.Diagnostics.Select(one => one.ToString()).ShouldContain("data/systems/tiny-box.yaml:" + expected);
    }

    [Fact]
    public void A_system_names_the_fit_of_its_network_with_a_source()
    {
        const string named = "levels:\n", fit = "networkFit: {value: efa.tiny, mark: stated, source: sheet}\n";
        using DataFolder data = new();
        data.Open().System("box").Value!.NetworkFit.ShouldBeEmpty();
        data.Write("systems/tiny-box.yaml", DataFolder.System.Replace(named, fit + named, StringComparison.Ordinal));
        SystemDescription system = data.Open().System("box").Value!;
        system.NetworkFit.ShouldBe("efa.tiny");
        system.Figures.ShouldContain(figure => figure.Key == "tiny-box.networkFit" && figure.Value == "efa.tiny" && figure.Reading.Source == "a data sheet");
        data.Write("systems/tiny-box.yaml", DataFolder.System.Replace(named, "networkFit: {value: efa.tiny, mark: stated}\n" + named, StringComparison.Ordinal));
        data.Open().System("box").Value.ShouldBeNull();
    }

    [Fact]
    public void Ranks_of_a_chip_need_a_level_that_joins_them()
    {
        using DataFolder data = new();
        data.Write("chips/tiny.yaml", DataFolder.Chip.Replace("ranksPerChip: {value: 1", "ranksPerChip: {value: 2", StringComparison.Ordinal));
        data.Open().System("tiny-box").Diagnostics.ShouldHaveSingleItem().Message.ShouldBe("a Tiny has 2 ranks; the first level must be 'chip' and join them");
        const string Level = """
            levels:
              - name: chip
                topology: full-mesh
                size: 2
                mark: stated
                source: sheet
                bandwidthPerChip: {value: 500 GB/s, mark: stated, source: sheet}
                latency: {value: 1 us, mark: stated, source: sheet}

            """;
        data.Write("systems/tiny-box.yaml", DataFolder.System.Replace("levels:\n", Level, StringComparison.Ordinal));
        data.Open().System("tiny-box").Value!.Levels.Length.ShouldBe(3);
        data.Write("systems/tiny-box.yaml", DataFolder.System.Replace("levels:\n", Level.Replace("size: 2", "size: 4", StringComparison.Ordinal), StringComparison.Ordinal));
        data.Open().System("tiny-box").Diagnostics.ShouldHaveSingleItem().Message.ShouldBe("the level 'chip' must come first and join the 2 ranks of a Tiny; it has the size 4");
    }

    [Fact]
    public void Mistakes_of_the_chip_are_told_after_those_of_the_system()
    {
        using DataFolder data = new();
        data.Write("chips/tiny.yaml", DataFolder.Chip.Replace("value: 50 W", "value: 50", StringComparison.Ordinal));
        data.Write("systems/tiny-box.yaml", DataFolder.System.Replace("value: 20 W", "value: 20", StringComparison.Ordinal));
        data.Open().System("tiny-box").Diagnostics.Select(one => one.ToString()).ShouldBe(
        [
            "data/systems/tiny-box.yaml:27:31: error ORR0204: 'overheadPowerPerChip' needs a unit; did you mean '20 W'?",
            "data/chips/tiny.yaml:22:16: error ORR0204: 'power' needs a unit; did you mean '50 W'?",
        ]);
    }

    [Fact]
    public void Another_chip_can_take_the_place_of_the_systems_own()
    {
        using DataFolder data = new();
        data.Write("chips/big.yaml", DataFolder.Chip.Replace("id: tiny", "id: big", StringComparison.Ordinal).Replace("name: Tiny\n", "name: Big\n", StringComparison.Ordinal).Replace("[Tiny-8GB]", "[]", StringComparison.Ordinal));
        DataCatalog catalog = data.Open();
        catalog.System("tiny-box", "big").Value!.Chip.Id.ShouldBe("big");
        catalog.System("tiny-box").Value!.Chip.Id.ShouldBe("tiny");
        catalog.System("tiny-box", "huge").Diagnostics.ShouldHaveSingleItem().Code.ShouldBe("ORR0301");
    }

    [Fact]
    public void A_system_given_by_path_may_name_a_chip_file_beside_it()
    {
        using DataFolder data = new();
        data.Write("mine/chip.yaml", DataFolder.Chip.Replace("id: tiny", "id: chip", StringComparison.Ordinal));
        data.Write("mine/system.yaml", DataFolder.System.Replace("chip: tiny", "chip: ./chip.yaml", StringComparison.Ordinal));
        data.Open().System(Path.Combine(data.Root, "mine", "system.yaml")).Value!.Chip.Id.ShouldBe("chip");
    }
}
