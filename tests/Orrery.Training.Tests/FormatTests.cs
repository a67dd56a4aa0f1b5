using Orrery.Models;
using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Training.Tests;

/// <summary>What the formats of moments, gradients, frozen weights and products do to memory and time.</summary>
public sealed class FormatTests
{
    private static readonly Plan Base = new() { GlobalBatch = 64, Sequence = 2048, DataParallel = 8, MicroBatch = 2 };

    private static double Weights => ParameterCount.Of(Bench.Model()).Total;

    [Theory]
    [InlineData(OptimizerStates.Fp32, 12)]
    [InlineData(OptimizerStates.Bf16, 8)]
    [InlineData(OptimizerStates.EightBit, 6.03125)]
    public void An_optimizer_keeps_master_weights_and_two_moments(OptimizerStates states, double bytes)
    {
        Memory(Base with { OptimizerStates = states }).Optimizer.Value.ShouldBe(bytes * Weights, Weights * 1e-6);
        Memory(Base with { OptimizerStates = states, Zero = 1 }).Optimizer.Value.ShouldBe(bytes * Weights / 8, Weights * 1e-6);
    }

    [Fact]
    public void Narrower_states_and_gradients_make_the_update_faster_by_the_bytes_they_save()
    {
        double wide = Optimizer(Base);
        double narrow = Optimizer(Base with { OptimizerStates = OptimizerStates.Bf16 });
        double share = 0.85;
        (wide - narrow).ShouldBe(Weights * 8 / (Bench.Memory * share), 1e-6);
        (narrow - Optimizer(Base with { OptimizerStates = OptimizerStates.Bf16, Gradients = NumberFormat.Bf16 })).ShouldBe(Weights * 2 / (Bench.Memory * share), 1e-6);
    }

    [Fact]
    public void Gradients_of_16_bits_halve_their_memory_and_their_reduction()
    {
        Memory(Base).Gradients.Value.ShouldBe(4 * Weights, 1);
        Memory(Base with { Gradients = NumberFormat.Bf16 }).Gradients.Value.ShouldBe(2 * Weights, 1);
        TrainingContext context = Bench.Context();
        context.Steps.Estimate(Base, out _).ShouldBeTrue();
        double wide = context.Steps.ReductionTime;
        context.Steps.Estimate(Base with { Gradients = NumberFormat.Bf16 }, out _).ShouldBeTrue();
        context.Steps.ReductionTime.ShouldBe(wide / 2, wide * 1e-2);
    }

    [Fact]
    public void Frozen_weights_of_4_bits_take_a_quarter_of_the_memory_and_time_to_widen()
    {
        Plan frozen = Base with { HasFrozenWeights = true };
        Plan narrow = frozen with { FrozenFormat = NumberFormat.Int4WeightOnly };
        // Rank 16 beside four projections of 4,096 by 4,096 in 32 layers.
        double adapters = 32.0 * 16 * 8 * 4096;
        Memory(frozen).Weights.Value.ShouldBe(2 * (Weights + adapters), 1);
        double tables = 2.0 * 32000 * 4096;
        Memory(narrow).Weights.Value.ShouldBe(((0.5 + (2.0 / 128)) * (Weights - tables)) + (2 * tables) + (2 * adapters), Weights * 1e-6);
        Memory(narrow).Optimizer.Value.ShouldBe(12 * adapters, 1);
        Memory(narrow).Gradients.Value.ShouldBe(4 * adapters, 1);
        Memory(narrow with { AdapterRank = 64 }).Optimizer.Value.ShouldBe(4 * 12 * adapters, 1);
        Step(narrow).ShouldBeGreaterThan(Step(frozen));
    }

    [Theory]
    [InlineData("1f1b", 16, 1)]
    [InlineData("dualpipe", 32, 2)]
    public void Adapters_are_those_of_every_chunk_that_a_stage_holds(string schedule, int layers, int copies)
    {
        Plan frozen = Base with { HasFrozenWeights = true, PipelineParallel = 2, Schedule = Schedule.List.Get(schedule) };
        double adapters = (double)layers * 16 * 8 * 4096;
        Memory(frozen).Gradients.Value.ShouldBe(4 * adapters, 1);
        Memory(frozen).Optimizer.Value.ShouldBe(12 * adapters, 1);
        Memory(frozen with { Zero = 1 }).Optimizer.Value.ShouldBe(12 * adapters / 8 / copies, 1);
    }

    [Fact]
    public void Frozen_products_keep_no_inputs_but_those_that_adapters_read()
    {
        // Of a token and layer: input of the feed-forward products and what stands behind its activation, 16 bits each, 32 layers.
        double tokens = 2.0 * 2048;
        double freed = 32 * tokens * 2 * (4096 + (4 * 4096));
        (Memory(Base).Activations.Value - Memory(Base with { HasFrozenWeights = true }).Activations.Value).ShouldBe(freed, freed * 1e-9);
    }

    [Fact]
    public void Products_outside_the_layers_take_time()
    {
        ModelArchitecture plain = Bench.Model();
        ModelArchitecture with = plain with { Sides = [new SideBlock("patches", default, 4096, 4096, HasBias: false), new SideBlock("rows", TokenStream.OfCondition(1), 4096, 4096, HasBias: false, IsAtEnd: true)] };
        TrainingContext context = Bench.Context(with);
        context.Steps.Estimate(Base, out StepEstimate estimate).ShouldBeTrue();
        // Forward and both gradients on all tokens of a rank, at peak.
        double products = 3 * 2.0 * 4096 * 4096 * Base.GlobalBatch * Base.Sequence / Base.DataParallel / Bench.Peak;
        (estimate.Breakdown.Compute.Value - Compute(plain)).ShouldBeInRange(products, 1.1 * products);
    }

    [Fact]
    public void Doubling_experts_never_lowers_memory()
    {
        double before = 0;
        for (int experts = 2; experts <= 256; experts *= 2)
        {
            TrainingContext context = Bench.Context(Bench.Model(experts: experts));
            context.Steps.Prepare(Base).ShouldBeTrue();
            double total = context.Memory.Evaluate(Base).Total.Value;
            total.ShouldBeGreaterThan(before);
            before = total;
        }
    }

    private static double Compute(ModelArchitecture model)
    {
        Bench.Context(model).Steps.Estimate(Base, out StepEstimate estimate).ShouldBeTrue();
        return estimate.Breakdown.Compute.Value;
    }

    private static double Step(Plan plan)
    {
        Bench.Context().Steps.Estimate(plan, out StepEstimate estimate).ShouldBeTrue();
        return estimate.StepTime;
    }

    private static double Optimizer(Plan plan)
    {
        TrainingContext context = Bench.Context();
        context.Steps.Estimate(plan, out _).ShouldBeTrue();
        return context.Steps.OptimizerTime;
    }

    private static MemoryReport Memory(Plan plan)
    {
        TrainingContext context = Bench.Context();
        context.Steps.Prepare(plan).ShouldBeTrue();
        return context.Memory.Evaluate(plan);
    }
}
