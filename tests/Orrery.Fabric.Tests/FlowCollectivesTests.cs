using Orrery.Catalog;
using Orrery.Operators;
using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Fabric.Tests;

public sealed class FlowCollectivesTests
{
    private static readonly Collective Gigabyte = new(CollectiveKind.AllReduce, new Bytes(1e9));

    [Theory]
    [InlineData(CollectiveKind.AllReduce)]
    [InlineData(CollectiveKind.AllGather)]
    [InlineData(CollectiveKind.ReduceScatter)]
    [InlineData(CollectiveKind.AllToAll)]
    [InlineData(CollectiveKind.PointToPoint)]
    public void On_switches_flows_and_formulas_agree_within_a_tenth_and_keep_the_bound(CollectiveKind kind)
    {
        SystemDescription system = Machines.Gpus();
        CommunicationLibrary library = Libraries.Ideal(spansLevels: false, algorithms: kind is CollectiveKind.AllToAll or CollectiveKind.PointToPoint ? "direct" : "ring");
        foreach (int ranks in new[] { 2, 8, 16, 64 })
        {
            if (kind == CollectiveKind.PointToPoint && ranks > 2)
                continue;
            foreach (double size in new[] { 1e3, 1e5, 1e7, 1e9 })
            {
                Collective collective = new(kind, new Bytes(size));
                CollectiveCost closed = new ClosedFormCollectives(system, library).Cost(collective, new RankGroups(system, 1).Group(1, ranks, ranks));
                FlowAnswer flow = new FlowCollectives(new FabricGraph(system, ranks, 1), library).Run(collective, ranks).ShouldNotBeNull();
                flow.Time.Value.ShouldBe(closed.Time.Value, closed.Time.Value * 0.1, $"{ranks} ranks, {size} bytes");
                flow.Time.Value.ShouldBeGreaterThanOrEqualTo(closed.Bound.Value * (1 - 1e-9));
            }
        }
    }

    [Theory]
    [InlineData("dgx-h100")]
    [InlineData("mi300x-8")]
    [InlineData("inf2.48xlarge")]
    [InlineData("trn2.48xlarge")]
    [InlineData("trn3-gen1")]
    public void On_systems_of_the_catalogue_flows_and_formulas_agree_within_a_tenth_and_keep_the_bound(string id)
    {
        SystemDescription system = DataCatalog.Open(Libraries.DataRoot).System(id).Value.ShouldNotBeNull();
        foreach (NetworkPoint point in NetworkAgreement.Of(new ClosedFormFactory(Libraries.DataRoot), system, groups: [2, 3, 12, 72]))
        {
            Math.Abs(point.Difference).ShouldBeLessThanOrEqualTo(0.1, point.ToString());
            point.KeepsBound.ShouldBeTrue(point.ToString());
        }
    }

    [Fact]
    public void Every_file_of_the_folder_of_algorithms_is_found()
    {
        string folder = Path.Combine(Path.GetDirectoryName(Libraries.DataRoot)!, "src", "Orrery.Fabric", "Algorithms");
        string[] files = [.. Directory.GetFiles(folder, "*.cs").Select(static file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];
        AlgorithmRegistry.All.Select(static algorithm => algorithm.GetType().Name).Order(StringComparer.Ordinal).ShouldBe(files);
    }

    [Fact]
    public void A_ring_of_4096_takes_little_memory_and_its_textbook_time()
    {
        SystemDescription system = Machines.System(Machines.Chip(), 4096, Machines.Level("server", TopologyKind.Switch, 4096, 50e9), Machines.Level("cluster", TopologyKind.Clos, 0, 1e9));
        CommunicationLibrary library = Libraries.Ideal(algorithms: "ring");
        FabricGraph graph = new(system, 4096, 1);
        FlowCollectives flows = new(graph, library);
        for (int warm = 0; warm < 2; warm++)
            flows.Run(Gigabyte, 4096);
        long memory = GC.GetAllocatedBytesForCurrentThread();
        FlowAnswer answer = flows.Run(Gigabyte, 4096)!;
        (GC.GetAllocatedBytesForCurrentThread() - memory).ShouldBeLessThan(10_000_000);
        answer.Time.Value.ShouldBe((2 * 4095.0 / 4096 * 1e9 / 50e9) + (2 * 4095 * 1e-6), 1e-6);
    }

    [Theory]
    [InlineData(999_936)]
    [InlineData(1_000_000)]
    public void A_million_chips_cost_one_ring_across_their_domains(int chips)
    {
        SystemDescription system = DataCatalog.Open(Libraries.DataRoot).System("trn3-gen2").Value.ShouldNotBeNull();
        CommunicationLibrary library = Libraries.OfData("neuron");
        long memory = GC.GetAllocatedBytesForCurrentThread();
        FlowAnswer answer = new FlowCollectives(new FabricGraph(system, chips, 4), library).Run(Gigabyte, chips * 4).ShouldNotBeNull();
        (GC.GetAllocatedBytesForCurrentThread() - memory).ShouldBeLessThan(200_000_000);
        answer.Flows.ShouldBeLessThan(50_000);
        CollectiveCost closed = new ClosedFormCollectives(system, library).Cost(Gigabyte, new RankGroups(system, 4).Group(1, chips * 4, chips * 4));
        answer.Time.ShouldBeGreaterThan(closed.Bound);
    }

    [Fact]
    public void A_last_domain_filled_in_part_carries_more_through_fewer_ports()
    {
        // 13 ranks on servers of 8: the second has 5, so each of them carries a fifth of the data across, not an eighth.
        SystemDescription system = Machines.Gpus(400e9, 50e9);
        CommunicationLibrary library = Libraries.Ideal(algorithms: "ring");
        double uneven = new FlowCollectives(new FabricGraph(system, 13, 1), library).Run(Gigabyte, 13)!.Time.Value;
        double even = new FlowCollectives(new FabricGraph(system, 16, 1), library).Run(Gigabyte, 16)!.Time.Value;
        double across = 1e9 / 50e9;
        (uneven - even).ShouldBe((across / 5) - (across / 8), 1e-4);
    }

    [Fact]
    public void Faults_unfold_what_they_touch_and_say_the_way_around()
    {
        SystemDescription system = DataCatalog.Open(Libraries.DataRoot).System("trn3-gen2").Value.ShouldNotBeNull();
        CommunicationLibrary library = Libraries.OfData("neuron");
        double healthy = Time(null, 1, out string none);
        none.ShouldBeEmpty();
        Time("chip5/cluster", 0.5, out _).ShouldBeGreaterThan(healthy * 1.01);
        Time("server1", 0, out string switched).ShouldBeGreaterThanOrEqualTo(healthy * 0.999);
        switched.ShouldContain("/rack out");
        Time("chip0-chip72", 0, out string detour).ShouldBeGreaterThanOrEqualTo(healthy * 0.999);
        detour.ShouldNotBeEmpty();

        double Time(string? link, double factor, out string way)
        {
            FabricGraph graph = new(system, 288, 4);
            if (link is not null)
                graph.Apply(link, factor).ShouldBeNull();
            FlowAnswer answer = new FlowCollectives(graph, library).Run(Gigabyte, 288 * 4).ShouldNotBeNull();
            way = answer.Detour;
            return answer.Time.Value;
        }
    }

    [Fact]
    public void Ranks_that_are_cut_off_have_no_answer()
    {
        FabricGraph graph = new(Machines.Gpus(), 16, 1);
        graph.Apply("chip3/server", 0).ShouldBeNull();
        graph.Apply("chip3/cluster", 0).ShouldBeNull();
        new FlowCollectives(graph, Libraries.Ideal()).Run(Gigabyte, 16).ShouldBeNull();
    }
}
