using Shouldly;
using Xunit;

namespace Orrery.Fabric.Tests;

public sealed class ListedGroupsTests
{
    [Theory]
    [InlineData(1, 8, 64)]
    [InlineData(8, 8, 64)]
    [InlineData(4, 16, 128)]
    [InlineData(16, 18, 576)]
    [InlineData(1, 64, 64)]
    public void A_group_by_its_ranks_lies_like_the_same_group_of_a_plan(int stride, int degree, int total)
    {
        foreach (var (system, ranksPerChip) in new[] { (Machines.Gpus(), 1), (Machines.Neurons(), 4) })
        {
            RankGroups places = new(system, ranksPerChip);
            int[] ranks = [.. Enumerable.Range(0, degree).Select(member => member * stride)];
            places.Group(ranks, total).ShouldBe(places.Group(stride, degree, total));
            places.Group([(stride, degree)], total).ShouldBe(places.Group(stride, degree, total));
        }
    }

    [Fact]
    public void An_uneven_group_counts_its_smallest_part()
    {
        // Three ranks on one server of eight, one on the next.
        RankGroup group = new RankGroups(Machines.Gpus(), 1).Group([0, 1, 2, 8], 16);
        group.Size.ShouldBe(4);
        group.Fanout.ToArray().ShouldBe([1, 4]);
    }

    [Fact]
    public void Two_members_of_a_ring_gain_nothing_by_going_both_ways()
    {
        // One link joins them: what goes the other way round goes over it too.
        var system = Machines.System(Machines.Chip(), 2, Machines.Level("ring", Catalog.TopologyKind.Ring, 2, 100e9, latency: 0));
        ClosedFormCollectives model = new(system, Libraries.Ideal());
        RankGroup pair = new RankGroups(system, 1).Group(1, 2, 2);
        Operators.Collective sum = new(Operators.CollectiveKind.AllReduce, new(1e9));
        model.Cost(sum, pair, AlgorithmRegistry.Find("bidirectional-ring")!).Time.Value
            .ShouldBe(model.Cost(sum, pair, AlgorithmRegistry.Find("single-ring")!).Time.Value, 1e-12);
    }

    [Fact]
    public void A_group_of_one_is_single() => new RankGroups(Machines.Gpus(), 1).Group([5], 16).Size.ShouldBe(1);
}
