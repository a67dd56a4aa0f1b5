using Orrery.Catalog;
using Orrery.Models;
using Orrery.Training;
using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Training.Tests;

/// <summary>What each option of a layout does to time and memory, on seeded random plans.</summary>
public sealed class LayoutOptionsTests
{
    private const double Rounding = 1 + 1e-9;
    private static readonly RecomputeModules[] Modules = [.. Enum.GetValues<RecomputeModules>().Where(static one => one != RecomputeModules.None)];

    [Fact]
    public void A_stated_split_is_laid_as_stated_and_a_wrong_one_says_why()
    {
        TrainingContext context = Bench.Context(Bench.Model(41));
        var plan = new Plan { PipelineParallel = 4, GlobalBatch = 16, Sequence = 2048, Split = PipelineSplit.Parse("10,11,11,9") };
        context.Steps.Estimate(plan, out StepEstimate estimate).ShouldBeTrue();
        Enumerable.Range(0, 4).Select(context.Steps.Layout.Layers).ShouldBe([10, 11, 11, 9]);
        context.Run.Execute(context.Steps, plan).Value.ShouldBe(estimate.StepTime, 0.03 * estimate.StepTime);
        Objections(plan with { Split = PipelineSplit.Parse("10,11,11,10") }, 41).ShouldContain("has 42 layers, the model 41");
        Objections(plan with { Split = PipelineSplit.Parse("20,21") }, 41).ShouldContain("2 parts");
        Objections(plan with { Split = PipelineSplit.Parse("20,0,12,9") }, 41).ShouldContain("only the first and the last");
        PipelineSplit.Parse("10,x").ShouldBeNull();
        PipelineSplit.Parse("10,11").ShouldBe(PipelineSplit.Of([10, 11]));
        PipelineSplit.Parse("auto")!.ToString().ShouldBe("auto");
    }

    [Fact]
    public void An_automatic_split_shortens_the_longest_stage_as_far_as_any_split_can()
    {
        var random = new Random(11);
        for (int i = 0; i < 40; i++)
        {
            int layers = 5 + random.Next(4);
            TrainingContext context = Bench.Context(Bench.Model(layers, hidden: 1024, heads: 16, vocabulary: 16000 << random.Next(5)));
            int stages = 2 + random.Next(2);
            var even = new Plan { PipelineParallel = stages, GlobalBatch = 32, Sequence = 2048, Split = PipelineSplit.Automatic };
            context.Steps.Estimate(even, out _).ShouldBeTrue();
            Enumerable.Range(0, stages).Sum(context.Steps.Layout.Layers).ShouldBe(layers);
            double longest = Longest(context, stages);
            foreach (int[] split in Splits(layers, stages))
            {
                context.Steps.Estimate(even with { Split = PipelineSplit.Of(split) }, out _).ShouldBeTrue();
                longest.ShouldBeLessThanOrEqualTo(Longest(context, stages) * Rounding, string.Join(',', split));
            }
        }
    }

    [Fact]
    public void Recomputing_more_of_a_layer_stores_less_and_takes_longer()
    {
        foreach ((TrainingContext context, Plan plan) in RandomPlans(20, seed: 5))
        {
            Plan none = plan with { Recompute = Recompute.None };
            (double time, MemoryReport memory) = Price(context, none);
            RecomputeModules all = RecomputeModules.None;
            foreach (RecomputeModules module in Modules)
            {
                all |= module;
                (double longer, MemoryReport less) = Price(context, plan with { Recompute = Recompute.Modules, RecomputeModules = all });
                longer.ShouldBeGreaterThanOrEqualTo(time / Rounding, all.ToString());
                less.Activations.Value.ShouldBeLessThanOrEqualTo(memory.Activations.Value * Rounding, all.ToString());
                (time, memory) = (longer, less);
            }

            (double whole, MemoryReport least) = Price(context, plan with { Recompute = Recompute.Full });
            whole.ShouldBeGreaterThan(Price(context, none).Time);
            least.Activations.Value.ShouldBeLessThan(memory.Activations.Value);
        }
    }

    [Theory]
    [InlineData(RecomputeModules.Attention, 0)]
    [InlineData(RecomputeModules.FeedForward, 0)]
    [InlineData(RecomputeModules.Activation, 0)]
    [InlineData(RecomputeModules.Norm, 0)]
    [InlineData(RecomputeModules.Experts, 16)]
    public void Each_part_that_is_recomputed_saves_memory_and_costs_time_where_the_layer_has_it(RecomputeModules module, int experts)
    {
        TrainingContext context = Bench.Context(Bench.Model(experts: experts));
        var plan = new Plan { GlobalBatch = 8, Sequence = 4096, ExpertParallel = 1, MicroBatch = 1 };
        (double time, MemoryReport memory) = Price(context, plan);
        (double longer, MemoryReport less) = Price(context, plan with { Recompute = Recompute.Modules, RecomputeModules = module });
        longer.ShouldBeGreaterThan(time);
        less.Activations.Value.ShouldBeLessThan(memory.Activations.Value);
    }

    /// <summary>By hand, for a dense gated layer in 16 bits: norm output 2 x 2h, feed-forward 3 x 4h, behind the activation 4h, attention output h and 4 bytes a head.</summary>
    [Fact]
    public void Parts_that_are_not_kept_are_those_that_a_layer_stores_of_them()
    {
        const double Tokens = 4096;
        const double Hidden = 4096;
        TrainingContext context = Bench.Context();
        LayerDescription layer = context.Model.LayerKinds[0];
        var plan = new Plan { MicroBatch = 1, Sequence = (int)Tokens };
        double whole = context.Memory.LayerActivations(layer, plan);
        double Saved(RecomputeModules modules) => (whole - context.Memory.LayerActivations(layer, plan with { Recompute = Recompute.Modules, RecomputeModules = modules })) / Tokens;
        Saved(RecomputeModules.Norm).ShouldBe(2 * 2 * Hidden, 1e-6);
        Saved(RecomputeModules.FeedForward).ShouldBe(2 * 3 * 4 * Hidden, 1e-6);
        Saved(RecomputeModules.Activation).ShouldBe(2 * 4 * Hidden, 1e-6);
        Saved(RecomputeModules.Attention).ShouldBe((2 * Hidden) + (4 * 32), 1e-6);
        Saved(RecomputeModules.FeedForward | RecomputeModules.Activation).ShouldBe(2 * 3 * 4 * Hidden, 1e-6);
    }

    [Fact]
    public void Offloading_never_raises_device_memory_and_never_speeds_a_step_up()
    {
        foreach ((TrainingContext context, Plan plan) in RandomPlans(30, seed: 6))
        {
            (double time, MemoryReport memory) = Price(context, plan);
            foreach (Offload offload in (Offload[])[Offload.Optimizer, Offload.Activations, Offload.Optimizer | Offload.Activations])
            {
                (double longer, MemoryReport less) = Price(context, plan with { Offload = offload });
                longer.ShouldBeGreaterThanOrEqualTo(time / Rounding);
                less.Total.Value.ShouldBeLessThanOrEqualTo(memory.Total.Value * Rounding);
                // On a pipeline another stage may be the fullest now.
                if (plan.PipelineParallel == 1)
                    (less.Optimizer + less.Activations + less.Host).Value.ShouldBe((memory.Optimizer + memory.Activations).Value, 1);
                if (offload.HasFlag(Offload.Optimizer))
                    less.Optimizer.Value.ShouldBe(0);
            }
        }
    }

    [Fact]
    public void A_slow_host_link_shows_and_a_fast_one_hides()
    {
        var plan = new Plan { GlobalBatch = 8, Sequence = 4096, Offload = Offload.Activations };
        double none = Price(WithHost(400e9), plan with { Offload = Offload.None }).Time;
        double fast = Price(WithHost(400e9), plan).Time;
        double slow = Price(WithHost(4e9), plan).Time;
        fast.ShouldBeLessThan(1.1 * none);
        slow.ShouldBeGreaterThan(2 * none);

        // 12 bytes of states a parameter and direction, at 1 GB/s.
        var states = new Plan { GlobalBatch = 8, Sequence = 4096, DataParallel = 8, Zero = 1, Offload = Offload.Optimizer };
        TrainingContext context = WithHost(1e9);
        context.Steps.Estimate(states, out _).ShouldBeTrue();
        context.Steps.OptimizerTime.ShouldBe(ParameterCount.Of(context.Model).Total / 8.0 * 12 / 1e9, 0.001 * context.Steps.OptimizerTime);
    }

    [Fact]
    public void Uneven_experts_never_speed_a_step_up_and_never_save_memory()
    {
        foreach ((TrainingContext context, Plan plan) in RandomPlans(20, seed: 8, experts: 16))
        {
            (double time, MemoryReport memory) = Price(context, plan);
            foreach (double imbalance in (double[])[1.1, 1.5, 2, 4])
            {
                (double longer, MemoryReport more) = Price(context, plan with { ExpertImbalance = imbalance });
                longer.ShouldBeGreaterThanOrEqualTo(time / Rounding, $"{imbalance}");
                more.Activations.Value.ShouldBeGreaterThanOrEqualTo(memory.Activations.Value);
                (time, memory) = (longer, more);
            }
        }
    }

    [Fact]
    public void A_capacity_bounds_what_uneven_experts_cost_and_spares_the_host_the_counts()
    {
        double[] constants = Bench.Defaults();
        constants[(int)StackConstant.HostSyncPerMoeLayer] = 500;
        TrainingContext context = Bench.Context(Bench.Model(experts: 16), constants: constants);
        var plan = new Plan { GlobalBatch = 16, Sequence = 4096, DataParallel = 8, ExpertParallel = 8 };
        double uneven = Price(context, plan with { ExpertImbalance = 3 }).Time;
        double bounded = Price(context, plan with { ExpertImbalance = 3, CapacityFactor = 1.25 }).Time;
        bounded.ShouldBeLessThan(uneven);
        Price(context, plan with { ExpertImbalance = 1, CapacityFactor = 1.25 }).Time.ShouldBe(bounded);
        // Padding costs what uneven experts of the same load cost, less the wait for their counts.
        bounded.ShouldBeLessThan(Price(context, plan with { ExpertImbalance = 1.25 }).Time);
    }

    [Fact]
    public void Overlapped_exchange_never_slows_a_step_down_and_holds_a_micro_batch_more()
    {
        foreach ((TrainingContext context, Plan plan) in RandomPlans(20, seed: 9, experts: 16))
        {
            (double time, MemoryReport memory) = Price(context, plan);
            (double shorter, MemoryReport more) = Price(context, plan with { OverlapsExperts = true });
            shorter.ShouldBeLessThanOrEqualTo(time * Rounding);
            if (plan.ExpertParallel > 1)
                shorter.ShouldBeLessThan(time);
            more.Activations.Value.ShouldBeGreaterThanOrEqualTo(memory.Activations.Value);
        }
    }

    [Fact]
    public void Attention_is_counted_within_documents()
    {
        ModelArchitecture model = Bench.Model(8, 1024, 16);
        PackedSequences.Of(model, 8192, 0, 8192).ShouldBe(model);
        PackedSequences.Of(model, 4096, 1, 8192).ShouldBe(model);
        var plan = new Plan { GlobalBatch = 8, Sequence = 8192 };
        double whole = ModelFlops.PerSequence(model, 8192).Attention;
        double time = Price(Bench.Context(model), plan).Time;
        foreach (int documents in (int[])[4096, 2048, 1024])
        {
            ModelArchitecture packed = PackedSequences.Of(model, documents, 0, 8192);
            ModelFlops.PerSequence(packed, 8192).Attention.ShouldBe(whole * documents / 8192, 0.001 * whole);
            double shorter = Price(Bench.Context(packed), plan).Time;
            shorter.ShouldBeLessThan(time);
            // Documents of many lengths have more pairs than as many of equal length.
            Price(Bench.Context(PackedSequences.Of(model, documents, 0.7, 8192)), plan).Time.ShouldBeGreaterThan(shorter);
            time = shorter;
        }
    }

    [Fact]
    public void Documents_of_many_lengths_make_data_parallel_ranks_wait_for_each_other()
    {
        TrainingContext context = Bench.Context(Bench.Model(8, 1024, 16));
        var plan = new Plan { GlobalBatch = 64, DataParallel = 8, Sequence = 16384, DocumentLength = 2048 };
        double equal = Price(context, plan).Time;
        double spread = Price(context, plan with { DocumentSpread = 0.8 }).Time;
        double wide = Price(context, plan with { DocumentSpread = 1.2 }).Time;
        spread.ShouldBeGreaterThan(equal);
        wide.ShouldBeGreaterThan(spread);
        // Sums over more documents differ less, and a rank alone waits for nobody.
        Price(context, plan with { DocumentSpread = 0.8, GlobalBatch = 640 }).Time.ShouldBeLessThan(10 * spread);
        Price(context, plan with { DocumentSpread = 0.8, DataParallel = 1 }).Time.ShouldBe(Price(context, plan with { DataParallel = 1 }).Time);
    }

    /// <summary>Four stages of eight equal layers, and no vocabulary: activations are those of the micro-batches each schedule is published to hold.</summary>
    [Theory]
    [InlineData("gpipe", 1, 16)]
    [InlineData("1f1b", 1, 4)]
    [InlineData("zero-bubble", 1, 4)]
    [InlineData("zb-v", 2, 4)]
    [InlineData("dualpipe", 1, 5)]
    public void Memory_follows_the_peak_of_the_schedule(string name, int chunks, int micro)
    {
        TrainingContext context = Bench.Context(Bench.Model(32, 1024, 16, vocabulary: 8));
        var plan = new Plan { PipelineParallel = 4, VirtualStages = chunks, GlobalBatch = 16, Sequence = 2048, DataParallel = 1, Zero = 1, Schedule = Schedule.List.Get(name) };
        MemoryReport memory = Price(context, plan).Memory;
        double layer = context.Memory.LayerActivations(context.Model.LayerKinds[0], plan);
        memory.Activations.Value.ShouldBe(micro * 8 * layer, 1e-6 * memory.Activations.Value);
        MemoryReport usual = Price(context, plan with { VirtualStages = 1, Schedule = Schedule.Usual }).Memory;
        int copies = name == "dualpipe" ? 2 : 1;
        memory.Weights.Value.ShouldBe(copies * usual.Weights.Value, 0.001 * memory.Weights.Value);
        memory.Gradients.Value.ShouldBe(copies * usual.Gradients.Value, 0.001 * memory.Gradients.Value);
        memory.Optimizer.Value.ShouldBe(usual.Optimizer.Value, 0.001 * memory.Optimizer.Value);
    }

    [Fact]
    public void Weights_gathered_further_ahead_hide_more_and_take_more_memory()
    {
        foreach ((TrainingContext context, Plan random) in RandomPlans(15, seed: 10))
        {
            Plan plan = random with { Zero = 3, PipelineParallel = 1, VirtualStages = 1, DataParallel = 16, GlobalBatch = 64, MicroBatch = 1 };
            (double late, MemoryReport one) = Price(context, plan with { Prefetch = 0 });
            (double usual, MemoryReport same) = Price(context, plan);
            (double early, MemoryReport more) = Price(context, plan with { Prefetch = 3 });
            late.ShouldBeGreaterThanOrEqualTo(usual);
            usual.ShouldBeGreaterThanOrEqualTo(early / Rounding);
            one.Total.ShouldBe(same.Total);
            more.Total.Value.ShouldBeGreaterThan(same.Total.Value);
        }

        Objections(new Plan { Prefetch = 2, GlobalBatch = 8, Sequence = 2048 }, 32).ShouldContain("needs zero 3");
    }

    [Fact]
    public void Layers_of_different_sizes_share_what_is_gathered_ahead()
    {
        ModelArchitecture one = Bench.Model(16, 2048, 16);
        LayerDescription small = one.LayerKinds[0] with { FeedForward = new FeedForwardDescription(512, true, false, 0, 0, 0, 0) };
        ModelArchitecture mixed = one with { LayerKinds = [one.LayerKinds[0], small], LayerOrder = [.. Enumerable.Range(0, 16).Select(static i => (byte)(i % 2))] };
        TrainingContext context = Bench.Context(mixed);
        var plan = new Plan { Zero = 3, DataParallel = 64, GlobalBatch = 64, Sequence = 2048 };
        Price(context, plan with { Prefetch = 2 }).Time.ShouldBeLessThanOrEqualTo(Price(context, plan).Time);
    }

    [Fact]
    public void Tokens_laid_in_their_order_cost_what_the_last_rank_has_to_attend()
    {
        AttentionDescription attention = Bench.Model().LayerKinds[0].Attention;
        var plan = new Plan { ContextParallel = 4, Sequence = 32768, GlobalBatch = 8 };
        ContextLayout ring = ContextLayout.List.Get("ring");
        ring.UnbalancedLoad(plan, attention).ShouldBe(2 - 0.25, 1e-9);
        ContextLayout.List.Get("all-to-all").UnbalancedLoad(plan, attention).ShouldBe(1);
        ring.UnbalancedLoad(plan, attention with { IsCausal = false }).ShouldBe(1);
        ring.UnbalancedLoad(plan, attention with { Window = 1024 }).ShouldBeInRange(1, 1.1);
        foreach (ContextLayout layout in ContextLayout.List.All)
        {
            double balanced = Price(Bench.Context(), plan with { ContextLayout = layout }).Time;
            double unbalanced = Price(Bench.Context(), plan with { ContextLayout = layout, IsContextBalanced = false }).Time;
            unbalanced.ShouldBeGreaterThanOrEqualTo(balanced);
        }

        Price(Bench.Context(), plan with { IsContextBalanced = false }).Time.ShouldBeGreaterThan(1.1 * Price(Bench.Context(), plan).Time);
    }

    [Fact]
    public void A_hybrid_of_one_kind_alone_is_that_kind()
    {
        var plan = new Plan { ContextParallel = 8, Sequence = 32768, GlobalBatch = 8 };
        Plan hybrid = plan with { ContextLayout = ContextLayout.List.Get("hybrid") };
        TrainingContext context = Bench.Context();
        Price(context, hybrid with { ContextInner = 8 }).Time.ShouldBe(Price(context, plan with { ContextLayout = ContextLayout.List.Get("all-to-all") }).Time, 1e-9);
        Plan ringed = hybrid with { ContextInner = 1 };
        Price(context, ringed).Time.ShouldBe(Price(context, plan).Time, 1e-9);
        Objections(hybrid with { ContextInner = 3 }, 32).ShouldContain("cp-inner 3");
        Objections(plan with { ContextLayout = ContextLayout.List.Get("all-to-all"), TensorParallel = 8 }, 32).ShouldContain("all-to-all context parallelism needs cp 8");
    }

    [Fact]
    public void Gathering_first_hides_nothing_that_a_ring_hides()
    {
        var plan = new Plan { ContextParallel = 8, Sequence = 65536, GlobalBatch = 8 };
        TrainingContext context = Bench.Context();
        (double ring, MemoryReport less) = Price(context, plan);
        (double gathered, MemoryReport more) = Price(context, plan with { ContextLayout = ContextLayout.List.Get("all-gather") });
        gathered.ShouldBeGreaterThan(ring);
        // Keys, values and their gradients of 65,536 tokens of 4,096 channels in 16 bits.
        (more.Workspace - less.Workspace).Value.ShouldBe(2.0 * 2 * 65536 * 4096 * 2, 1);
    }

    private static TrainingContext WithHost(double bandwidth) =>
        Bench.Context(system: Bench.System() with { HostBandwidthPerChip = Bench.Fixed(new BytesPerSecond(bandwidth)) });

    private static (double Time, MemoryReport Memory) Price(TrainingContext context, Plan plan)
    {
        context.Steps.Estimate(plan, out StepEstimate estimate).ShouldBeTrue();
        estimate.Breakdown.Total.Value.ShouldBe(estimate.StepTime, 1e-9 * estimate.StepTime);
        return (estimate.StepTime, context.Memory.Evaluate(plan));
    }

    private static string Objections(Plan plan, int layers)
    {
        var found = new List<string>();
        PlanRules.Check(plan, Bench.Model(layers), plan.Ranks, found);
        return string.Join('\n', found);
    }

    private static double Longest(TrainingContext context, int stages) =>
        Enumerable.Range(0, stages).Max(chunk => context.Steps.ChunkCost(chunk).Forward + context.Steps.ChunkCost(chunk).Backward);

    private static IEnumerable<int[]> Splits(int layers, int stages)
    {
        if (stages == 2)
        {
            for (int first = 0; first <= layers; first++)
                yield return [first, layers - first];
            yield break;
        }

        for (int first = 0; first < layers; first++)
        {
            for (int middle = 1; first + middle <= layers; middle++)
                yield return [first, middle, layers - first - middle];
        }
    }

    private static IEnumerable<(TrainingContext Context, Plan Plan)> RandomPlans(int count, int seed, int experts = 0)
    {
        var random = new Random(seed);
        SystemDescription system = Bench.System() with { HostBandwidthPerChip = Bench.Fixed(new BytesPerSecond(32e9)) };
        for (int i = 0; i < count; i++)
        {
            TrainingContext context = Bench.Context(Bench.Model(32, 1024 << random.Next(3), 16, experts: experts), system);
            int dp = 1 << random.Next(4);
            int pp = 1 << random.Next(3);
            yield return (context, new Plan
            {
                TensorParallel = 1 << random.Next(3),
                PipelineParallel = pp,
                DataParallel = dp,
                ExpertParallel = experts > 0 ? Math.Min(dp, 8) : 1,
                MicroBatch = 1 + random.Next(2),
                GlobalBatch = dp * 2 * pp * 4,
                Sequence = 2048 << random.Next(2),
                Zero = random.Next(2),
                SequenceParallel = random.Next(2) == 0,
                Schedule = random.Next(2) == 0 ? Schedule.Usual : Schedule.List.Get("zero-bubble"),
            });
        }
    }
}
