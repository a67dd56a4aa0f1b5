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
        pricer.Price(dispatch with { Operation = "moe_juggle" }, out string why).ShouldBeNull();
        why.ShouldContain("moe_juggle");
    }

    [Fact]
    public void Tokens_sent_to_experts_have_the_bytes_that_their_shape_says()
    {
        CollectivePricer pricer = new(DataCatalog.Open(RepositoryData.Root));
        CollectiveCase shaped = Cases.Value.First(row => row.Operation == "moe_dispatch" && row.MessageBytes is null && row.Nodes == 2);

        // 4,096 tokens of 7,168 bytes to two servers.
        CollectivePricer.BytesOf(shaped).ShouldBe(4096.0 * 7168 * 2);
        pricer.Price(shaped, out string _).ShouldNotBeNull();
    }

    [Theory]
    [InlineData("deepep-ll", "h800")]
    [InlineData("efa", "a100-80")]
    [InlineData("vllm-graph", "b200")]
    public void Fitting_a_library_again_gives_its_stored_constants(string library, string chip)
    {
        DataCatalog catalog = DataCatalog.Open(RepositoryData.Root);
        string subject = $"{library}.{chip}";
        List<CollectiveCase> cases = [.. ValidationFiles.Collectives(catalog.DataRoot).SelectMany(static file => CollectiveCase.Read(file).Cases)];
        (CalibrationFile fitted, _) = ScaleUpFit.Fit(
            subject, ScaleUpSamples.Select(catalog, subject, cases), CollectiveCalibration.Seed, "2026-11-20", CollectiveCalibration.IsOneShot(catalog, subject));
        fitted.ToYaml().ShouldBe(File.ReadAllText(catalog.CalibrationPath(CalibrationKind.Collectives, subject)));
    }
}
