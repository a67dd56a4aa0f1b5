using Orrery.Catalog;
using Shouldly;
using Xunit;

namespace Orrery.Fabric.Tests;

public sealed class CommunicationLibraryTests
{
    [Fact]
    public void Every_library_in_the_data_folder_loads_and_names_its_sources()
    {
        string[] files = Directory.GetFiles(Path.Combine(Libraries.DataRoot, "fabric"), "*.yaml");
        files.Length.ShouldBeGreaterThanOrEqualTo(3);
        foreach (string file in files)
        {
            Result<CommunicationLibrary> library = CommunicationLibrary.Read(file);
            library.Diagnostics.ShouldBeEmpty();
            library.Value!.ScaleUp.Choice.Length.ShouldBeGreaterThan(0);
            library.Value.ScaleOut.Choice.Length.ShouldBeGreaterThan(0);
        }
    }

    [Theory]
    [InlineData(ChipArchitecture.Gpu, "NCCL")]
    [InlineData(ChipArchitecture.Neuron, "Neuron collectives")]
    [InlineData(ChipArchitecture.Tpu, "XLA collectives")]
    public void A_chip_has_the_library_of_its_architecture(ChipArchitecture architecture, string name) =>
        CommunicationLibrary.Load(Libraries.DataRoot, Machines.Chip(architecture: architecture)).Value.ShouldNotBeNull().Name.ShouldBe(name);

    [Fact]
    public void A_wrong_word_is_named_with_its_place_and_the_nearest_right_one()
    {
        string text = File.ReadAllText(Path.Combine(Libraries.DataRoot, "fabric", "gpu.yaml")).Replace("[ring, tree, direct]", "[rung, tree]", StringComparison.Ordinal);
        Result<CommunicationLibrary> library = CommunicationLibrary.Parse(text, "gpu.yaml");
        library.Value.ShouldBeNull();
        Diagnostic wrong = library.Diagnostics.ShouldHaveSingleItem();
        wrong.ToString().ShouldContain("gpu.yaml:");
        wrong.Message.ShouldContain("rung");
        wrong.Message.ShouldContain("ring");
        wrong.Line.ShouldBeGreaterThan(20);
    }

    [Theory]
    [InlineData("")]
    [InlineData("name: x")]
    [InlineData("[1, 2]")]
    [InlineData("name: x\nlaunch: 3\nscaleUp: {choice: 4}\n")]
    [InlineData("name: x\nlaunch: {value: 3 W, mark: stated}\nstreaming: {value: 7, mark: assumed, note: n}\n")]
    public void A_broken_file_gives_diagnostics_and_no_library(string text)
    {
        Result<CommunicationLibrary> library = CommunicationLibrary.Parse(text, "broken.yaml");
        library.Value.ShouldBeNull();
        library.Diagnostics.ShouldNotBeEmpty();
    }
}
