using System.Collections.Immutable;
using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Catalog.Tests;

/// <summary>Holds the data of the repository to its rules.</summary>
public sealed class DataFilesTests
{
    private static readonly DataCatalog Catalog = DataCatalog.Open(TestData.Root);

    [Fact]
    public void Every_file_loads_without_diagnostics()
    {
        Catalog.ChipIds.ShouldNotBeEmpty();
        Catalog.SystemIds.ShouldNotBeEmpty();
        Catalog.StackIds.ShouldNotBeEmpty();
        foreach (string id in Catalog.ChipIds)
        {
            Clean(Catalog.Chip(id));
            Clean(Catalog.Calibration(CalibrationKind.Chips, id));
        }

        foreach (string id in Catalog.SystemIds)
        {
            Clean(Catalog.System(id));
        }

        foreach (string id in Catalog.StackIds)
        {
            Clean(Catalog.Stack(id));
        }

        Clean(Catalog.Vocabulary());
        foreach (string folder in new[] { "chips", "collectives", "stacks" })
        {
            string path = Path.Combine(TestData.Root, "calibration", folder);
            if (Directory.Exists(path))
            {
                foreach (string file in Directory.EnumerateFiles(path, "*.yaml").Order(StringComparer.Ordinal))
                {
                    Clean(CalibrationFile.Read(file));
                }
            }
        }

        static void Clean<T>(Result<T> result)
            where T : class
        {
            result.Diagnostics.Select(one => one.ToString()).ShouldBeEmpty();
            result.IsSuccess.ShouldBeTrue();
        }
    }

    [Fact]
    public void Every_figure_has_a_source_and_a_date_and_none_is_of_unknown_weight()
    {
        foreach (string id in Catalog.ChipIds)
        {
            Sourced(Catalog.Chip(id).Value!.Figures, id);
        }

        foreach (string id in Catalog.SystemIds)
        {
            SystemDescription system = Catalog.System(id).Value!;
            Sourced(system.Figures, id);
            system.Prices.ShouldNotBeEmpty();
        }

        static void Sourced(ImmutableArray<Sourced<string>> figures, string id)
        {
            figures.Length.ShouldBeGreaterThan(8);
            foreach (Sourced<string> figure in figures)
            {
                figure.Key.ShouldStartWith(id);
                foreach (Reading<string> reading in figure.Readings)
                {
                    reading.Source.ShouldNotBeNullOrWhiteSpace(figure.Key);
                    bool ours = reading.Source.StartsWith("this catalogue", StringComparison.Ordinal);
                    (ours || reading.Date.Length > 0).ShouldBeTrue($"{figure.Key} has no date");
                    (!ours || reading.Note.Length > 0).ShouldBeTrue($"{figure.Key} has no reason");
                    (reading.Mark != Mark.Unknown || figure.Key.Contains(".price.", StringComparison.Ordinal)).ShouldBeTrue(figure.Key);
                    figure.Readings.Count(other => other.Name == reading.Name).ShouldBe(1);
                }
            }
        }
    }

    [Theory]
    [InlineData("A100-SXM-40GB", "a100-40")]
    [InlineData("A100-SXM-80GB", "a100-80")]
    [InlineData("H100-SXM-80GB", "h100")]
    [InlineData("H100-96GB-HBM2e-500W", "h100-96-500w")]
    [InlineData("H200-SXM-141GB", "h200")]
    [InlineData("B200-SXM-180GB", "b200")]
    [InlineData("B300", "b300")]
    [InlineData("GB200", "gb200")]
    [InlineData("GB300", "gb300")]
    [InlineData("Trainium1", "trainium1")]
    [InlineData("Trainium2", "trainium2")]
    [InlineData("Trainium3", "trainium3")]
    [InlineData("h100", "h100")]
    [InlineData("A100-PCIe-80GB", "a100-pcie-80")]
    [InlineData("A800-SXM-80GB", "a800")]
    [InlineData("A40", "a40")]
    [InlineData("H20", "h20")]
    [InlineData("H800-SXM-80GB", "h800")]
    [InlineData("GH200-144GB", "gh200")]
    [InlineData("GH200 (900W, 141GB)", "gh200")]
    [InlineData("L40S", "l40s")]
    [InlineData("RTX-PRO-6000", "rtx-pro-6000")]
    [InlineData("MI300X", "mi300x")]
    [InlineData("MI325X", "mi325x")]
    [InlineData("MI355X", "mi355x")]
    [InlineData("Inferentia2", "inferentia2")]
    [InlineData("TPU-v4", "tpu-v4")]
    [InlineData("TPU-v5e", "tpu-v5e")]
    [InlineData("TPU-v5p", "tpu-v5p")]
    [InlineData("TPU-v6e", "tpu-v6e")]
    [InlineData("TPU-v7x", "tpu-v7")]
    [InlineData("TPU-v7x (one device = half chip)", "tpu-v7")]
    public void Chips_answer_to_the_names_of_the_validation_files(string name, string id) => Catalog.Chip(name).Value!.Id.ShouldBe(id);

    [Theory]
    [InlineData("trn1.32xlarge", 16, 16)]
    [InlineData("trn2.48xlarge", 16, 16)]
    [InlineData("trn2-ultraserver", 16, 64)]
    [InlineData("trn3-gen1", 16, 64)]
    [InlineData("trn3-gen2", 4, 144)]
    [InlineData("dgx-a100", 8, 8)]
    [InlineData("dgx-h100", 8, 8)]
    [InlineData("dgx-h200", 8, 8)]
    [InlineData("dgx-b200", 8, 8)]
    [InlineData("dgx-b300", 8, 8)]
    [InlineData("gb200-nvl72", 4, 72)]
    [InlineData("gb300-nvl72", 4, 72)]
    [InlineData("vr-nvl72", 4, 72)]
    [InlineData("trn4-nvl72", 4, 72)]
    [InlineData("trn1n.32xlarge", 16, 16)]
    [InlineData("inf2.48xlarge", 12, 12)]
    [InlineData("dgx-a800", 8, 8)]
    [InlineData("dgx-h800", 8, 8)]
    [InlineData("dgx-h20", 8, 8)]
    [InlineData("gh200-server", 1, 1)]
    [InlineData("mi300x-8", 8, 8)]
    [InlineData("mi325x-8", 8, 8)]
    [InlineData("mi355x-8", 8, 8)]
    [InlineData("l40s-8", 8, 8)]
    [InlineData("a40-8", 8, 8)]
    [InlineData("rtx-4090-8", 8, 8)]
    [InlineData("rtx-pro-6000-8", 8, 8)]
    [InlineData("tpu-v4", 4, 4096)]
    [InlineData("tpu-v5e", 8, 256)]
    [InlineData("tpu-v5p", 4, 6144)]
    [InlineData("tpu-v6e", 8, 256)]
    [InlineData("tpu-v7x", 4, 9216)]
    public void Systems_have_their_stated_sizes_and_a_stack_that_exists(string id, int perServer, int perDomain)
    {
        SystemDescription system = Catalog.System(id).Value!;
        system.ChipsPerServer.ShouldBe(perServer);
        system.ChipsPerScaleUpDomain.ShouldBe(perDomain);
        system.Levels[^1].Name.ShouldBe("cluster");
        system.Levels[^1].Size.ShouldBe(0);
        Catalog.Stack(system.DefaultStack).IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public void Stated_totals_of_the_systems_follow_from_their_chips()
    {
        // Sums the vendors print, in section 1 of their system pages: 144 x 144 GiB, 362.448 PF, 28.8 Tbps; 64 x 96 GiB, 42.8 PF.
        SystemDescription gen2 = Catalog.System("trn3-gen2").Value!;
        (gen2.ChipsPerScaleUpDomain * gen2.Chip.MemoryCapacity.Value).Value.ShouldBe(20736.0 * 1024 * 1024 * 1024);
        (gen2.ChipsPerScaleUpDomain * gen2.Chip.Peak[NumberFormat.Mxfp8].Value).Value.ShouldBe(362.448e15, 1e12);
        (gen2.ChipsPerScaleUpDomain * gen2.Levels[^1].BandwidthPerChip.Value).Value.ShouldBe(28.8e12 / 8, 1e6);
        SystemDescription trn2 = Catalog.System("trn2-ultraserver").Value!;
        (trn2.ChipsPerScaleUpDomain * trn2.Chip.Peak[NumberFormat.Bf16].Value).Value.ShouldBe(42.7e15, 0.1e15);
        (trn2.Levels[1].BandwidthPerChip.Value + trn2.Levels[2].BandwidthPerChip.Value).Value.ShouldBe(640e9);
        Catalog.System("dgx-h100").Value!.Levels[0].ReducesInSwitch.ShouldBeTrue();
        Catalog.System("dgx-a100").Value!.Levels[0].ReducesInSwitch.ShouldBeFalse();
    }

    [Fact]
    public void Contested_figures_of_Trainium3_take_the_advised_reading()
    {
        Catalog.Chip("trainium3").Value!.MemoryBandwidth.Reading.Name.ShouldBe("profiler");
        SystemDescription system = Catalog.System("trn3-gen2").Value!;
        system.Levels.Skip(1).Take(3).Select(level => level.BandwidthPerChip.Value.Value).ShouldBe([256e9, 320e9, 128e9]);
        DataCatalog optimistic = DataCatalog.Open(TestData.Root, new Dictionary<string, string>
        {
            ["trn3-gen2.*"] = "analyst",
            ["trainium3.memoryBandwidth"] = "brochure",
        });
        SystemDescription wide = optimistic.System("trn3-gen2").Value!;
        wide.Levels.Skip(1).Take(3).Select(level => level.BandwidthPerChip.Value.Value).ShouldBe([512e9, 512e9, 128e9]);
        wide.Levels[^1].BandwidthPerChip.Value.Value.ShouldBe(25e9);
        wide.Chip.MemoryBandwidth.Value.Value.ShouldBe(4.9e12);
        wide.Prices[0].UsdPerChipHour.ShouldBeNull();
        wide.Prices[0].Mark.ShouldBe(Mark.Unknown);
    }

    [Fact]
    public void Figures_of_announced_chips_are_marked_as_what_they_are()
    {
        ChipDescription next = Catalog.Chip("trainium4").Value!;
        next.IsPreview.ShouldBeTrue();
        Catalog.Chip("rubin").Value!.IsPreview.ShouldBeTrue();
        next.Figures.SelectMany(figure => figure.Readings).Select(reading => reading.Mark).ShouldAllBe(mark => mark == Mark.Derived || mark == Mark.Assumed);

        // Announced as ratios: FP4 at least six times, FP8 three times, bandwidth four times, capacity twice Trainium3.
        ChipDescription now = Catalog.Chip("trainium3").Value!;
        next.Peak[NumberFormat.Mxfp4].Value.Value.ShouldBe(6 * now.Peak[NumberFormat.Mxfp4].Value.Value);
        next.Peak[NumberFormat.Mxfp8].Value.Value.ShouldBe(3 * now.Peak[NumberFormat.Mxfp8].Value.Value);
        next.MemoryCapacity.Value.ShouldBe(2 * now.MemoryCapacity.Value);
        next.MemoryBandwidth.Readings.Select(reading => reading.Value.Value).ShouldBe([4 * 4.9e12, 4 * 4.7e12, 25.5e12]);

        // Both directions of 72 chips are the 260 TB/s of the announcement.
        SystemDescription rack = Catalog.System("trn4-nvl72").Value!;
        (2 * 72 * rack.Levels[1].BandwidthPerChip.Value).Value.ShouldBe(260e12, 1e12);
        rack.Levels[1].BandwidthPerChip.Readings.Length.ShouldBe(3);
    }

    [Theory]
    [InlineData("megatron-bridge-26.08", "megatron-bridge")]
    [InlineData("neuron-2.20-nxd", "neuron-nxd")]
    [InlineData("neuron-2.20-hf", "neuron-hf")]
    [InlineData("llm-foundry-2024", "llm-foundry")]
    [InlineData("megatron-lm-2022", "megatron-lm-2022")]
    public void Stacks_answer_for_the_releases_they_cover(string release, string id) => Catalog.Stack(release).Value!.Id.ShouldBe(id);
}
