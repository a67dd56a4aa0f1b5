using Orrery.Catalog;
using Orrery.Models;
using Orrery.Units;
using Orrery.Validation.Cases;
using Orrery.Validation.Prediction;
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
        // Constants of memory were set by hand on the dense peaks of one source and on both of another.
        report.Cases.Where(static row => row.IsFitted).Select(static row => row.Group).CountBy(static group => group)
            .ShouldBe([new("simumax-b200", 24), new("torchtitan", 2)], ignoreOrder: true);
        report.Slices.Select(slice => slice.Group).ShouldBe(["simumax-b200: B200-SXM-180GB dense", "simumax-b200: B200-SXM-180GB experts"]);
    }

    [Fact]
    public void Slices_with_latent_attention_and_experts_come_within_three_per_cent()
    {
        MemoryValidation run = MemoryValidation.Run(Catalog, new MemoryPredictor(new CaseContexts(Catalog, CaseDetails.Load(RepositoryData.Root).Value!)), []);

        ScoredCase[] experts = [.. run.Report!.Cases.Where(static row => row.Id.StartsWith("mem-simumax-b200-deepseekv2", StringComparison.Ordinal))];
        experts.Length.ShouldBe(6);
        experts.ShouldAllBe(static row => Math.Abs(row.Error) < 0.03);
    }

    /// <summary>
    /// Two slices that no file of cases holds, of one dense layer and three of DeepSeek-V3 with experts. Source: github.com/MooreThreads/SimuMax,
    /// docs/b200/b200_release_v1.2_summary.md (2026-05), measured peaks in GiB.
    /// </summary>
    [Theory]
    [InlineData("mem-simumax-b200-deepseekv2-tp1-ep8-pp1-dp8-l4-mbc4-cef", 104.30)]
    [InlineData("mem-simumax-b200-deepseekv2-tp1-ep4-pp2-dp4-l4-mbc4-cef", 114.00)]
    public void A_slice_of_another_model_in_the_same_layout_does_too(string layout, double measured)
    {
        CaseReader reader = new(CaseConventions.Load(RepositoryData.Root).Value!, new ModelLibrary(RepositoryData.Root));
        MemoryCase row = MemoryCase.Read(Path.Combine(RepositoryData.Root, "validation", "memory.csv")).Cases.Single(row => row.Origin.Id == layout);
        ModelArchitecture model = ModelLoader.Load("deepseek-v3", RepositoryData.Root).Value!;
        ModelArchitecture slice = model with { LayerOrder = [model.LayerOrder[0], .. Enumerable.Repeat(model.LayerOrder[^1], 3)] };
        MemoryPredictor predictor = new(new CaseContexts(Catalog, CaseDetails.Load(RepositoryData.Root).Value!));

        double predicted = predictor.Predict(reader.Read(row).Inputs! with { Architecture = slice }).Total.Value / (1L << 30);

        predicted.ShouldBe(measured, measured * 0.03);
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
