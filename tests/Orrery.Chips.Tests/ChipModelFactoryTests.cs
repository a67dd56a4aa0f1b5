using Orrery.Catalog;
using Orrery.Chips.Gpu;
using Orrery.Chips.Tpu;
using Orrery.Operators;
using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Chips.Tests;

public sealed class ChipModelFactoryTests
{
    private static readonly DataCatalog Catalog = DataCatalog.Open(Path.Combine(Root(), "data"));

    [Fact]
    public void Every_chip_of_the_catalogue_has_a_machine_model()
    {
        ChipModelFactory factory = new(Catalog);
        Operator product = Operator.Matmul(4096, 4096, 4096, NumberFormat.Bf16);
        Operator attention = Operator.Attention(1, 2048, 2048, 8, 8, 128, true, NumberFormat.Bf16);
        foreach (string id in Catalog.ChipIds)
        {
            ChipDescription chip = Catalog.Chip(id).Value!;
            Result<ChipModel> made = factory.Create(chip, chip.RanksPerChip, GpuModelOptions.Training);
            made.Diagnostics.Select(one => one.ToString()).ShouldBeEmpty(id);
            double peak = chip.Peak[NumberFormat.Bf16].Value.Value / chip.RanksPerChip;
            double time = made.Value!.Cost(product).Execution.Value;
            time.ShouldBeGreaterThan(0.9 * product.FlopCount / peak, id);
            time.ShouldBeLessThan(5 * product.FlopCount / peak, id);
            made.Value.Cost(attention).Execution.Value.ShouldBeGreaterThan(0, id);
            made.Value.Sigma(product).ShouldBeGreaterThan(0, id);
            made.Value.Provenance(product).ShouldNotBeNullOrWhiteSpace(id);
        }
    }

    [Theory]
    [InlineData("trainium4", "trainium3")]
    [InlineData("inferentia2", "trainium1")]
    [InlineData("tpu-v5e", "tpu-v6e")]
    [InlineData("tpu-v4", "tpu-v6e")]
    public void A_chip_without_a_calibration_takes_that_of_the_nearest_with_a_wider_spread_and_says_so(string id, string near)
    {
        ChipModelFactory factory = new(Catalog);
        Operator product = Operator.Matmul(4096, 4096, 4096, NumberFormat.Bf16);
        ChipModel borrowed = Model(id), own = Model(near);
        borrowed.Sigma(product).ShouldBeGreaterThan(own.Sigma(product));
        borrowed.Provenance(product).ShouldContain(near);
        borrowed.Provenance(product).ShouldContain("borrowed");
        own.Provenance(product).ShouldNotContain("borrowed");

        ChipModel Model(string name)
        {
            ChipDescription chip = Catalog.Chip(name).Value!;
            return factory.Create(chip, chip.RanksPerChip, GpuModelOptions.Training).Value!;
        }
    }

    [Fact]
    public void A_chip_far_from_every_calibrated_one_is_a_diagnostic()
    {
        ChipDescription lonely = Catalog.Chip("tpu-v5e").Value! with { Id = "lonely", Family = "nobody" };
        Result<ChipModel> made = new ChipModelFactory(Catalog).Create(lonely, 1, GpuModelOptions.Training);
        made.Value.ShouldBeNull();
        made.Diagnostics.Single().Message.ShouldContain("nearestChips");
    }

    [Fact]
    public void A_missing_constant_is_named()
    {
        CalibrationFile file = Catalog.Calibration(CalibrationKind.Chips, "tpu-v7").Value!;
        Result<TpuCalibration> read = TpuCalibration.Read(file with { Fits = [.. file.Fits.Where(fit => fit.Operator != TpuCalibration.Attention)] });
        read.Value.ShouldBeNull();
        read.Diagnostics.Select(one => one.Message).ShouldContain(message => message.Contains("scoreOperations", StringComparison.Ordinal));
        TpuCalibration.Read(file).Value!.Constants.MatrixShare.ShouldBeInRange(0.5, 1);
        file.Fits.Sum(fit => fit.Constants.Count).ShouldBeLessThanOrEqualTo(12);
    }

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Orrery.slnx")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("no repository above the tests");
    }
}
