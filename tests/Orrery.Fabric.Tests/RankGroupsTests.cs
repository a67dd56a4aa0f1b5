using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using Orrery.Catalog;
using Shouldly;
using Xunit;

namespace Orrery.Fabric.Tests;

public sealed class RankGroupsTests
{
    [Fact]
    public void A_tensor_group_of_a_server_stays_inside_it_and_the_data_group_has_one_member_in_each()
    {
        PlacedGroups groups = RankGroups.Place(Machines.Gpus(), RankOrder.Default, new ParallelDegrees(8, 1, 16, 4), 1);

        groups.Tensor.Fanout.ShouldBe([8, 1]);
        groups.Data.Fanout.ShouldBe([1, 16]);
        groups.Stages.Fanout.ShouldBe([1, 4]);
        groups.Hop.Fanout.ShouldBe([1, 2]);
        groups.Hops.Length.ShouldBe(3);
        groups.Whole.Fanout.ShouldBe([8, 64]);
        groups.Whole.Size.ShouldBe(512);
    }

    [Fact]
    public void A_small_tensor_group_leaves_room_for_data_parallel_neighbours()
    {
        PlacedGroups groups = RankGroups.Place(Machines.Gpus(), RankOrder.Default, new ParallelDegrees(2, 1, 32, 1), 1);
        groups.Tensor.Fanout.ShouldBe([2, 1]);
        groups.Data.Fanout.ShouldBe([4, 8]);
    }

    [Fact]
    public void A_tensor_group_wider_than_a_server_straddles_it()
    {
        PlacedGroups groups = RankGroups.Place(Machines.Gpus(), RankOrder.Default, new ParallelDegrees(16, 1, 4, 1), 1);
        groups.Tensor.Fanout.ShouldBe([8, 2]);
        groups.Data.Fanout.ShouldBe([1, 4]);
    }

    [Fact]
    public void Ranks_of_a_chip_share_its_port_when_they_are_in_different_groups()
    {
        PlacedGroups groups = RankGroups.Place(Machines.Neurons(), RankOrder.Default, new ParallelDegrees(4, 1, 288, 1), 4);
        groups.Tensor.Fanout.ShouldBe([4, 1, 1, 1, 1]);
        groups.Tensor.Concurrent[1].ShouldBe(1);
        groups.Data.Fanout.ShouldBe([1, 4, 18, 2, 2]);
        groups.Data.Concurrent.ShouldBe([4, 4, 4, 4, 4]);

        PlacedGroups wide = RankGroups.Place(Machines.Neurons(), RankOrder.Default, new ParallelDegrees(64, 1, 2, 9), 4);

        // A rack holds four groups and a half: the straddling one decides.
        wide.Tensor.Fanout.ShouldBe([4, 4, 2, 2, 1]);
        wide.Tensor.Concurrent[3].ShouldBe(1);
    }

    [Fact]
    public void Logical_cores_change_how_many_ranks_a_chip_has_and_nothing_else()
    {
        RankGroup whole = RankGroups.Place(Machines.Neurons(), RankOrder.Default, new ParallelDegrees(1, 1, 2304, 1), 8).Whole;
        whole.Fanout.ShouldBe([8, 4, 18, 2, 2]);
    }

    [Fact]
    public void The_expert_grid_lies_on_the_same_ranks()
    {
        // 8 tensor ranks, 8 experts groups of single ranks: the expert group is one server, its data group crosses servers.
        PlacedGroups groups = RankGroups.Place(Machines.Gpus(), RankOrder.Default, new ParallelDegrees(8, 1, 16, 1, Expert: 8), 1);
        groups.Expert.Fanout.ShouldBe([8, 1]);
        groups.ExpertData.Fanout.ShouldBe([1, 16]);
        groups.ExpertData.Size.ShouldBe(16);

        PlacedGroups split = RankGroups.Place(Machines.Gpus(), RankOrder.Default, new ParallelDegrees(2, 1, 64, 1, Expert: 8, ExpertTensor: 2), 1);
        split.ExpertTensor.Fanout.ShouldBe([2, 1]);
        split.Expert.Fanout.ShouldBe([4, 2]);
    }

    [Fact]
    public void The_order_decides_which_axis_stays_close()
    {
        RankOrder.TryParse("dp-tp-cp-ep-pp", out RankOrder order, out _).ShouldBeTrue();
        PlacedGroups groups = RankGroups.Place(Machines.Gpus(), order, new ParallelDegrees(4, 1, 8, 2), 1);
        groups.Data.Fanout.ShouldBe([8, 1]);
        groups.Tensor.Fanout.ShouldBe([1, 4]);

        RankOrder.TryParse("pp-tp", out RankOrder pipelineFirst, out _).ShouldBeTrue();
        PlacedGroups close = RankGroups.Place(Machines.Gpus(), pipelineFirst, new ParallelDegrees(2, 1, 4, 4), 1);
        close.Hop.Fanout.ShouldBe([2, 1]);
    }

    [Fact]
    public void Each_hop_of_a_pipeline_is_as_far_as_it_is()
    {
        // Stages of four ranks in servers of eight: every second hop stays inside.
        PlacedGroups groups = RankGroups.Place(Machines.Gpus(), RankOrder.Default, new ParallelDegrees(4, 1, 1, 4), 1);
        groups.Hops.Select(hop => hop.Fanout.ToArray()).ShouldBe([[2, 1], [1, 2], [2, 1]]);
        groups.Hop.Fanout.ShouldBe([1, 2]);
    }

    [Fact]
    public void Context_and_data_ranks_reduce_together()
    {
        PlacedGroups groups = RankGroups.Place(Machines.Gpus(), RankOrder.Default, new ParallelDegrees(2, 2, 8, 1), 1);
        groups.Context.Fanout.ShouldBe([2, 1]);
        groups.Data.Size.ShouldBe(16);
        groups.Data.Fanout.ShouldBe([4, 4]);
    }

    [Fact]
    public void A_shard_group_is_the_near_part_of_the_data_group()
    {
        PlacedGroups groups = RankGroups.Place(Machines.Gpus(), RankOrder.Default, new ParallelDegrees(1, 1, 64, 1, ShardRanks: 8), 1);
        groups.Shard.Fanout.ShouldBe([8, 1]);
        RankGroups.Place(Machines.Gpus(), RankOrder.Default, new ParallelDegrees(1, 1, 64, 1), 1).Shard.Size.ShouldBe(64);
    }

    [Fact]
    public void An_uneven_group_is_as_good_as_its_smallest_part()
    {
        RankGroups groups = new(Machines.Gpus(), 1);
        RankGroup odd = groups.Group(1, 127, 127);
        odd.Size.ShouldBe(127);
        odd.Fanout.ShouldBe([7, 19]);
    }

    [Theory]
    [InlineData(256, 64, 64, 1)]
    [InlineData(576, 64, 8, 8)]
    [InlineData(1024, 64, 64, 1)]
    [InlineData(72, 72, 72, 1)]
    public void A_job_that_cannot_fill_its_racks_is_spread_evenly_over_few(int chips, int degree, int inside, int across)
    {
        SystemDescription racks = Machines.System(
            Machines.Chip(), 4,
            Machines.Level("rack", TopologyKind.Switch, 72, 900e9),
            Machines.Level("cluster", TopologyKind.Clos, 0, 50e9));
        new RankGroups(racks, 1).Group(1, degree, chips).Fanout.ShouldBe([inside, across]);
    }

    [Fact]
    public void The_spread_of_one_job_does_not_touch_the_next()
    {
        RankGroups groups = new(Machines.Gpus(), 1);
        groups.Group(1, 12, 12).Fanout.ShouldBe([6, 2]);
        groups.Group(1, 16, 16).Fanout.ShouldBe([8, 2]);
    }

    [Fact]
    public void Groups_that_lie_alike_are_one_object_and_equal_across_placements()
    {
        RankGroups groups = new(Machines.Gpus(), 1);
        PlacedGroups a = groups.Place(RankOrder.Default, new ParallelDegrees(8, 1, 4, 2));
        PlacedGroups b = groups.Place(RankOrder.Default, new ParallelDegrees(8, 1, 2, 2));
        b.Tensor.ShouldBeSameAs(a.Tensor);
        RankGroup elsewhere = RankGroups.Place(Machines.Gpus(), RankOrder.Default, new ParallelDegrees(8, 1, 4, 2), 1).Tensor;
        elsewhere.ShouldBe(a.Tensor);
        elsewhere.GetHashCode().ShouldBe(a.Tensor.GetHashCode());
        a.Tensor.ShouldNotBe(a.Data);
    }

    [Fact]
    public void Placing_a_known_plan_allocates_nothing()
    {
        RankGroups groups = new(Machines.Neurons(), 4);
        ParallelDegrees degrees = new(16, 1, 36, 4);
        groups.Place(RankOrder.Default, degrees);
        groups.Place(RankOrder.Default, degrees);
        long before = GC.GetAllocatedBytesForCurrentThread();
        groups.Place(RankOrder.Default, degrees);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void Degrees_that_cannot_be_laid_throw()
    {
        Should.Throw<ArgumentException>(() => RankGroups.Place(Machines.Gpus(), RankOrder.Default, new ParallelDegrees(2, 1, 3, 1, Expert: 4), 1));
        Should.Throw<ArgumentException>(() => RankGroups.Place(Machines.Gpus(), RankOrder.Default, new ParallelDegrees(0, 1, 1, 1), 1));
    }

    [Theory]
    [InlineData("tp-xx", "xx")]
    [InlineData("tp-tp", "twice")]
    [InlineData("", "axis")]
    public void A_bad_order_is_explained(string text, string word)
    {
        RankOrder.TryParse(text, out _, out string problem).ShouldBeFalse();
        problem.ShouldContain(word);
    }

    [Fact]
    public void An_order_reads_back_as_written()
    {
        RankOrder.TryParse("TP-cp-ep-dp-pp", out RankOrder order, out _).ShouldBeTrue();
        order.ShouldBe(RankOrder.Default);
        order.ToString().ShouldBe("tp-cp-ep-dp-pp");
    }

    [Fact]
    public void Where_a_group_lies_evenly_the_answer_is_that_of_counting()
    {
        Gen<(int Stride, int Degree, int Outer, int Server, int Rack)> cases =
            from stride in Gen.Elements(1, 2, 3, 4, 6, 8, 12)
            from degree in Gen.Choose(1, 24)
            from outer in Gen.Choose(1, 6)
            from server in Gen.Elements(2, 4, 6, 8)
            from rack in Gen.Elements(1, 2, 3, 4)
            select (stride, degree, outer, server, rack);
        int even = 0;
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            SystemDescription system = Machines.System(
                Machines.Chip(), c.Server,
                Machines.Level("server", TopologyKind.Switch, c.Server, 1e11),
                Machines.Level("rack", TopologyKind.Switch, c.Rack, 1e11),
                Machines.Level("cluster", TopologyKind.Clos, 0, 1e10));
            // Whole racks, or parts of one server: elsewhere jobs are spread, which other tests look at.
            int unit = c.Server * c.Rack, total = c.Stride * c.Degree * c.Outer;
            if (total > c.Server && total % unit != 0)
                return true;
            RankGroup group = new RankGroups(system, 1).Group(c.Stride, c.Degree, total);
            (int least, int most)[] counted = [Count(c.Stride, c.Degree, total, c.Server), Count(c.Stride, c.Degree, total, c.Server * c.Rack)];
            int inside = 1;
            for (int level = 0; level < 2; level++)
            {
                inside *= group.Fanout[level];
                if (counted[level].least != counted[level].most)
                {
                    // Uneven: never better than the best part, never worse than members apart.
                    return group.Size == c.Degree && inside >= 1 && (level > 0 || inside <= counted[0].most);
                }

                if (inside != counted[level].least)
                    return false;
            }

            even++;
            return group.Size == c.Degree;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000).WithReplay(20261120, 7));
        even.ShouldBeGreaterThan(300);
    }

    /// <summary>Fewest and most members of a group in a domain that holds any, over all groups and domains.</summary>
    private static (int Least, int Most) Count(int stride, int degree, int total, int domain)
    {
        int least = int.MaxValue, most = 0;
        for (int rank = 0; rank < total; rank++)
        {
            if (rank / stride % degree != 0)
                continue;
            foreach (IGrouping<int, int> part in Enumerable.Range(0, degree).Select(j => rank + (j * stride)).GroupBy(r => r / domain))
            {
                least = Math.Min(least, part.Count());
                most = Math.Max(most, part.Count());
            }
        }

        return (least, most);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(16)]
    [InlineData(0)]
    [InlineData(32)]
    public void Ranks_that_hold_one_shard_lie_a_shard_group_apart(int shard)
    {
        // 32 data-parallel ranks on servers of eight: shards of a server leave four replicas a server apart.
        PlacedGroups groups = RankGroups.Place(Machines.Gpus(), RankOrder.Default, new ParallelDegrees(1, 1, 32, 1, ShardRanks: shard), 1);
        groups.Replica.Size.ShouldBe(shard is > 0 and < 32 ? 32 / shard : 1);
        groups.Replica.Fanout[0].ShouldBe(1);
        groups.Replica.Fanout[1].ShouldBe(groups.Replica.Size);
    }
}
