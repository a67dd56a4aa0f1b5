using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Catalog.Tests;

public sealed class ChipLoaderTests
{
    [Fact]
    public void A_chip_is_read_with_its_readings_sources_and_dates()
    {
        using DataFolder data = new();
        Result<ChipDescription> result = data.Open().Chip("tiny");
        result.Diagnostics.ShouldBeEmpty();
        ChipDescription chip = result.Value!;
        chip.Name.ShouldBe("Tiny");
        chip.Peak[NumberFormat.Bf16].Value.ShouldBe(new FlopPerSecond(1e13));
        chip.Peak.ContainsKey(NumberFormat.Fp8).ShouldBeFalse();
        chip.MemoryCapacity.Value.ShouldBe(new Bytes(8.0 * 1024 * 1024 * 1024));
        chip.MemoryBandwidth.Key.ShouldBe("tiny.memoryBandwidth");
        chip.MemoryBandwidth.IsContested.ShouldBeTrue();
        chip.MemoryBandwidth.Value.ShouldBe(new BytesPerSecond(1e11));
        chip.MemoryBandwidth.Readings[1].ShouldBe(new Reading<BytesPerSecond>("press", new(1.1e11), Mark.Reported, "a magazine", "2026-03", "measured"));
        chip.Power.Reading.Date.ShouldBe("2026-01");
        chip.ExponentialsPerClock.ShouldBeNull();
        chip.NeuronCore.ShouldBeNull();
        chip.Figures.Select(figure => figure.Key).ShouldContain("tiny.cores");
    }

    [Theory]
    [InlineData("memoryCapacity: {value: 8 GiB", "memoryCapacity: {value: 8", "13:25: error ORR0204: 'memoryCapacity' needs a unit; did you mean '8 GiB'?")]
    [InlineData("memoryCapacity: {value: 8 GiB", "memoryCapacity: {value: -8 GiB", "13:25: error ORR0205: 'memoryCapacity' is -8 GiB; it must be from 1 MB to 100 TB")]
    [InlineData("memoryCapacity: {value: 8 GiB", "memoryCapacity: {value: 0 B", "13:25: error ORR0205: 'memoryCapacity' is 0 B; it must be from 1 MB to 100 TB")]
    [InlineData("memoryCapacity: {value: 8 GiB", "memoryCapacity: {value: 8 EiB", "13:25: error ORR0205: 'memoryCapacity' is 8 EiB; it must be from 1 MB to 100 TB")]
    [InlineData("memoryCapacity: {value: 8 GiB, mark: stated, source: sheet}", "memoryCapacity: 8 GiB", "13:17: error ORR0208: 'memoryCapacity' has no source; write {value: 8 GiB, mark: stated, source: NAME}")]
    [InlineData("memoryCapacity: {value: 8 GiB, mark: stated, source: sheet}", "memoryCapacity: [1, 2]", "13:17: error ORR0203: 'memoryCapacity' must be a figure with value, mark and source; found a list")]
    [InlineData("memoryCapacity: {value: 8 GiB, mark: stated, source: sheet}\n", "", "1:1: error ORR0201: 'memoryCapacity' is missing; expected a figure such as {value: 96 GiB, mark: stated, source: NAME}")]
    [InlineData("memoryCapacity:", "memorCapacity:", "13:1: error ORR0202: there is no key 'memorCapacity'; did you mean 'memoryCapacity'?")]
    [InlineData("cores: {value: 4,", "cores: {value: 4.5,", "19:8: error ORR0207: 'cores' is 4.5; expected a whole number")]
    [InlineData("power: {value: 50 W, mark: stated, source: sheet}", "power: {value: 50 W, mark: state, source: sheet}", "22:28: error ORR0206: 'power.mark' is 'state'; did you mean 'stated'?")]
    [InlineData("power: {value: 50 W, mark: stated, source: sheet}", "power: {value: 50 W, mark: stated, source: shet}", "22:44: error ORR0209: 'shet' is not in this file's 'sources'; did you mean 'sheet'?")]
    [InlineData("power: {value: 50 W, mark: stated, source: sheet}", "power: {value: 50 W, mark: stated, source: sheet, date: soon}", "22:57: error ORR0212: 'power.date' is 'soon'; expected a date such as 2026, 2026-08 or 2026-08-21")]
    [InlineData("power: {value: 50 W, mark: stated, source: sheet}", "power: {value: 50 W, mark: derived, source: sheet}", "22:8: error ORR0213: 'power' is derived and needs a 'note' that says how or why")]
    [InlineData("power: {value: 50 W, mark: stated, source: sheet}", "power: {value: 50 W, source: sheet}", "22:8: error ORR0201: 'mark' is missing in 'power'; expected one of stated, reported, derived, calibrated, assumed, unknown")]
    [InlineData("architecture: gpu", "architecture: neron", "5:15: error ORR0206: 'architecture' is 'neron'; did you mean 'neuron'?")]
    [InlineData("architecture: gpu", "architecture: neuron", "1:1: error ORR0201: 'neuronCore' is missing; expected the engines of one NeuronCore")]
    [InlineData("  bf16:", "  bf61:", "12:3: error ORR0206: 'bf61' in 'peak' is not a number format; did you mean 'bf16'?")]
    [InlineData("id: tiny", "id: small", "1:5: error ORR0309: the file says its id is 'small'; its name says 'tiny'")]
    [InlineData("name: press,", "name: sheet,", "17:7: error ORR0211: 'memoryBandwidth' has two readings named 'sheet'")]
    [InlineData("name: Tiny\n", "name: ''\n", "2:7: error ORR0210: 'name' is empty; expected the name people print")]
    [InlineData("runtimeReserve: {value: 100 MB", "runtimeReserve: {value: 10 GB", "24:17: error ORR0308: 'runtimeReserve' of all ranks leaves no memory on the chip")]
    [InlineData("vendor: Nobody", "vendor: [a, b]", "4:9: error ORR0203: 'vendor' must be one value; found a list")]
    [InlineData("date: 2026-01}", "dat: 2026-01}", "8:10: error ORR0201: 'date' is missing in 'sources.sheet'; expected a date such as 2026-08")]
    public void A_mistake_is_told_with_its_place_and_what_was_meant(string from, string to, string expected)
    {
        using DataFolder data = new();
        DataFolder.Chip.ShouldContain(from);
        data.Write("chips/tiny.yaml", DataFolder.Chip.Replace(from, to, StringComparison.Ordinal));
        Result<ChipDescription> result = data.Open().Chip("tiny");
        result.Value.ShouldBeNull();
        result.Diagnostics.Select(one => one.ToString()).ShouldContain("data/chips/tiny.yaml:" + expected);
    }

    [Fact]
    public void Every_mistake_is_told_at_once_in_file_order()
    {
        using DataFolder data = new();
        data.Write("chips/tiny.yaml", DataFolder.Chip
            .Replace("name: Tiny\n", "nam: Tiny\n", StringComparison.Ordinal)
            .Replace("value: 8 GiB", "value: 8", StringComparison.Ordinal)
            .Replace("clock: {value: 1 GHz", "clock: {value: 1 THz", StringComparison.Ordinal)
            .Replace("0.2, mark: assumed", "2, mark: assumed", StringComparison.Ordinal));
        Result<ChipDescription> result = data.Open().Chip("tiny");
        result.Diagnostics.Select(one => one.Code).ShouldBe(["ORR0201", "ORR0202", "ORR0204", "ORR0205", "ORR0205"]);
        result.Diagnostics.Select(one => one.Line).ShouldBeInOrder();
    }

    [Fact]
    public void Chips_are_found_by_alias_name_and_path()
    {
        using DataFolder data = new();
        DataCatalog catalog = data.Open();
        catalog.Chip("TINY-8gb").Value!.Id.ShouldBe("tiny");
        catalog.Chip("Tiny").Value!.Id.ShouldBe("tiny");
        string path = Path.Combine(data.Root, "chips", "tiny.yaml");
        catalog.Chip(path).Value!.Id.ShouldBe("tiny");
        catalog.Chip("qqq").Diagnostics.ShouldHaveSingleItem().ToString().ShouldBe("--chip: error ORR0301: there is no chip 'qqq'; expected one of tiny");
        catalog.Chip("tiiny").Diagnostics.ShouldHaveSingleItem().Message.ShouldBe("there is no chip 'tiiny'; did you mean 'tiny'?");
        catalog.Chip("./no/such.yaml").Diagnostics.ShouldHaveSingleItem().ToString().ShouldBe("./no/such.yaml: error ORR0101: there is no such file");
    }

    [Fact]
    public void The_same_question_has_the_same_answer_and_reads_the_file_once()
    {
        using DataFolder data = new();
        DataCatalog catalog = data.Open();
        ChipDescription first = catalog.Chip("tiny").Value!;
        data.Write("chips/tiny.yaml", "spoiled");
        catalog.Chip("tiny").Value.ShouldBeSameAs(first);
    }

    [Fact]
    public void Opening_reads_no_file()
    {
        using DataFolder data = new();
        data.Write("chips/broken.yaml", "[");
        DataCatalog catalog = data.Open();
        catalog.ChipIds.ShouldBe(["broken", "tiny"]);
        catalog.Chip("tiny").IsSuccess.ShouldBeTrue();
        catalog.Chip("broken").Diagnostics.ShouldHaveSingleItem().Code.ShouldBe("ORR0104");
    }

    [Fact]
    public void A_missing_data_folder_is_an_empty_catalogue_that_says_so()
    {
        DataCatalog catalog = DataCatalog.Open(Path.Combine(Path.GetTempPath(), "orrery-nowhere"));
        catalog.ChipIds.ShouldBeEmpty();
        catalog.Chip("h100").Diagnostics.ShouldHaveSingleItem().Message.ShouldContain("ORRERY_DATA");
        catalog.Stack("x").Diagnostics.ShouldHaveSingleItem().Code.ShouldBe("ORR0101");
    }

    [Fact]
    public void An_assumption_takes_another_reading()
    {
        using DataFolder data = new();
        ChipDescription chip = data.Open(("tiny.memoryBandwidth", "press")).Chip("tiny").Value!;
        chip.MemoryBandwidth.Value.ShouldBe(new BytesPerSecond(1.1e11));
        chip.MemoryBandwidth.Reading.Name.ShouldBe("press");
        data.Open(("tiny.*", "press")).Chip("tiny").Value!.MemoryBandwidth.Reading.Name.ShouldBe("press");
    }

    [Theory]
    [InlineData("tiny.memoryBandwidth", "pres", "ORR0303", "'tiny.memoryBandwidth' has no reading 'pres'; it has sheet, press")]
    [InlineData("tiny.memoryBandwith", "press", "ORR0302", "there is no figure 'tiny.memoryBandwith'; did you mean 'tiny.memoryBandwidth'?")]
    [InlineData("tiny.power", "press", "ORR0303", "'tiny.power' has no reading 'press'; it has (only one, without a name)")]
    [InlineData("tiny.*", "rumour", "ORR0303", "no figure of 'tiny' has a reading 'rumour'")]
    [InlineData("tyni.memoryBandwidth", "press", "ORR0302", "'tyni.memoryBandwidth' names no chip or system; did you mean 'tiny'?")]
    [InlineData("tiny", "press", "ORR0302", "'tiny' names no chip or system; a key is CHIP.FIGURE or SYSTEM.FIGURE, such as trainium3.memoryBandwidth")]
    public void A_wrong_assumption_lists_what_there_is(string key, string reading, string code, string message)
    {
        using DataFolder data = new();
        Diagnostic diagnostic = data.Open((key, reading)).CheckAssumptions().ShouldHaveSingleItem();
        diagnostic.File.ShouldBe("--assume");
        diagnostic.Code.ShouldBe(code);
        diagnostic.Message.ShouldBe(message);
    }

    [Theory]
    [InlineData("trn1.32xlarge", "server.bandwidthPerChip", "per-direction")]
    [InlineData("trn1.32xlarge", "chip.bandwidthPerChip", "dma")]
    public void An_assumption_is_on_a_system_whose_id_holds_a_point(string system, string figure, string reading)
    {
        DataCatalog catalog = DataCatalog.Open(TestData.Root, new Dictionary<string, string>(StringComparer.Ordinal) { [$"{system}.{figure}"] = reading });
        catalog.CheckAssumptions().ShouldBeEmpty();
        catalog.System(system).Value.ShouldNotBeNull().Figures.Single(one => one.Key == $"{system}.{figure}").Reading.Name.ShouldBe(reading);
    }
}
