using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Units;
using Orrery.Validation.Reading;
using Shouldly;
using Xunit;

namespace Orrery.Validation.Tests.Scoring;

using Orrery.Validation.Scoring;

public sealed class TrainingValidationTests
{
    private static readonly DataCatalog Catalog = DataCatalog.Open(RepositoryData.Root);

    [Fact]
    public void The_files_of_the_repository_are_scored()
    {
        TrainingValidation run = TrainingValidation.Run(Catalog, new HalfOfPeak(Catalog), []);

        run.Diagnostics.ShouldBeEmpty();
        ValidationReport report = run.Report!;
        (report.Cases.Length + report.Skipped.Length).ShouldBe(1748);
        run.Regret!.Groups.ShouldBeGreaterThan(90);

        // Half of peak is one efficiency: nowhere better than the fitted one.
        report.Groups.ShouldAllBe(group => group.All.Mape == null || group.All.Mape >= group.All.BaselineMape - 1e-12);
        report.Slices.Single(slice => slice.Group == "mosaicml-llm-foundry: A100-SXM-80GB dense").All.BaselineMape!.Value.ShouldBeInRange(0.1, 0.25);
        report.Groups.Single(group => group.Group == "mosaicml-llm-foundry").All.BaselineMape!.Value.ShouldBeInRange(0.2, 0.35);
    }

    [Fact]
    public void A_file_that_cannot_be_read_gives_diagnostics_and_no_report()
    {
        TrainingValidation run = TrainingValidation.Run(Catalog, new HalfOfPeak(Catalog), ["/no/such/file.csv"]);

        run.Report.ShouldBeNull();
        run.Diagnostics.ShouldHaveSingleItem().Code.ShouldBe("ORR2201");
    }

    [Fact]
    public void Formats_without_a_peak_of_their_own_take_the_nearest_wider_one()
    {
        TrainingCaseInputs inputs = PublishedCases.Readings["vtrain-single-0003"].Inputs!;
        StatedPeak peak = new(Catalog);

        FlopPerSecond bf16 = peak.Of(inputs with { Precision = new PrecisionReading(NumberFormat.Bf16, NumberFormat.Bf16, false, "") })!.Value;

        peak.Of(inputs).ShouldBe(bf16);
        peak.Of(inputs with { Precision = new PrecisionReading(NumberFormat.Mxfp8, NumberFormat.Bf16, false, "") }).ShouldBe(bf16);
        peak.Of(inputs with { Chip = "no such chip" }).ShouldBeNull();
    }

    private sealed class HalfOfPeak(DataCatalog catalog) : ITrainingPredictor
    {
        private readonly StatedPeak _peak = new(catalog);

        public Prediction Predict(TrainingCaseInputs inputs)
        {
            if (_peak.Of(inputs) is not { } peak)
                return Prediction.Skip("chip");
            double time = Models.ModelFlops.PerSequence(inputs.Architecture, inputs.Sequence).Training * inputs.GlobalBatch
                / (0.5 * peak.Value * inputs.Chips);
            return Prediction.Of(time, time, time);
        }
    }
}
