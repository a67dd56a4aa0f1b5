using Orrery.Serving;
using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Serving.Tests;

/// <summary>Time of one iteration, and the tables behind it.</summary>
public sealed class IterationCostTests
{
    [Fact]
    public void A_token_alone_reads_the_weights_once()
    {
        OperatorTimes times = Bench.Times();
        // 4 layers of 16 h^2 weights in two bytes; the roofline chip reads activations too, which is little.
        double weights = 4 * 16.0 * 1024 * 1024 * 2 / Bench.Memory;
        times.Linear(1).Products.ShouldBe(weights, 0.01 * weights);
        times.Decode(1, 10).Execution.ShouldBe(4 * 4.0 * ((10 * 64) + 32) * 1024 / Bench.Memory, 1e-12);
    }

    [Fact]
    public void The_host_hides_behind_the_device_or_the_device_waits_for_it()
    {
        double device = Bench.Cost().Decode(8, 4).Total;
        Bench.Cost(Bench.Constants(host: device / 2)).Decode(8, 4).Total.ShouldBe(device, 1e-15);
        Bench.Cost(Bench.Constants(host: 2 * device)).Decode(8, 4).Total.ShouldBe(2 * device, 1e-12);
        Bench.Cost(Bench.Constants(host: device / 2), Bench.Stack(overlapsHost: false)).Decode(8, 4).Total.ShouldBe(1.5 * device, 1e-12);
    }

    [Fact]
    public void Answers_with_graphs_of_the_longest_length_alone_pay_for_it_from_the_first_token()
    {
        CompiledBuckets doubling = new(8, 128, 4096);
        (doubling.PromptGraphs, doubling.DecodeGraphs, doubling.Context(200), doubling.Length(200)).ShouldBe((6, 24, 256, 256));
        CompiledBuckets longest = doubling with { DecodesAtLongest = true };
        (longest.PromptGraphs, longest.DecodeGraphs, longest.Context(200), longest.Length(200)).ShouldBe((6, 4, 4096, 256));
        IterationCost cost = Bench.Cost(buckets: longest);
        cost.ContextTile(200, 1, 200).ShouldBe(4096 / OperatorTimes.Tile);
        cost.IterationsInTile(200, 1, 0, 1, 200).ShouldBe(4096 - 200 + 1);
    }

    [Fact]
    public void Each_attention_rank_has_a_host_for_its_own_sequences()
    {
        ServingConstants host = new([0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1]);
        ServingPlan four = new() { TensorParallel = 1, DataParallel = 4, Replicas = 1 };
        new IterationCost(Bench.Times(plan: four), Bench.Stack(), host, null).Decode(10, 4).Total.ShouldBe(3, 1e-9);
        new IterationCost(Bench.Times(), Bench.Stack(), host, null).Decode(10, 4).Total.ShouldBe(10, 1e-9);
    }

    [Fact]
    public void Work_between_two_points_of_a_grid_lies_between_theirs()
    {
        OperatorTimes times = Bench.Times();
        double low = times.Linear(1024).Products;
        double high = times.Linear(1088).Products;
        times.Linear(1056).Products.ShouldBe((low + high) / 2, 1e-12);
        times.Prefill(256, 0).Execution.ShouldBeLessThan(times.Prefill(256, 256).Execution);
        times.Prefill(256, 128).Execution.ShouldBe((times.Prefill(256, 0).Execution + times.Prefill(256, 256).Execution) / 2, 1e-12);
        times.Prefill(0, 100).Execution.ShouldBe(0);
        times.Linear(0).Execution.ShouldBe(0);
    }

    [Fact]
    public void A_repeated_question_allocates_nothing()
    {
        IterationCost cost = Bench.Cost();
        AttentionTimes prompt = cost.Times.Prefill(300, 700);
        cost.Decode(5, 3);
        cost.Mixed(5, 3, 300, prompt, 1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int time = 0; time < 100; time++)
        {
            cost.Decode(5, 3);
            cost.Mixed(5, 3, 300, cost.Times.Prefill(300, 700), 1);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void A_tile_lasts_until_the_mean_context_leaves_it()
    {
        IterationCost cost = Bench.Cost();
        cost.ContextTile(totalContext: 4 * 70, batch: 4, longest: 0).ShouldBe(1);
        cost.IterationsInTile(4 * 70, 4, 0, 4, 0).ShouldBe(58);
        cost.ContextTile(4 * (70 + 57), 4, 0).ShouldBe(1);
        cost.ContextTile(4 * (70 + 58), 4, 0).ShouldBe(2);
    }

    [Fact]
    public void A_compiled_engine_pays_for_its_bucket()
    {
        CompiledBuckets buckets = new(16, 128, 8192);
        buckets.Batch(5).ShouldBe(8);
        buckets.Batch(16).ShouldBe(16);
        buckets.Length(1).ShouldBe(128);
        buckets.Length(1025).ShouldBe(2048);
        buckets.Length(9000).ShouldBe(9000);
        IterationCost compiled = Bench.Cost(buckets: buckets);
        compiled.ContextTile(totalContext: 600, batch: 3, longest: 300).ShouldBe(512 / 64);
        compiled.Decode(5, 8).Total.ShouldBe(Bench.Cost().Decode(8, 8).Total, 1e-15);
    }

    [Fact]
    public void What_a_sequence_keeps_follows_its_layers()
    {
        ServingPlan plan = new() { TensorParallel = 1, Replicas = 1 };
        // 4 layers x keys and values x 8 heads of 128 in two bytes.
        new KvLayout(Bench.Model(), plan).BytesPerToken.ShouldBe(4 * 2 * 1024 * 2);
        new KvLayout(Bench.Model(), plan with { TensorParallel = 4 }).BytesPerToken.ShouldBe(4 * 2 * 256 * 2);
        new KvLayout(Bench.Model(kvHeads: 2), plan with { TensorParallel = 4 }).BytesPerToken.ShouldBe(4 * 2 * 128 * 2);
        new KvLayout(Bench.Model(), plan with { KvPrecision = NumberFormat.Fp8 }).BytesPerToken.ShouldBe(4 * 2 * 1024);
        new KvLayout(Bench.Model(), plan with { PipelineParallel = 3 }).BytesPerToken.ShouldBe(2 * 2 * 1024 * 2);
        KvLayout windowed = new(Bench.Model(window: 128), plan);
        windowed.BytesPerToken.ShouldBe(0);
        windowed.FixedBytes(64, 16).ShouldBe(64 * 4 * 2 * 1024 * 2);
        windowed.FixedBytes(100_000, 16).ShouldBe((128 + 16) * 4 * 2 * 1024 * 2);
    }
}
