using Orrery.Models;
using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Training.Tests;

public sealed class ExpertTests
{
    private const int Experts = 64;
    private const int Chosen = 8;

    private static readonly Plan Even = new() { GlobalBatch = 64, Sequence = 2048, DataParallel = 32, ExpertParallel = 32, Zero = 1 };

    private static ModelArchitecture Model()
    {
        ModelArchitecture model = Bench.Model(4, 2048, 16, experts: Experts);
        LayerDescription layer = model.LayerKinds[0];
        return model with { LayerKinds = [layer with { FeedForward = layer.FeedForward with { TopK = Chosen, Width = 1024 } }] };
    }

    private static LayerCost Layer(Plan plan, params (StackConstant Constant, double Value)[] changes)
    {
        double[] constants = Bench.Defaults();
        foreach ((StackConstant constant, double value) in changes)
            constants[(int)constant] = value;
        TrainingContext context = Bench.Context(Model(), constants: constants);
        context.Steps.Prepare(plan).ShouldBeTrue();
        return context.Steps.LayerCosts[0];
    }

    [Theory]
    [InlineData(64, 8, 1, 1)]
    [InlineData(64, 8, 64, 8)]
    [InlineData(4, 1, 2, 1)]
    [InlineData(4, 2, 2, 2 * (1 - (1 / 6.0)))]
    public void Holders_of_a_tokens_experts_are_counted_as_draws_without_replacement(int experts, int chosen, int parts, double expected) =>
        LayerCoster.ExpectedHolders(Feed(experts, chosen), parts).ShouldBe(expected, 1e-12);

    [Theory]
    [InlineData(64, 4, 4)]
    [InlineData(64, 2, 8)]
    [InlineData(256, 4, 8)]
    [InlineData(32, 3, 2)]
    public void Groups_that_are_chosen_first_hold_what_random_choices_say(int experts, int chosenGroups, int parts)
    {
        const int Groups = 8;
        const int Tokens = 40_000;
        FeedForwardDescription feed = Feed(experts, Chosen) with { Groups = Groups, GroupsPerToken = chosenGroups };
        Random random = new(7);
        int[] groups = [.. Enumerable.Range(0, Groups)];
        long holders = 0;
        for (int token = 0; token < Tokens; token++)
        {
            random.Shuffle(groups);
            int[] open = [.. groups.Take(chosenGroups).SelectMany(group => Enumerable.Range(group * experts / Groups, experts / Groups))];
            random.Shuffle(open);
            holders += open.Take(Chosen).Select(expert => expert * parts / experts).Distinct().Count();
        }

        LayerCoster.ExpectedHolders(feed, parts).ShouldBe((double)holders / Tokens, 0.03);
    }

    private static FeedForwardDescription Feed(int experts, int chosen) => new(1024, true, false, experts, chosen, 0, 0);

    [Fact]
    public void A_token_that_travels_once_to_each_server_loads_the_network_by_as_many_copies()
    {
        // 32 ranks on 4 servers of 8: the network carries a token to the servers that hold its experts, not to each expert.
        double once = Layer(Even, (StackConstant.DeduplicatedDispatch, 1), (StackConstant.ExpertParallelScale, 1)).ExpertParallel;
        double each = Layer(Even, (StackConstant.DeduplicatedDispatch, 0), (StackConstant.ExpertParallelScale, 1)).ExpertParallel;
        (once / each).ShouldBe(LayerCoster.ExpectedHolders(Feed(Experts, Chosen), 4) / Chosen, 0.01);
    }

    [Fact]
    public void Inside_a_server_a_deduplicated_dispatch_is_bound_by_the_links_share()
    {
        Plan inside = Even with { DataParallel = 8, ExpertParallel = 8 };
        double half = Layer(inside, (StackConstant.DeduplicatedDispatch, 1), (StackConstant.DispatchLinkShare, 1)).ExpertParallel;
        double each = Layer(inside, (StackConstant.DeduplicatedDispatch, 0), (StackConstant.ExpertParallelScale, 1)).ExpertParallel;
        (half / each).ShouldBe(LayerCoster.ExpectedHolders(Feed(Experts, Chosen), 8) / Chosen, 0.01);
    }

    [Fact]
    public void The_host_waits_for_counts_unless_tokens_are_dropped_or_products_read_them_on_the_device()
    {
        const double Wait = 20_000;
        (StackConstant, double) sync = (StackConstant.HostSyncPerMoeLayer, Wait);
        (StackConstant, double) free = (StackConstant.SyncFreeRouting, 1);
        Layer(Even, sync).Overhead.ShouldBeGreaterThan(1.99 * Wait * 1e-6);
        Layer(Even, sync, free).Overhead.ShouldBeGreaterThan(1.99 * Wait * 1e-6, "16-bit grouped products take their rows from the host");
        Layer(Even with { CapacityFactor = 1 }, sync).Overhead.ShouldBeLessThan(Wait * 1e-6);
        Layer(Even with { Precision = NumberFormat.Mxfp8 }, sync, free).Overhead.ShouldBeLessThan(Wait * 1e-6);
    }

    [Fact]
    public void Fused_routing_moves_less_than_separate_kernels_do()
    {
        Plan plan = Even with { Precision = NumberFormat.Mxfp8 };
        double apart = Layer(plan, (StackConstant.RoutedTraffic, 3)).Compute;
        double fused = Layer(plan, (StackConstant.RoutedTraffic, 3), (StackConstant.SyncFreeRouting, 1)).Compute;
        fused.ShouldBeLessThan(apart);
    }

    [Fact]
    public void The_tokens_of_an_expert_are_no_misaligned_side()
    {
        // 2,056 tokens x 8 choices over 64 experts are 257 rows on each, no multiple of 8, and slow nothing down.
        Plan odd = Even with { Sequence = 2056, ExpertParallel = 1 };
        Layer(odd, (StackConstant.MisalignedRate, 0.1)).Compute.ShouldBe(Layer(odd, (StackConstant.MisalignedRate, 1)).Compute, 1e-12);
    }

    [Theory]
    [InlineData(8, 3.6290)] // 4 of 8 servers come into question, 128 experts on them: 4 (1 - C(96, 8) / C(128, 8))
    [InlineData(16, 5.3394)] // 8 of 16: 8 (1 - C(112, 8) / C(128, 8))
    [InlineData(1, 1)]
    public void Node_limited_routing_reaches_the_servers_of_a_few_groups_only(int servers, double expected)
    {
        Orrery.Models.FeedForwardDescription feed = new(2048, true, false, 256, 8, 1, 2048) { Groups = 8, GroupsPerToken = 4 };
        LayerCoster.ExpectedHolders(feed, servers).ShouldBe(expected, 1e-3);
        LayerCoster.ExpectedHolders(feed with { Groups = 1, GroupsPerToken = 1 }, servers).ShouldBe(LayerCoster.ExpectedHolders(Feed(256, 8), servers), 1e-12);
        LayerCoster.ExpectedHolders(feed, servers).ShouldBeLessThanOrEqualTo(LayerCoster.ExpectedHolders(Feed(256, 8), servers));
    }
}
