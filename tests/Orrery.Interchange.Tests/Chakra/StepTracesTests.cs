using Orrery.Catalog;
using Orrery.Fabric;
using Orrery.Models;
using Orrery.Training;
using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Interchange.Tests;

public sealed class StepTracesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-step").FullName;
    private readonly DataCatalog _catalog = DataCatalog.Open(RepositoryData.PathOf(""));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("llama-3.1-70b", "dgx-h100", 8, 4, 1, 4, 1, "1f1b", 0)]
    [InlineData("llama-3.1-70b", "dgx-h100", 8, 4, 4, 4, 1, "interleaved", 1)]
    [InlineData("llama-3.1-70b", "dgx-h100", 4, 4, 1, 4, 1, "zero-bubble", 1)]
    [InlineData("llama-3.1-8b", "trn2.48xlarge", 4, 1, 1, 16, 1, "1f1b", 1)]
    [InlineData("llama-3.1-8b", "dgx-a100", 1, 1, 1, 8, 1, "1f1b", 3)]
    [InlineData("mixtral-8x22b", "gb200-nvl72", 2, 8, 1, 9, 1, "1f1b", 1)]
    public void A_step_reads_back_to_its_own_time(string model, string system, int tp, int pp, int vpp, int dp, int cp, string schedule, int zero)
    {
        Plan plan = new()
        {
            TensorParallel = tp,
            PipelineParallel = pp,
            VirtualStages = vpp,
            DataParallel = dp,
            ContextParallel = cp,
            Schedule = Schedule.List.Get(schedule),
            Zero = zero,
            SequenceParallel = vpp > 1,
            GlobalBatch = dp * pp * 4,
            Sequence = 4096,
        };
        (TrainingContext context, ReplayFabric fabric) = On(model, system, plan.Ranks);
        StepTraces.Write(_folder, context, plan, fabric).ShouldBe(pp);
        Seconds step = context.Run.Execute(context.Steps, plan);
        TraceSet set = TraceSet.Read(_folder).Value.ShouldNotBeNull();
        set.World.ShouldBe(plan.Ranks);
        ReplayReport report = Jobs.Run(set, fabric);
        report.Run.IsCompleted.ShouldBeTrue();

        // A picosecond for each rounding on the longest way.
        report.Makespan.Value.ShouldBe(step.Value, 1e-12 * set.Traces.Max(static trace => trace.NodeCount));
        report.Ranks.Sum(static rank => rank.StandsFor).ShouldBe(plan.Ranks);
        if (tp > 1)
            report.Exchanges.ShouldContain(sum => sum.Ranks == tp && sum.Kind == (plan.SequenceParallel ? ChakraCollective.AllGather : ChakraCollective.AllReduce));
    }

    [Fact]
    public void On_another_system_collectives_take_that_system_s_time()
    {
        Plan plan = new() { TensorParallel = 8, DataParallel = 8, GlobalBatch = 64, Sequence = 4096 };
        (TrainingContext context, ReplayFabric fabric) = On("llama-3.1-8b", "dgx-h100", plan.Ranks);
        StepTraces.Write(_folder, context, plan, fabric);
        TraceSet set = TraceSet.Read(_folder).Value.ShouldNotBeNull();
        ReplayReport home = Jobs.Run(set, fabric), abroad = Jobs.Run(set, On("llama-3.1-8b", "dgx-a100", plan.Ranks).Fabric);
        abroad.Ranks[0].Compute.ShouldBe(home.Ranks[0].Compute);
        abroad.Ranks[0].Communication.ShouldBeGreaterThan(home.Ranks[0].Communication);
    }

    [Fact]
    public void Traces_of_another_step_in_the_folder_are_told()
    {
        Plan plan = new() { TensorParallel = 8, PipelineParallel = 2 };
        StepTraces.Strangers(Path.Combine(_folder, "nowhere"), plan).ShouldBeEmpty();
        File.WriteAllText(Path.Combine(_folder, "step.0.et"), "");
        File.WriteAllText(Path.Combine(_folder, "notes.txt"), "");
        StepTraces.Strangers(_folder, plan).ShouldBeEmpty();
        File.WriteAllText(Path.Combine(_folder, "step.16.et"), "");
        StepTraces.Strangers(_folder, plan).ShouldBe(["step.16.et"]);
    }

    private (TrainingContext Context, ReplayFabric Fabric) On(string model, string system, int ranks)
    {
        SystemDescription machine = _catalog.System(system).Value.ShouldNotBeNull();
        machine = SystemSlices.Fit(machine, ranks / machine.Chip.RanksPerChip);
        ModelArchitecture architecture = ModelLoader.Load(model, _catalog.DataRoot).Value.ShouldNotBeNull();
        TrainingContext context = new TrainingContextFactory(_catalog).Create(architecture, machine, _catalog.Stack(machine.DefaultStack).Value.ShouldNotBeNull()).Value.ShouldNotBeNull();
        return (context, ReplayFabric.Of(machine, ClosedFormCollectives.Open(_catalog.DataRoot, machine).Value.ShouldNotBeNull(), ReplayNetwork.Closed));
    }
}
