using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Chips.Gpu;
using Orrery.Validation.Cases;
using Orrery.Validation.Kernels;
using Shouldly;
using Xunit;

namespace Orrery.Validation.Tests.Kernels;

public sealed class ChipCalibrationTests
{
    private static readonly DataCatalog Catalog = DataCatalog.Open(RepositoryData.Root);

    private static readonly OperatorVocabulary Vocabulary =
        OperatorVocabulary.Read($"{RepositoryData.Root}/calibration/operators.yaml").Value ?? throw new InvalidDataException("no vocabulary");

    private static readonly ChipDescription Chip = Catalog.Chip("b200").Value ?? throw new InvalidDataException("no chip");

    private static readonly KernelTables Tables = KernelTables.Open(Catalog).Value ?? throw new InvalidDataException("no rules");

    [Fact]
    public void A_row_is_fitted_by_lot_of_its_id_and_seed_alone()
    {
        int chosen = 0;
        for (int row = 0; row < 10000; row++)
            chosen += ChipCalibration.Draw($"row-{row}", 1) < 0.7 ? 1 : 0;
        chosen.ShouldBeInRange(6850, 7150);
        ChipCalibration.Draw("row-1", 1).ShouldBe(ChipCalibration.Draw("row-1", 1));
        ChipCalibration.Draw("row-1", 1).ShouldNotBe(ChipCalibration.Draw("row-1", 2));
    }

    [Fact]
    public void Calibrating_twice_writes_the_same_bytes_and_only_declared_tables_are_fitted()
    {
        ImmutableArray<KernelCase> rows = KernelCase.Read(
            RepositoryData.Validation("kernels-operators.csv.gz"),
            static row => row.Chip == "B200-SXM-180GB" && row.Kind == "gemm" && row.DataType == "nvfp4" && row.K % 7 == 0).Cases;
        rows = rows.Add(rows[0] with { Origin = rows[0].Origin with { Id = "stranger", Group = "another-table" } });
        CalibrationResult first = Calibrate(rows);
        CalibrationResult second = Calibrate([.. rows.Reverse()]);
        second.File.ToYaml().ShouldBe(first.File.ToYaml());
        first.File.Fits.Length.ShouldBe(1);
        first.File.Fits[0].Format.ShouldBe("nvfp4");
        first.FittedIds.ShouldNotContain("stranger");
        ((double)first.FittedIds.Length / rows.Length).ShouldBe(0.7, 0.08);
        first.FittedIds.ShouldAllBe(id => ChipCalibration.Draw(id, 1) < 0.7);
    }

    [Fact]
    public void Rows_of_a_sister_join_where_a_chips_own_are_few_and_both_get_the_same_constants()
    {
        ImmutableArray<KernelCase> rows = KernelCase.Read(RepositoryData.Validation("kernels-operators.csv.gz"), static row => row.DataType == "w4a16_mxfp4").Cases;
        ChipDescription h100 = Catalog.Chip("h100").Value!;
        ChipDescription h200 = Catalog.Chip("h200").Value!;
        CalibrationOptions alone = new() { Date = "2026-11-20" };
        ChipCalibration.Fit(h100, Vocabulary, Tables, rows, alone).File.Fits.ShouldBeEmpty();
        CalibrationFit first = ChipCalibration.Fit(h100, Vocabulary, Tables, rows, alone with { Sisters = [h200] }).File.Fits.ShouldHaveSingleItem();
        CalibrationFit second = ChipCalibration.Fit(h200, Vocabulary, Tables, rows, alone with { Sisters = [h100] }).File.Fits.ShouldHaveSingleItem();
        first.Constants.ShouldBe(second.Constants);
        first.RowsFitted.ShouldBe(rows.Count(row => ChipCalibration.Draw(row.Origin.Id, 1) < alone.FittedShare));
        first.Note.ShouldContain("of h200");
    }

    [Fact]
    public void A_file_without_rows_of_the_chip_is_an_error()
    {
        CalibrationResult result = Calibrate([]);
        result.File.Fits.ShouldBeEmpty();
        result.Diagnostics.ShouldContain(diagnostic => diagnostic.Severity == Severity.Error && diagnostic.Code == ChipCalibration.NoRowsCode);
    }

    [Fact]
    public void Shipped_constants_belong_to_the_vocabulary_lie_in_its_ranges_and_are_at_most_twelve()
    {
        int fits = 0;
        foreach (string id in Catalog.ChipIds.Where(id => Catalog.Chip(id).Value is { Architecture: ChipArchitecture.Gpu }))
        {
            CalibrationFile file = Catalog.Calibration(CalibrationKind.Chips, id).Value ?? throw new InvalidDataException(id);
            HashSet<string>? rows = CalibrationRows.Read(Path.Combine(RepositoryData.Root, "calibration", "chips", ChipCalibration.RowsFileName(id)));
            foreach (CalibrationFit fit in file.Fits)
            {
                fits++;
                ImmutableArray<OperatorConstant> places = Vocabulary.ConstantsOf(fit.Operator);
                fit.Constants.Count.ShouldBeLessThanOrEqualTo(12);
                foreach ((string name, CalibratedConstant constant) in fit.Constants)
                {
                    OperatorConstant place = places.Single(one => one.Name == name);
                    constant.Value.ShouldBeInRange(place.Low * (1 - 1e-9), place.High * (1 + 1e-9));
                }

                fit.RowsFile.ShouldBe(ChipCalibration.RowsFileName(id));
                (rows?.Count ?? 0).ShouldBeGreaterThanOrEqualTo(fit.RowsFitted);
                if (fit.IsAtLimit)
                    fit.Note.ShouldContain("on a limit");
            }
        }

        fits.ShouldBeGreaterThan(40);
    }

    private static CalibrationResult Calibrate(ImmutableArray<KernelCase> rows) =>
        ChipCalibration.Fit(Chip, Vocabulary, Tables, rows, new CalibrationOptions { Date = "2026-11-20" });
}
