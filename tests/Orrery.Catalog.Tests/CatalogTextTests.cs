using Orrery.Catalog.Text;
using Shouldly;
using Xunit;

namespace Orrery.Catalog.Tests;

public sealed class CatalogTextTests
{
    private static readonly DataCatalog Catalog = DataCatalog.Open(TestData.Root);

    [Fact]
    public void A_chip_is_shown_with_the_source_and_mark_of_every_figure()
    {
        string text = CatalogText.Show(Catalog, "trainium3").Value!;
        string[] lines = text.Split('\n');
        lines[0].ShouldBe("trainium3: Trainium3, a chip of AWS (neuron, family neuron)");
        text.ShouldEndWith("\n");
        Row("memoryBandwidth").ShouldMatch(@"4\.7 TB/s +stated +\[\d+\] +profiler \(default\): kernel guide");
        text.ShouldContain("  or ");
        text.ShouldContain("--assume trainium3.");
        foreach (string line in lines)
        {
            line.ShouldBe(line.TrimEnd());
        }

        foreach (Sourced<string> figure in Catalog.Chip("trainium3").Value!.Figures)
        {
            Row(figure.Key["trainium3.".Length..]).ShouldMatch(@"(stated|reported|derived|assumed) +\[\d+\]");
            text.ShouldContain(figure.Reading.Source);
        }

        string Row(string key) => lines.Single(line => line.StartsWith($"  {key} ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_reading_that_was_asked_for_is_shown_as_chosen()
    {
        DataCatalog assumed = DataCatalog.Open(TestData.Root, new Dictionary<string, string> { ["trainium3.memoryBandwidth"] = "brochure" });
        CatalogText.Show(assumed, "trainium3").Value!.ShouldContain("brochure (chosen)");
    }

    [Fact]
    public void Systems_stacks_and_other_names_are_found()
    {
        CatalogText.Show(Catalog, "trn3-gen2").Value!.ShouldContain("rack.bandwidthPerChip");
        CatalogText.Show(Catalog, "trn3-gen2").Value!.ShouldContain("price.any");
        CatalogText.Show(Catalog, "A100-SXM-40GB").Value!.ShouldStartWith("a100-40:");
        CatalogText.Show(Catalog, "p5.48xlarge").Value!.ShouldStartWith("dgx-h100:");
        string stack = CatalogText.Show(Catalog, "megatron-bridge-26.08").Value!;
        stack.ShouldStartWith("megatron-bridge:");
        stack.ShouldContain("hostForwardPerLayer");
        Result<string> unknown = CatalogText.Show(Catalog, "trainum3");
        unknown.Value.ShouldBeNull();
        unknown.Diagnostics.ShouldHaveSingleItem().ToString().ShouldBe("show: error ORR0301: nothing is called 'trainum3'; did you mean 'trainium3'?");
    }

    [Fact]
    public void Lists_hold_a_line_for_every_file()
    {
        Lines(CatalogText.ListChips(Catalog)).ShouldBe(Catalog.ChipIds.Length + 1);
        Lines(CatalogText.ListSystems(Catalog)).ShouldBe(Catalog.SystemIds.Length + 1);
        Lines(CatalogText.ListStacks(Catalog)).ShouldBe(Catalog.StackIds.Length + 1);
        CatalogText.ListModels(Catalog).Split('\n').Length.ShouldBe(Catalog.ModelIds.Length + 2);
        CatalogText.ListChips(Catalog).Value!.ShouldMatch(@"\nh100 +H100 SXM 80GB +989 TFLOP/s +1\.979 PFLOP/s +81559 MiB +3\.35 TB/s +700 W +1\n");
        CatalogText.ListSystems(Catalog).Value!.ShouldMatch(@"trn3-gen2 .* 144 +unknown +neuron-nxd");

        static int Lines(Result<string> list)
        {
            list.Diagnostics.ShouldBeEmpty();
            return list.Value!.Split('\n').Length - 1;
        }
    }
}
