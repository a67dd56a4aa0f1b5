using Orrery.Catalog;
using Orrery.Training;
using Orrery.Validation.Cases;
using Orrery.Validation.Prediction;
using Orrery.Validation.Reading;
using Orrery.Validation.Scoring;
using Shouldly;
using Xunit;

namespace Orrery.Validation.Tests.Prediction;

public sealed class TpuStepTests
{
    private const string Group = "maxtext-tpu-configs";

    private static readonly DataCatalog Catalog = DataCatalog.Open(RepositoryData.Root);
    private static readonly CaseContexts Contexts = new(Catalog, CaseDetails.Load(RepositoryData.Root).Value!);

    [Fact]
    public void Published_steps_of_MaxText_are_met_within_a_few_per_cent()
    {
        var reader = new CaseReader(CaseConventions.Load(RepositoryData.Root).Value!, new ModelLibrary(RepositoryData.Root));
        TrainingCase[] rows = [.. TrainingCase.Read(ValidationFiles.Training(RepositoryData.Root)[0]).Cases.Where(static row => row.Origin.Group == Group && row.Origin.IsExpressible)];
        FlopConvention convention = CaseConventions.Load(RepositoryData.Root).Value!.FlopConventionOf(Group);
        List<double> errors = [];
        foreach (TrainingCase row in rows)
        {
            TrainingCaseInputs inputs = reader.Read(row).Inputs!;
            CaseContext found = Contexts.Find(inputs, out string why)!;
            why.ShouldBeEmpty();
            found.Context.System.ChipsPerScaleUpDomain.ShouldBe(256);
            found.Context.Steps.Estimate(Contexts.PlanOf(inputs, found), out StepEstimate estimate).ShouldBeTrue();
            double step = StepMetric.Factor(inputs, row.Origin.PrimaryMetric, convention, out _)!.Value / row.Measured(row.Origin.PrimaryMetric)!.Value;
            errors.Add((estimate.StepTime / step) - 1);
        }

        errors.Count.ShouldBe(24);
        errors.Average(Math.Abs).ShouldBeLessThan(0.04);
        errors.Average().ShouldBeInRange(-0.03, 0.03);
    }

    [Fact]
    public void A_printed_micro_batch_of_one_device_is_that_of_every_device_of_a_data_parallel_rank()
    {
        var reader = new CaseReader(CaseConventions.Load(RepositoryData.Root).Value!, new ModelLibrary(RepositoryData.Root));
        TrainingCase row = TrainingCase.Read(ValidationFiles.Training(RepositoryData.Root)[0]).Cases.Single(static one => one.Origin.Id == "maxtext-v5e-128b-2x256");
        TrainingCaseInputs inputs = reader.Read(row).Inputs!;
        inputs.TensorParallel.ShouldBe(16);
        inputs.MicroBatch.ShouldBe(16);
        inputs.GradientAccumulation.ShouldBe(1);
        inputs.Notes.ShouldContain(static note => note.Contains("for a device", StringComparison.Ordinal));
    }
}
