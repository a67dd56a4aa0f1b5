using Orrery.Catalog;
using Orrery.Chips.Tpu;
using Orrery.Validation.Cases;
using Orrery.Validation.Kernels;
using Orrery.Validation.Scoring;
using Orrery.Validation.Tpu;
using Shouldly;
using Xunit;

namespace Orrery.Validation.Tests.Tpu;

public sealed class TpuCalibratorTests
{
    private static readonly DataCatalog Catalog = DataCatalog.Open(RepositoryData.Root);
    private static readonly IReadOnlyList<KernelCase> Rows = [.. KernelCase.Read(Path.Combine(RepositoryData.Root, "validation", "kernels.csv"), static row => row.Chip.StartsWith("TPU", StringComparison.Ordinal)).Cases];

    [Theory]
    [InlineData("tpu-v6e", 2)]
    [InlineData("tpu-v7", 8)]
    public void A_fit_on_the_published_rows_gives_the_file_that_is_there(string id, int fitted)
    {
        CalibrationFile file = Catalog.Calibration(CalibrationKind.Chips, id).Value!;
        CalibrationResult again = new TpuCalibrator(Catalog.Chip(id).Value!, file).Fit(Rows, file.Date);
        again.FittedIds.Length.ShouldBe(fitted);
        foreach (CalibrationFit fit in again.File.Fits)
        {
            CalibrationFit before = file.Find(fit.Operator)!;
            foreach ((string name, CalibratedConstant constant) in fit.Constants)
                constant.Value.ShouldBe(before.Constants[name].Value, 1e-6 * Math.Abs(constant.Value), $"{id} {fit.Operator} {name}");
            fit.IsAtLimit.ShouldBeFalse(fit.Operator);
        }
    }

    [Fact]
    public void Published_products_of_Ironwood_are_met_within_a_few_per_cent()
    {
        var predictor = new TpuKernelPredictor(Catalog);
        double[] errors = [.. Rows.Where(static row => row.Chip.StartsWith("TPU-v7x", StringComparison.Ordinal)).Select(row => Math.Abs((predictor.Predict(row).Value / row.TimeUs!.Value) - 1))];
        errors.Length.ShouldBe(8);
        errors.Average().ShouldBeLessThan(0.03);
        errors.Max().ShouldBeLessThan(0.08);
    }

    [Fact]
    public void A_rate_that_made_the_rows_is_found_again()
    {
        ChipDescription chip = Catalog.Chip("tpu-v7").Value!;
        CalibrationFile prior = Catalog.Calibration(CalibrationKind.Chips, "tpu-v7").Value!;
        CalibrationFit matmul = prior.Find(TpuCalibration.Matmul)!;
        CalibrationFile truth = prior with
        {
            Fits = [.. prior.Fits.Select(fit => fit.Operator != TpuCalibration.Matmul ? fit : fit with
            {
                Constants = matmul.Constants.SetItem("matrixShare", matmul.Constants["matrixShare"] with { Value = 0.61 }).SetItem("launch", matmul.Constants["launch"] with { Value = 5e-6 }),
            })],
        };
        TpuChipModel model = TpuCalibration.Create(chip, chip.RanksPerChip, truth).Value!;
        KernelCase[] made = [.. Rows.Where(row => ChipCalibration.IsChip(chip, row.Chip)).Select(row => row with { TimeUs = Time(row) })];
        CalibrationFit found = new TpuCalibrator(chip, prior).Fit(made, "2026-01-01").File.Find(TpuCalibration.Matmul)!;
        found.Constants["matrixShare"].Value.ShouldBe(0.61, 0.002);
        found.Constants["launch"].Value.ShouldBe(5e-6, 5e-8);

        double Time(KernelCase row) => KernelReading.TryRead(row, out Operators.Operator work, out _) ? model.Cost(work).Isolated.Value * 1e6 : throw new InvalidOperationException(row.Origin.Id);
    }
}
