using Orrery.Catalog;
using Orrery.Models;
using Orrery.Serving;
using Shouldly;
using Xunit;

namespace Orrery.Serving.Tests;

/// <summary>Replicas whose layers lie on stages: as many engines as stages, each through all of them.</summary>
public sealed class PipelineTests
{
    private static readonly ServingContext Context = new(DataCatalog.Open(Bench.DataRoot()));

    private static ServingReport Run(int stages, int clients, int requests = 60)
    {
        ServingRequest request = new()
        {
            Model = ModelLoader.Load("llama-3.1-8b", Bench.DataRoot()).Value!,
            System = Context.Catalog.System("dgx-h100").Value!,
            Stack = Context.Stacks.Stack("vllm").Value!,
            Chips = stages,
            TensorParallel = 1,
            PipelineParallel = stages,
            Replicas = 1,
            Workload = new ServingWorkload(new RequestTrace(new long[requests], Filled(requests, 200), Filled(requests, 100)), clients, 0, "test"),
        };
        return ServingRunner.Run(request, Context, hasInterval: false).Report.ShouldNotBeNull();
    }

    private static int[] Filled(int count, int value)
    {
        int[] values = new int[count];
        Array.Fill(values, value);
        return values;
    }

    [Fact]
    public void A_sequence_alone_passes_all_stages_for_each_token_and_leaves_the_others_idle()
    {
        ServingReport whole = Run(1, 1);
        ServingReport stages = Run(4, 1);
        // The same layers, and three hops more.
        stages.PerToken.Mean.ShouldBeInRange(whole.PerToken.Mean, 1.1 * whole.PerToken.Mean);
        whole.Utilization.ShouldBe(1, 0.01);
        stages.Utilization.ShouldBe(0.25, 0.01);
    }

    [Fact]
    public void As_many_sequences_as_stages_fill_the_bubble_at_no_ones_cost()
    {
        ServingReport one = Run(4, 1);
        ServingReport four = Run(4, 4);
        four.PerToken.Mean.ShouldBe(one.PerToken.Mean, 0.01 * one.PerToken.Mean);
        four.Utilization.ShouldBe(1, 0.01);
        (four.OutputTokensPerSecond / one.OutputTokensPerSecond).ShouldBe(4, 0.05);
    }

    [Fact]
    public void More_sequences_share_a_stages_reading_of_weights_by_batches_of_a_part_of_them()
    {
        ServingReport whole = Run(1, 16, 160);
        ServingReport stages = Run(4, 64, 640);
        // Four batches of 16, each as fast as the one.
        stages.PerToken.Mean.ShouldBeInRange(whole.PerToken.Mean, 1.1 * whole.PerToken.Mean);
        stages.MeanBatch.ShouldBe(whole.MeanBatch, 0.1 * whole.MeanBatch);
    }
}
