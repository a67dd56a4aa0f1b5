using Orrery.Catalog;
using Orrery.Validation.Cases;
using Orrery.Validation.Collectives;
using Shouldly;
using Xunit;

namespace Orrery.Validation.Tests.Collectives;

public sealed class ScaleUpFitTests
{
    private static readonly Lazy<List<CollectiveCase>> Cases = new(() =>
    {
        List<CollectiveCase> all = [];
        foreach (string path in ValidationFiles.Collectives(RepositoryData.Root))
        {
            CaseFile<CollectiveCase> file = CollectiveCase.Read(path);
            file.Diagnostics.ShouldBeEmpty();
            all.AddRange(file.Cases);
        }

        return all;
    });

    [Fact]
    public void Every_published_collective_can_be_read() => Cases.Value.Count.ShouldBe(20_268);

    [Theory]
    [InlineData("h200")]
    [InlineData("gb200")]
    public void Fitting_again_gives_the_stored_constants(string chip)
    {
        DataCatalog catalog = DataCatalog.Open(RepositoryData.Root);
        string path = catalog.CalibrationPath(CalibrationKind.Collectives, chip);
        CalibrationFile stored = CalibrationFile.Read(path).Value.ShouldNotBeNull();
        (CalibrationFile fitted, System.Collections.Immutable.ImmutableArray<string> ids) =
            ScaleUpFit.Fit(chip, ScaleUpSamples.Select(catalog, chip, Cases.Value), CollectiveCalibration.Seed, stored.Date);
        fitted.ToYaml().ShouldBe(File.ReadAllText(path));
        CalibrationRows.Read(Path.Combine(Path.GetDirectoryName(path)!, stored.Fits[0].RowsFile)).ShouldNotBeNull().SetEquals(ids).ShouldBeTrue();
    }

    [Theory]
    [InlineData("a100-80", 0.085)]
    [InlineData("h100", 0.10)]
    [InlineData("h200", 0.095)]
    [InlineData("b200", 0.085)]
    [InlineData("gb200", 0.055)]
    public void Rows_that_were_not_fitted_are_predicted(string chip, double worstMedian)
    {
        DataCatalog catalog = DataCatalog.Open(RepositoryData.Root);
        string path = catalog.CalibrationPath(CalibrationKind.Collectives, chip);
        CalibrationFile stored = CalibrationFile.Read(path).Value.ShouldNotBeNull();
        HashSet<string> fitted = CalibrationRows.Read(Path.Combine(Path.GetDirectoryName(path)!, stored.Fits[0].RowsFile)).ShouldNotBeNull();
        CollectivePricer pricer = new(catalog);
        ChipDescription description = catalog.Chip(chip).Value.ShouldNotBeNull();
        foreach (IGrouping<string, CollectiveCase> operation in Cases.Value
            .Where(row => row.Origin.Group == "nvidia-aiconfigurator-nccl" && description.Aliases.Contains(row.Chip, StringComparer.OrdinalIgnoreCase))
            .Where(row => !fitted.Contains(row.Origin.Id))
            .GroupBy(row => row.Operation))
        {
            double[] errors = [.. operation.Select(row =>
            {
                (Units.Seconds time, double sigma) = pricer.Price(row, out string why) ?? throw new InvalidOperationException(why);
                sigma.ShouldBeInRange(0.02, 0.3);
                return Math.Abs((time.Value * 1e6 / row.TimeUs!.Value) - 1);
            }).Order()];
            errors.Length.ShouldBeGreaterThan(10);
            errors[errors.Length / 2].ShouldBeLessThan(worstMedian, $"{chip} {operation.Key}");
        }
    }

    [Fact]
    public void A_case_that_cannot_be_priced_says_why()
    {
        CollectivePricer pricer = new(DataCatalog.Open(RepositoryData.Root));
        CollectiveCase dispatch = Cases.Value.First(row => row.Operation == "moe_dispatch" && row.Origin.IsExpressible && row.MessageBytes is not null);
        pricer.Price(dispatch, out string why).ShouldBeNull();
        why.ShouldContain("moe_dispatch");
    }
}
