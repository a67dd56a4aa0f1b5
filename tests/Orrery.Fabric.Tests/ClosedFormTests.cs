using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using Orrery.Catalog;
using Orrery.Operators;
using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Fabric.Tests;

public sealed class ClosedFormTests
{
    private static readonly Collective Gigabyte = new(CollectiveKind.AllReduce, new Bytes(1e9));

    [Theory]
    [InlineData(CollectiveKind.AllReduce)]
    [InlineData(CollectiveKind.AllToAll)]
    [InlineData(CollectiveKind.Barrier)]
    [InlineData(CollectiveKind.PointToPoint)]
    public void A_group_of_one_costs_nothing(CollectiveKind kind)
    {
        ClosedFormCollectives model = new(Machines.Gpus(), Libraries.OfData("gpu"));
        CollectiveCost cost = model.Cost(new Collective(kind, new Bytes(1e9)), RankGroup.Single(2));
        cost.Time.ShouldBe(Seconds.Zero);
        cost.Bound.ShouldBe(Seconds.Zero);
        model.Sigma(Gigabyte, RankGroup.Single(2)).ShouldBe(0);
    }

    [Fact]
    public void A_ring_inside_a_server_takes_its_textbook_time()
    {
        ClosedFormCollectives model = new(Machines.Gpus(scaleUp: 400e9), Libraries.Ideal(algorithms: "ring"));
        RankGroup eight = Group(Machines.Gpus(), 1, 8, 8);

        // 2 (n-1)/n S / B and 2 (n-1) steps of the switch's 1 us.
        model.Cost(Gigabyte, eight).Time.Value.ShouldBe((2 * 7.0 / 8 * 1e9 / 400e9) + (14 * 1e-6), 1e-12);
        model.Cost(Gigabyte with { Kind = CollectiveKind.AllGather }, eight).Time.Value.ShouldBe((7.0 / 8 * 1e9 / 400e9) + (7 * 1e-6), 1e-12);
        model.Cost(Gigabyte, eight).Algorithm.ShouldBe("ring");
        model.Cost(Gigabyte, eight).Bottleneck.ShouldBe("server");
    }

    [Fact]
    public void Across_servers_the_data_is_scattered_inside_first()
    {
        SystemDescription system = Machines.Gpus(400e9, 50e9);
        ClosedFormCollectives model = new(system, Libraries.Ideal(spansLevels: false, algorithms: "ring"));
        RankGroup all = Group(system, 1, 32, 32);

        double inside = 2 * 7.0 / 8 * 1e9 / 400e9, across = 2 * 3.0 / 4 * (1e9 / 8) / 50e9;
        model.Cost(Gigabyte, all).Time.Value.ShouldBe(inside + across + (2 * 7 * 1e-6) + (2 * 3 * 5e-6), 1e-9);
        model.Cost(Gigabyte, all).Algorithm.ShouldBe("ring");

        ClosedFormCollectives streamed = new(system, Libraries.Ideal(spansLevels: false, streaming: 1, algorithms: "ring"));
        streamed.Cost(Gigabyte, all).Time.Value.ShouldBe(Math.Max(inside, across) + (2 * 7 * 1e-6) + (2 * 3 * 5e-6), 1e-9);
    }

    [Fact]
    public void The_network_share_slows_the_network_and_nothing_else()
    {
        SystemDescription system = Machines.Gpus();
        RankGroup across = Group(system, 8, 4, 32), inside = Group(system, 1, 8, 32);
        ClosedFormCollectives full = new(system, Libraries.Ideal(algorithms: "ring"));
        ClosedFormCollectives half = new(system, Libraries.Ideal(algorithms: "ring"), networkShare: 0.5);
        half.Cost(Gigabyte, inside).ShouldBe(full.Cost(Gigabyte, inside));
        double latency = full.Cost(Gigabyte, across).Latency.Value;
        (half.Cost(Gigabyte, across).Time.Value - latency).ShouldBe(2 * (full.Cost(Gigabyte, across).Time.Value - latency), 1e-9);
    }

    [Fact]
    public void Groups_that_share_a_chips_port_share_its_rate()
    {
        SystemDescription system = Machines.Neurons();
        ClosedFormCollectives model = new(system, Libraries.Ideal(algorithms: "ring"));
        RankGroups groups = new(system, 4);
        RankGroup alone = groups.Group(16, 2, 32);
        alone.Fanout.ShouldBe([1, 1, 2, 1, 1]);
        CollectiveCost shared = model.Cost(Gigabyte, alone);
        CollectiveCost single = model.Cost(Gigabyte, alone with { Concurrent = [1, 1, 1, 1, 1] });
        (shared.Time - shared.Latency).Value.ShouldBe(4 * (single.Time - single.Latency).Value, 1e-9);
    }

    [Fact]
    public void A_tensor_group_of_whole_chips_uses_whole_ports()
    {
        // Sixteen ranks on four chips: each chip's 256 GB/s carries 2 (4-1)/4 of the vector.
        SystemDescription system = Machines.Neurons();
        ClosedFormCollectives model = new(system, Libraries.Ideal(algorithms: "ring"));
        RankGroup group = new RankGroups(system, 4).Group(1, 16, 16);
        double perLevel = (2 * 3.0 / 4 * 1e9 / (1e12 / 4)) + (2 * 3.0 / 4 * 1e9 / 4 / (256e9 / 4));
        // Three of four hops stay on a chip: its ranks' ports carry three quarters of what the ring does.
        double merged = 2 * 15.0 / 16 * 1e9 / Math.Min(1e12 / 4 / 0.75, 4 * 256e9 / 4);
        (model.Cost(Gigabyte, group).Time - model.Cost(Gigabyte, group).Latency).Value.ShouldBe(merged, 1e-9);
        ClosedFormCollectives byLevel = new(system, Libraries.Ideal(spansLevels: false, algorithms: "ring"));
        (byLevel.Cost(Gigabyte, group).Time - byLevel.Cost(Gigabyte, group).Latency).Value.ShouldBe(perLevel, 1e-9);
    }

    [Fact]
    public void A_switch_that_adds_halves_a_large_all_reduce()
    {
        RankGroup eight = Group(Machines.Gpus(), 1, 8, 8);
        CollectiveCost plain = new ClosedFormCollectives(Machines.Gpus(), Libraries.Ideal()).Cost(Gigabyte, eight);
        CollectiveCost adding = new ClosedFormCollectives(Machines.Gpus(inSwitch: true), Libraries.Ideal()).Cost(Gigabyte, eight);
        adding.Algorithm.ShouldBe("in-switch");
        (adding.Time.Value / plain.Time.Value).ShouldBe(1.125 / 1.75, 0.01);
        adding.Bound.ShouldBeLessThan(plain.Bound);

        // The switch has no adders for every format.
        Collective integers = Gigabyte with { Format = NumberFormat.Int8 };
        new ClosedFormCollectives(Machines.Gpus(inSwitch: true), Libraries.Ideal()).Cost(integers, eight).Time.ShouldBe(plain.Time);
    }

    [Fact]
    public void One_row_of_a_torus_has_half_its_links()
    {
        SystemDescription torus = Machines.System(
            Machines.Chip(), 16,
            Machines.Level("server", TopologyKind.Torus2D, 16, 400e9, 0, false, 4, 4),
            Machines.Level("cluster", TopologyKind.Clos, 0, 50e9));
        ClosedFormCollectives model = new(torus, Libraries.Ideal(algorithms: "ring"));
        double row = model.Cost(Gigabyte with { Kind = CollectiveKind.AllGather }, Group(torus, 1, 4, 16)).Time.Value;
        double whole = model.Cost(Gigabyte with { Kind = CollectiveKind.AllGather }, Group(torus, 1, 16, 16)).Time.Value;
        row.ShouldBe(3.0 / 4 * 1e9 / 200e9, 1e-9);
        whole.ShouldBe(15.0 / 16 * 1e9 / 400e9, 1e-9);
    }

    [Fact]
    public void An_exchange_on_a_torus_pays_for_the_links_on_the_way()
    {
        SystemDescription torus = Machines.System(
            Machines.Chip(), 16,
            Machines.Level("server", TopologyKind.Torus2D, 16, 400e9, 0, false, 4, 4),
            Machines.Level("cluster", TopologyKind.Clos, 0, 50e9));
        ClosedFormCollectives model = new(torus, Libraries.Ideal(algorithms: "direct"));

        // Mean distance to the fifteen others of a 4x4 torus: 32/15 links.
        double time = model.Cost(Gigabyte with { Kind = CollectiveKind.AllToAll }, Group(torus, 1, 16, 16)).Time.Value;
        time.ShouldBe(15.0 / 16 * 1e9 * (32.0 / 15) / 400e9, 1e-9);
    }

    [Fact]
    public void A_pair_in_a_full_mesh_has_one_link_of_seven()
    {
        SystemDescription mesh = Machines.System(
            Machines.Chip(), 8,
            Machines.Level("server", TopologyKind.FullMesh, 8, 448e9, 0),
            Machines.Level("cluster", TopologyKind.Clos, 0, 50e9));
        ClosedFormCollectives model = new(mesh, Libraries.Ideal());
        model.Cost(new Collective(CollectiveKind.PointToPoint, new Bytes(64e9)), Group(mesh, 1, 2, 8)).Time.Value.ShouldBe(1, 1e-9);
        model.Cost(new Collective(CollectiveKind.AllToAll, new Bytes(64e9)), Group(mesh, 1, 8, 8)).Time.Value.ShouldBe(64.0 / 8 / 64, 1e-9);
    }

    [Fact]
    public void Small_messages_take_the_low_latency_protocol_and_large_ones_the_bulk_or_the_switch()
    {
        SystemDescription system = Machines.Gpus(inSwitch: true);
        ClosedFormCollectives model = new(system, Libraries.OfData("gpu"), Libraries.Protocols());
        RankGroup eight = Group(system, 1, 8, 8), two = Group(system, 1, 2, 8);
        model.Cost(Gigabyte with { Size = new Bytes(4096) }, eight).Algorithm.ShouldBe("nccl-low-latency");
        model.Cost(Gigabyte, eight).Algorithm.ShouldBe("nccl-in-switch");
        model.Cost(Gigabyte, two).Algorithm.ShouldBe("nccl-bulk");

        // 5 us + 7 steps of 1 us + 2 * 7/8 * 4096 B at a quarter of 400 GB/s: start-up of the library is in the constants.
        model.Cost(Gigabyte with { Size = new Bytes(4096) }, eight).Time.Value.ShouldBe(12e-6 + (2 * 7.0 / 8 * 4096 / 100e9), 1e-12);
    }

    [Fact]
    public void Constants_of_a_relative_widen_the_interval()
    {
        SystemDescription system = Machines.Gpus();
        RankGroup eight = Group(system, 1, 8, 8), across = Group(system, 1, 16, 16);
        CommunicationLibrary library = Libraries.OfData("gpu");
        double own = new ClosedFormCollectives(system, library, Libraries.Protocols()).Sigma(Gigabyte, eight);
        double family = new ClosedFormCollectives(system, library, Libraries.Protocols(isFamily: true)).Sigma(Gigabyte, eight);
        double none = new ClosedFormCollectives(system, library).Sigma(Gigabyte, eight);
        own.ShouldBe(0.06);
        family.ShouldBe(0.09, 1e-12);
        none.ShouldBe(library.ScaleUp.Sigma.Value);
        new ClosedFormCollectives(system, library, Libraries.Protocols()).Sigma(Gigabyte, across).ShouldBe(library.ScaleOut.Sigma.Value);
    }

    [Theory]
    [InlineData(100e3, "mesh")]
    [InlineData(8e6, "rdh")]
    [InlineData(100e6, "kanga-ring")]
    public void Neuron_takes_the_algorithm_its_thresholds_say(double size, string algorithm)
    {
        // A whole trn2-like server: 64 ranks on a 4x4 torus of four-rank chips.
        SystemDescription server = Machines.System(
            Machines.Chip(architecture: ChipArchitecture.Neuron, ranks: 4), 16,
            Machines.Level("chip", TopologyKind.Switch, 4, 1e12, 0.2e-6),
            Machines.Level("server", TopologyKind.Torus2D, 16, 512e9, 0.5e-6, false, 4, 4),
            Machines.Level("cluster", TopologyKind.Clos, 0, 25e9, 8e-6));
        ClosedFormCollectives model = new(server, Libraries.OfData("neuron"));
        RankGroup all = new RankGroups(server, 4).Group(1, size < 1e6 ? 8 : 64, 64);
        model.Cost(Gigabyte with { Size = new Bytes(size) }, all).Algorithm.ShouldBe(algorithm);
    }

    [Fact]
    public void Neuron_does_not_halve_and_double_over_a_ring_of_twelve_chips_where_that_is_slower()
    {
        SystemDescription server = Machines.System(
            Machines.Chip(architecture: ChipArchitecture.Neuron, ranks: 2), 12,
            Machines.Level("chip", TopologyKind.Switch, 2, 1e12, 0.2e-6),
            Machines.Level("server", TopologyKind.Ring, 12, 100e9, 0.5e-6),
            Machines.Level("cluster", TopologyKind.Clos, 0, 25e9, 8e-6));
        ClosedFormCollectives model = new(server, Libraries.OfData("neuron"));
        model.Cost(Gigabyte with { Size = new Bytes(40e6) }, new RankGroups(server, 2).Group(1, 24, 24)).Algorithm.ShouldBe("kanga-ring");
    }

    [Fact]
    public void A_kanga_ring_needs_pairs_of_ranks_on_every_chip()
    {
        GroupPorts ports = new()
        {
            Ranks = 16, OnChip = 1, Neighbour = new(1e11), Direct = new(1e11), Around = new(15e-6), Across = new(4e-6), Far = new(1e-6), PerMessage = default,
        };
        KangaRing ring = new();
        ring.Supports(CollectiveKind.AllReduce, ports).ShouldBeFalse();
        ring.Supports(CollectiveKind.AllReduce, ports with { OnChip = 2 }).ShouldBeTrue();
        ring.Time(CollectiveKind.AllGather, new Bytes(0), ports).Latency.Value.ShouldBe(7.5e-6, 1e-15);
    }

    [Fact]
    public void Doubling_takes_one_step_for_each_prime_factor_and_sends_each_byte_once()
    {
        // Six members: two exchange, then three; three messages go out, and 5/6 of the vector each way.
        SystemDescription six = Machines.System(
            Machines.Chip(), 6, Machines.Level("server", TopologyKind.Switch, 6, 400e9), Machines.Level("cluster", TopologyKind.Clos, 0, 50e9));
        ClosedFormCollectives model = new(six, Libraries.Ideal(algorithms: "rdh"));
        CollectiveCost cost = model.Cost(Gigabyte, Group(six, 1, 6, 6));
        cost.Latency.Value.ShouldBe(4e-6, 1e-15);
        (cost.Time - cost.Latency).Value.ShouldBe(2 * 5.0 / 6 * 1e9 / 400e9, 1e-12);
    }

    [Fact]
    public void Doubling_on_a_ring_of_four_uses_every_link_and_only_neighbours()
    {
        SystemDescription torus = Machines.System(
            Machines.Chip(), 16,
            Machines.Level("server", TopologyKind.Torus2D, 16, 400e9, 1e-6, false, 4, 4),
            Machines.Level("cluster", TopologyKind.Clos, 0, 50e9));
        CollectiveCost cost = new ClosedFormCollectives(torus, Libraries.Ideal(algorithms: "rdh")).Cost(Gigabyte, Group(torus, 1, 16, 16));
        cost.Latency.Value.ShouldBe(8e-6, 1e-15);
        (cost.Time - cost.Latency).Value.ShouldBe(2 * 15.0 / 16 * 1e9 / 400e9, 1e-12);
    }

    [Fact]
    public void A_forced_algorithm_is_used_where_it_can_be()
    {
        SystemDescription system = Machines.Gpus();
        ClosedFormCollectives model = new(system, Libraries.OfData("gpu"));
        RankGroup eight = Group(system, 1, 8, 8);
        foreach (CollectiveAlgorithm algorithm in AlgorithmRegistry.All.Where(a => a is Ring or Tree or Direct or RecursiveDoubling && a is not (KangaRing or TorusRings)))
            model.Cost(Gigabyte, eight, algorithm).Algorithm.ShouldBe(algorithm.Name);
        model.Cost(Gigabyte with { Kind = CollectiveKind.AllToAll }, eight, AlgorithmRegistry.Find("ring")!).Algorithm.ShouldBe("direct");
    }

    [Fact]
    public void Asking_again_allocates_nothing()
    {
        SystemDescription system = Machines.Neurons();
        ClosedFormCollectives model = new(system, Libraries.OfData("neuron"));
        RankGroup group = new RankGroups(system, 4).Group(1, 64, 1152);

        // Twice: the first answer found among the known ones makes the comparers of its key.
        for (int round = 0; round < 2; round++)
        {
            model.Cost(Gigabyte, group);
            model.Sigma(Gigabyte, group);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        model.Cost(Gigabyte, group);
        model.Sigma(Gigabyte, group);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void With_one_level_hierarchical_is_flat()
    {
        SystemDescription system = Machines.Gpus();
        RankGroup eight = Group(system, 1, 8, 8);
        foreach (CollectiveKind kind in new[] { CollectiveKind.AllReduce, CollectiveKind.AllGather, CollectiveKind.ReduceScatter, CollectiveKind.Broadcast })
        {
            Collective collective = new(kind, new Bytes(3e7));
            CollectiveCost spanning = new ClosedFormCollectives(system, Libraries.Ideal(spansLevels: true)).Cost(collective, eight);
            CollectiveCost levels = new ClosedFormCollectives(system, Libraries.Ideal(spansLevels: false)).Cost(collective, eight);
            levels.ShouldBe(spanning);
        }
    }

    [Fact]
    public void A_perfect_ring_meets_the_bound_but_for_its_steps()
    {
        SystemDescription system = Machines.Gpus();
        ClosedFormCollectives model = new(system, Libraries.Ideal(spansLevels: false, streaming: 1, algorithms: "ring"));
        foreach (CollectiveKind kind in new[] { CollectiveKind.AllReduce, CollectiveKind.AllGather, CollectiveKind.ReduceScatter })
        {
            foreach (RankGroup group in new[] { Group(system, 1, 8, 64), Group(system, 8, 8, 64) })
            {
                CollectiveCost cost = model.Cost(new Collective(kind, new Bytes(1e10)), group);
                (cost.Time - cost.Latency).Value.ShouldBe(cost.Bound.Value, cost.Bound.Value * 1e-3);
            }
        }
    }

    [Fact]
    public void The_bound_counts_every_port_a_rank_could_use()
    {
        // 64 ranks of 8 servers: 2 * 63/64 S per rank through a switch port and a network port together; 2 * 7/8 S/8 through the latter alone.
        SystemDescription system = Machines.Gpus(400e9, 50e9);
        Seconds bound = new ClosedFormCollectives(system, Libraries.Ideal()).Cost(Gigabyte, Group(system, 1, 64, 64)).Bound;
        bound.Value.ShouldBe(Math.Max(2 * 63.0 / 64 * 1e9 / 450e9, 2 * 7.0 / 8 * 1e9 / 8 / 50e9) + 5e-6, 1e-12);
    }

    [Fact]
    public void Nothing_beats_the_bound_more_bandwidth_is_never_slower_and_more_data_never_faster()
    {
        Prop.ForAll(Scenarios().ToArbitrary(), scenario =>
        {
            ClosedFormCollectives model = new(scenario.System, scenario.Library, scenario.Protocols);
            foreach (CollectiveKind kind in Enum.GetValues<CollectiveKind>())
            {
                if (kind == CollectiveKind.PointToPoint && scenario.Group.Size != 2)
                    continue;
                Collective collective = new(kind, new Bytes(scenario.Size));
                CollectiveCost cost = model.Cost(collective, scenario.Group);
                CollectiveCost larger = model.Cost(collective with { Size = new Bytes(scenario.Size * 1.5) }, scenario.Group);
                SystemDescription faster = scenario.System with
                {
                    Levels = [.. scenario.System.Levels.Select((level, index) => index == scenario.Faster
                        ? level with { BandwidthPerChip = Machines.Known(level.BandwidthPerChip.Value * 2) }
                        : level)],
                };
                CollectiveCost better = new ClosedFormCollectives(faster, scenario.Library, scenario.Protocols).Cost(collective, scenario.Group);
                const double tolerance = 1 + 1e-12;
                bool holds = cost.Time >= cost.Bound && cost.Bound.Value > 0 && double.IsFinite(cost.Time.Value)
                    && cost.Latency <= cost.Time * tolerance
                    && larger.Time * tolerance >= cost.Time
                    && better.Time <= cost.Time * tolerance;
                if (!holds)
                    throw new InvalidOperationException($"{scenario.Library.Name} {kind} {scenario.Size} on {string.Join('x', scenario.Group.Fanout)}: {cost}, larger {larger}, better {better}");
            }

            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(400).WithReplay(20261120, 9));
    }

    private sealed record Scenario(SystemDescription System, CommunicationLibrary Library, ProtocolTable? Protocols, RankGroup Group, double Size, int Faster);

    private static Gen<Scenario> Scenarios()
    {
        CommunicationLibrary[] libraries =
            [Libraries.OfData("gpu"), Libraries.OfData("tpu"), Libraries.OfData("neuron"), Libraries.Ideal(), Libraries.Ideal(false, 0.5, "ring", "direct")];
        ProtocolTable protocols = Libraries.Protocols();
        return
            from library in Gen.Elements(libraries)
            from topology in Gen.Elements(TopologyKind.Switch, TopologyKind.FullMesh, TopologyKind.Ring, TopologyKind.Torus2D)
            from ranks in Gen.Elements(1, 2, 4)
            from servers in Gen.Elements(1, 2, 4)
            from adds in Gen.Elements(true, false)
            from measured in Gen.Elements(true, false)
            from stride in Gen.Elements(1, 2, 4, 8, 16)
            from degree in Gen.Elements(2, 4, 8, 16, 32, 64, 128)
            from exponent in Gen.Choose(0, 10)
            from scaleUp in Gen.Choose(1, 20)
            from network in Gen.Choose(1, 20)
            from faster in Gen.Choose(0, 3)
            let system = Machines.System(
                Machines.Chip(ranks: ranks), 8,
                Machines.Level("chip", TopologyKind.Switch, ranks, 1e12, 0.2e-6),
                Machines.Level("server", topology, 8, scaleUp * 50e9, 1e-6, adds && topology == TopologyKind.Switch, topology == TopologyKind.Torus2D ? [4, 2] : []),
                Machines.Level("rack", TopologyKind.Switch, servers, scaleUp * 20e9, 2e-6, adds),
                Machines.Level("cluster", TopologyKind.Clos, 0, network * 5e9, 10e-6))
            let placed = new RankGroups(system, ranks).Group(stride, degree, stride * degree)
            select new Scenario(system, library, measured ? protocols : null, placed, Math.Pow(10, exponent), faster);
    }

    private static RankGroup Group(SystemDescription system, int stride, int degree, int total) => new RankGroups(system, 1).Group(stride, degree, total);
}
