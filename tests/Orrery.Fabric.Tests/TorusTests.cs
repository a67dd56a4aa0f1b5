using Orrery.Catalog;
using Orrery.Operators;
using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Fabric.Tests;

public sealed class TorusTests
{
    private const double Link = 50e9;

    private static readonly Collective Gather = new(CollectiveKind.AllGather, new Bytes(1e9));

    /// <summary>A 16 x 16 torus of chips with four links, rented in slices as the TPUs of its shape are.</summary>
    private static SystemDescription Pod() => Machines.System(
        Machines.Chip(architecture: ChipArchitecture.Tpu), 8,
        Machines.Level("pod", TopologyKind.Torus2D, 256, 4 * Link, dimensions: [16, 16]) with { LinksPerChip = 4, Slices = [[4, 4], [8, 8], [8, 16]] },
        Machines.Level("cluster", TopologyKind.Clos, 0, 3e9, 5e-6));

    [Theory]
    [InlineData(256, 4)]
    [InlineData(128, 3)]
    [InlineData(64, 2)]
    [InlineData(16, 2)]
    public void A_slice_gathers_over_two_links_of_a_side_that_closes_and_one_of_a_side_that_does_not(int chips, int links)
    {
        CollectiveCost cost = Cost(chips, out double share);
        double transfer = (cost.Time - cost.Latency).Value;
        transfer.ShouldBe((chips - 1.0) / chips * 1e9 / (links * Link * share), 1e-9);
    }

    [Theory]
    [InlineData(256, 8 + 8)]
    [InlineData(128, 7 + 8)]
    [InlineData(16, 3 + 3)]
    public void Latency_is_half_of_each_ring_and_all_of_each_line(int chips, int hops)
    {
        CollectiveCost cost = Cost(chips, out _);
        (cost.Latency.Value - Libraries.OfData("tpu").Launch.Value.Value).ShouldBe(hops * 1e-6, 1e-12);
        cost.Algorithm.ShouldBe("torus-rings");
    }

    [Fact]
    public void Rings_along_the_sides_move_what_one_long_ring_moves_and_wait_less()
    {
        SystemDescription slice = SystemSlices.Fit(Pod(), 256);
        ClosedFormCollectives model = new(slice, Libraries.OfData("tpu"));
        RankGroup all = new RankGroups(slice, 1).Group(1, 256, 256);
        CollectiveCost ring = model.Cost(Gather, all, AlgorithmRegistry.Find("ring")!);
        CollectiveCost sides = model.Cost(Gather, all);
        (ring.Time - ring.Latency).Value.ShouldBe((sides.Time - sides.Latency).Value, 1e-12);
        sides.Latency.ShouldBeLessThan(ring.Latency);
        sides.Time.ShouldBeGreaterThan(sides.Bound);
    }

    [Fact]
    public void A_switch_has_no_sides()
    {
        SystemDescription system = Machines.Gpus();
        ClosedFormCollectives model = new(system, Libraries.OfData("tpu"));
        model.Cost(Gather, new RankGroups(system, 1).Group(1, 8, 8), AlgorithmRegistry.Find("torus-rings")!).Algorithm.ShouldNotBe("torus-rings");
    }

    private static CollectiveCost Cost(int chips, out double share)
    {
        CommunicationLibrary library = Libraries.OfData("tpu");
        share = library.ScaleUp.Share.Value;
        SystemDescription slice = SystemSlices.Fit(Pod(), chips);
        return new ClosedFormCollectives(slice, library).Cost(Gather, new RankGroups(slice, 1).Group(1, chips, chips));
    }
}
