using Orrery.Training;
using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Training.Tests;

public sealed class StepTests
{
    private static readonly Plan[] Plans;

    private static readonly Plan[] PlainPlans =
    [
        new() { GlobalBatch = 64, Sequence = 2048, DataParallel = 8, MicroBatch = 2 },
        new() { GlobalBatch = 64, Sequence = 2048, DataParallel = 2, TensorParallel = 8, PipelineParallel = 4, SequenceParallel = true, Zero = 1 },
        new() { GlobalBatch = 64, Sequence = 2048, DataParallel = 4, TensorParallel = 4, PipelineParallel = 4, VirtualStages = 2, Schedule = Schedule.UsualOfChunks, Recompute = Recompute.Full },
        new() { GlobalBatch = 64, Sequence = 2048, DataParallel = 64, Zero = 3 },
        new() { GlobalBatch = 32, Sequence = 16384, DataParallel = 4, TensorParallel = 4, ContextParallel = 4, SequenceParallel = true },
        new() { GlobalBatch = 64, Sequence = 2048, DataParallel = 4, TensorParallel = 2, Attention = AttentionKernel.Unfused, Recompute = Recompute.Selective },
    ];

    static StepTests()
    {
        Plan piped = new() { GlobalBatch = 64, Sequence = 2048, DataParallel = 4, TensorParallel = 2, PipelineParallel = 4, Zero = 1 };
        Plans =
        [
            .. PlainPlans,
            piped with { Schedule = Schedule.List.Get("gpipe") },
            piped with { Schedule = Schedule.List.Get("zero-bubble") },
            piped with { Schedule = Schedule.List.Get("zb-v"), VirtualStages = 2 },
            piped with { Schedule = Schedule.List.Get("dualpipe") },
            piped with { Schedule = Schedule.List.Get("zero-bubble"), Split = PipelineSplit.Automatic },
            piped with { ContextParallel = 2, ContextLayout = ContextLayout.List.Get("hybrid"), IsContextBalanced = false },
            piped with { Recompute = Recompute.Modules, RecomputeModules = RecomputeModules.FeedForward | RecomputeModules.Norm },
        ];
    }

    public static TheoryData<int> PlanIndices => [.. Enumerable.Range(0, Plans.Length)];

    [Theory]
    [MemberData(nameof(PlanIndices))]
    public void Breakdown_sums_to_the_step(int index)
    {
        TrainingContext context = Bench.Context();
        context.Steps.Estimate(Plans[index], out StepEstimate estimate).ShouldBeTrue();
        estimate.Breakdown.Total.Value.ShouldBe(estimate.StepTime, 1e-9 * estimate.StepTime);
    }

    [Theory]
    [MemberData(nameof(PlanIndices))]
    public void A_step_is_never_faster_than_its_products_at_peak(int index)
    {
        Plan plan = Plans[index];
        TrainingContext context = Bench.Context();
        context.Steps.Estimate(plan, out StepEstimate estimate).ShouldBeTrue();
        double flop = Orrery.Models.ModelFlops.PerSequence(context.Model, plan.Sequence).Training * plan.GlobalBatch;
        estimate.StepTime.ShouldBeGreaterThan(flop / (Bench.Peak * plan.Ranks));
    }

    [Theory]
    [MemberData(nameof(PlanIndices))]
    public void Faster_hardware_is_never_slower(int index)
    {
        Plan plan = Plans[index];
        Bench.Context().Steps.Estimate(plan, out StepEstimate slow);
        Bench.Context(system: Bench.System(Bench.Chip(peak: 2 * Bench.Peak))).Steps.Estimate(plan, out StepEstimate compute);
        Bench.Context(system: Bench.System(Bench.Chip(memory: 2 * Bench.Memory))).Steps.Estimate(plan, out StepEstimate memory);
        compute.StepTime.ShouldBeLessThanOrEqualTo(slow.StepTime);
        memory.StepTime.ShouldBeLessThanOrEqualTo(slow.StepTime);
    }

    [Theory]
    [MemberData(nameof(PlanIndices))]
    public void Folded_equals_unfolded(int index)
    {
        Plan plan = Plans[index];
        TrainingContext context = Bench.Context();
        context.Steps.Prepare(plan).ShouldBeTrue();
        Seconds folded = context.Run.Execute(context.Steps, plan);
        Seconds unfolded = new StepRun().Execute(context.Steps, plan, replicas: Math.Min(8, plan.DataParallel));
        unfolded.ShouldBe(folded);
    }

    [Fact]
    public void An_estimate_allocates_nothing_after_warm_up()
    {
        TrainingContext context = Bench.Context();
        for (int i = 0; i < 3; i++)
        {
            foreach (Plan plan in Plans)
                context.Steps.Estimate(plan, out _);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (Plan plan in Plans)
            context.Steps.Estimate(plan, out _);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void Host_time_hides_behind_device_time_until_it_is_longer()
    {
        double[] constants = Bench.Defaults();
        constants[(int)StackConstant.HostForwardPerLayer] = 0;
        constants[(int)StackConstant.HostBackwardPerLayer] = 0;
        double[] slowHost = [.. constants];
        slowHost[(int)StackConstant.HostForwardPerLayer] = 1500;
        slowHost[(int)StackConstant.HostBackwardPerLayer] = 2500;
        var large = new Plan { GlobalBatch = 8, MicroBatch = 8, Sequence = 4096 };
        var small = new Plan { GlobalBatch = 8, MicroBatch = 1, Sequence = 32 };
        Ratio(large).ShouldBeLessThan(1.001);
        Ratio(small).ShouldBeGreaterThan(1.5);

        double Ratio(Plan plan)
        {
            Bench.Context(constants: slowHost).Steps.Estimate(plan, out StepEstimate slow);
            Bench.Context(constants: constants).Steps.Estimate(plan, out StepEstimate fast);
            return slow.StepTime / fast.StepTime;
        }
    }

    [Fact]
    public void Stored_activations_follow_the_published_formula_of_a_gpt_block()
    {
        // 34 bytes a channel without sequence parallelism: 10 + 24/t, and 5 a s per score column unfused (Korthikanti et al., section 4).
        var layer = new Orrery.Models.LayerDescription(
            new Orrery.Models.AttentionDescription(Orrery.Models.AttentionKind.Grouped, 64, 64, 96, 0, true, true, Orrery.Models.QkNormKind.None, true),
            new Orrery.Models.FeedForwardDescription(4 * 6144, false, true, 0, 0, 0, 0),
            2,
            true);
        Orrery.Models.ModelArchitecture model = Bench.Model(48, 6144, 64) with { LayerKinds = [layer] };
        TrainingContext context = new(model, Bench.System(), Bench.Stack() with { KeepsDropoutMasks = true }, Bench.Defaults(), Bench.Context().Chip, Bench.Context().Fabric);
        const double S = 2048;
        const double B = 4;
        const double H = 6144;
        const int T = 8;
        var plan = new Plan { TensorParallel = T, MicroBatch = (int)B, Sequence = (int)S, Attention = AttentionKernel.Unfused };
        double scores = 5 * 64 * S / H / T;
        context.Memory.LayerActivations(layer, plan).ShouldBe(S * B * H * (10 + (24.0 / T) + scores), 1);
        context.Memory.LayerActivations(layer, plan with { SequenceParallel = true }).ShouldBe(S * B * H * ((34.0 / T) + scores), 1);
        context.Memory.LayerActivations(layer, plan with { SequenceParallel = true, Recompute = Recompute.Selective }).ShouldBe(S * B * H * 34.0 / T, 1);
        context.Memory.LayerActivations(layer, plan with { Recompute = Recompute.Full }).ShouldBe(2 * S * B * H, 1);
    }

    /// <summary>By hand from what each product and norm of a layer keeps for its gradient; a routed token is kept once for each of its experts.</summary>
    [Fact]
    public void Layers_of_latent_attention_and_experts_store_what_their_products_and_norms_keep()
    {
        var attention = new Orrery.Models.AttentionDescription(
            Orrery.Models.AttentionKind.Latent, 128, 128, 160, 0, false, false, Orrery.Models.QkNormKind.None, true)
        {
            Latent = new Orrery.Models.LatentDescription(1536, 512, 128, 64, 128),
        };
        var experts = new Orrery.Models.LayerDescription(
            attention, new Orrery.Models.FeedForwardDescription(1536, true, false, 160, 6, 2, 1536), 2, false);
        Orrery.Models.LayerDescription dense = experts with { FeedForward = new Orrery.Models.FeedForwardDescription(12288, true, false, 0, 0, 0, 0) };
        Orrery.Models.ModelArchitecture model = Bench.Model(4, 5120, 128) with { LayerKinds = [experts] };
        TrainingContext context = new(model, Bench.System(), Bench.Stack(), Bench.Defaults(), Bench.Context().Chip, Bench.Context().Fabric);
        var plan = new Plan { MicroBatch = 1, Sequence = 4096, Attention = AttentionKernel.Flash };

        const double Shared = (2 * ((4 * 5120) + (2 * 128 * 192) + (2 * 128 * 128) + (2 * (1536 + 512)) + 64)) + (4 * 128);
        const double Routed = (2 * 6 * (5120 + (3 * 1536))) + (2 * 3 * 2 * 1536) + (9 * 160);
        context.Memory.LayerActivations(dense, plan).ShouldBe(4096 * (Shared + (2 * 3 * 12288)), 1);
        context.Memory.LayerActivations(experts, plan).ShouldBe(4096 * (Shared + Routed), 1);
        context.Memory.LayerActivations(experts with { Attention = Orrery.Models.AttentionDescription.None }, plan).ShouldBe(4096 * ((2 * 2 * 5120) + Routed), 1);
    }
}
