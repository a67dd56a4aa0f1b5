using Orrery.Catalog;
using Orrery.Units;
using Orrery.Validation.Reading;
using Shouldly;
using Xunit;

namespace Orrery.Validation.Tests.Scoring;

using Orrery.Validation.Scoring;

public sealed class MemoryValidationTests
{
    private static readonly DataCatalog Catalog = DataCatalog.Open(RepositoryData.Root);

    [Fact]
    public void Totals_are_per_chip_and_activations_relative_to_plain_tensor_parallelism()
    {
        MemoryValidation run = MemoryValidation.Run(Catalog, new Layouts(), []);

        run.Diagnostics.ShouldBeEmpty();
        ValidationReport report = run.Report!;
        ScoredCase total = report.Cases.Single(row => row.Id == "mem-simumax-b200-llama3-70b-l12-tp1-pp2-dp4-mbc4-cef");
        total.Predicted.ShouldBe(64, 1e-9);
        total.Low.ShouldBe(64 / 1.1, 1e-9);
        report.Cases.Single(row => row.Id == "mem-korth-f7-megatron-22b-seq").Predicted.ShouldBe(50, 1e-9);
        report.Cases.Single(row => row.Id == "mem-korth-f7-megatron-22b-seqsel").Predicted.ShouldBe(25, 1e-9);
        report.Cases.Length.ShouldBe(48);
        report.Skipped.ShouldBeEmpty();
        report.Slices.Select(slice => slice.Group).ShouldBe(["simumax-b200: B200-SXM-180GB dense", "simumax-b200: B200-SXM-180GB experts"]);
    }

    [Fact]
    public void A_predictor_that_skips_is_listed_with_its_reason() =>
        MemoryValidation.Run(Catalog, new Silent(), []).Report!.Skipped.ShouldContain(row => row.Why == "no stack");

    /// <summary>64 GiB in all; activations halved by sequence parallelism and again by recomputation.</summary>
    private sealed class Layouts : IMemoryPredictor
    {
        public MemoryPrediction Predict(TrainingCaseInputs inputs)
        {
            double activations = 8e9 / (inputs.SequenceParallel == true ? 2 : 1) / (inputs.Recompute == CaseRecompute.Selective ? 2 : 1);
            return new MemoryPrediction(new Bytes(64.0 * 1024 * 1024 * 1024), new Bytes(activations), 0.1, null);
        }
    }

    private sealed class Silent : IMemoryPredictor
    {
        public MemoryPrediction Predict(TrainingCaseInputs inputs) => MemoryPrediction.Skip("no stack");
    }
}
