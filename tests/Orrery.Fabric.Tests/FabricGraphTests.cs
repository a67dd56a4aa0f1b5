using Orrery.Catalog;
using Shouldly;
using Xunit;

namespace Orrery.Fabric.Tests;

public sealed class FabricGraphTests
{
    private static readonly SystemDescription Torus = Machines.System(
        Machines.Chip(), 16,
        Machines.Level("server", TopologyKind.Torus2D, 16, 400e9, 1e-6, false, 4, 4),
        Machines.Level("cluster", TopologyKind.Clos, 0, 50e9, 8e-6));

    [Fact]
    public void A_switch_is_two_links_away_and_limits_both_ends()
    {
        FabricGraph graph = new(Machines.Gpus(400e9, 50e9), 16, 1);
        Names(graph, 1, 5).ShouldBe(["chip1/server out", "chip5/server in"]);
        Names(graph, 1, 9).ShouldBe(["chip1/cluster out", "chip9/cluster in"]);
        Route route = new();
        graph.FindRoute(1, 9, route).ShouldBeTrue();
        graph.Capacity(route.Links[0]).Value.ShouldBe(50e9);
        route.Latency.ShouldBe(5e-6);
    }

    [Fact]
    public void Ranks_of_a_chip_exchange_on_it_and_share_its_ports()
    {
        FabricGraph graph = new(Machines.Neurons(), 144, 4);
        Names(graph, 0, 1).ShouldBe(["rank0/chip out", "rank1/chip in"]);
        Names(graph, 3, 4).ShouldBe(["chip0/server out", "chip1/server in"]);
        Names(graph, 2, 16).ShouldBe(["chip0/rack out", "chip4/rack in"]);
    }

    [Fact]
    public void Racks_that_join_only_the_same_places_are_reached_after_taking_that_place()
    {
        FabricGraph graph = new(Machines.Neurons(), 144, 4);

        // Chip 0 and chip 73: the same sled of the other rack, another place. Chip 76: another sled.
        Names(graph, 0, 72 * 4).ShouldBe(["chip0-chip72 (ultraserver)"]);
        Names(graph, 0, 73 * 4).ShouldBe(["chip0/server out", "chip1/server in", "chip1-chip73 (ultraserver)"]);
        Names(graph, 0, 76 * 4).ShouldBe(["chip0/rack out", "chip4/rack in", "chip4-chip76 (ultraserver)"]);
    }

    [Fact]
    public void A_torus_is_walked_one_side_after_the_other_by_the_shorter_way()
    {
        FabricGraph graph = new(Torus, 16, 1);
        Names(graph, 0, 5).ShouldBe(["chip0-chip1 (server)", "chip1-chip5 (server)"]);
        Names(graph, 0, 3).ShouldBe(["chip0-chip3 (server)"]);

        // Two apart on a side of four: half of the message each way round.
        Route route = new();
        graph.FindRoute(0, 2, route).ShouldBeTrue();
        route.Count.ShouldBe(4);
        route.Shares.ToArray().ShouldAllBe(share => share == 0.5);
        route.Latency.ShouldBe(2e-6, 1e-12);
    }

    [Fact]
    public void An_open_side_has_no_way_round()
    {
        SystemDescription open = Torus with { Levels = [Torus.Levels[0] with { OpenSides = [true, false] }, Torus.Levels[1]] };
        FabricGraph graph = new(open, 16, 1);
        Names(graph, 0, 3).ShouldBe(["chip0-chip1 (server)", "chip1-chip2 (server)", "chip2-chip3 (server)"]);
        Names(graph, 0, 12).ShouldBe(["chip0-chip12 (server)"]);
    }

    [Theory]
    [InlineData(2, 3, 6)]
    [InlineData(5, 2, 10)]
    [InlineData(3, 7, 21)]
    public void An_uneven_torus_reaches_every_member(int width, int height, int size)
    {
        SystemDescription system = Machines.System(
            Machines.Chip(), size,
            Machines.Level("server", TopologyKind.Torus2D, size, 400e9, 1e-6, false, width, height),
            Machines.Level("cluster", TopologyKind.Clos, 0, 50e9, 8e-6));
        FabricGraph graph = new(system, size, 1);
        Route route = new();
        for (int from = 0; from < size; from++)
        {
            for (int to = 0; to < size; to++)
            {
                graph.FindRoute(from, to, route).ShouldBeTrue();
                Arrives(graph, route, from, to).ShouldBe(from == to ? 0 : 1, 1e-12);
            }
        }
    }

    [Fact]
    public void A_three_dimensional_torus_of_boards_reaches_every_member()
    {
        // A ring of four 2x3x4 tori: inner sides first, then the ring.
        SystemDescription system = Machines.System(
            Machines.Chip(), 24,
            Machines.Level("server", TopologyKind.Torus3D, 24, 600e9, 1e-6, false, 2, 3, 4),
            Machines.Level("ultraserver", TopologyKind.Ring, 4, 100e9),
            Machines.Level("cluster", TopologyKind.Clos, 0, 50e9, 8e-6));
        FabricGraph graph = new(system, 96, 1);
        Route route = new();
        for (int to = 1; to < 96; to++)
        {
            graph.FindRoute(17, to, route).ShouldBeTrue();
            Arrives(graph, route, 17, to).ShouldBe(to == 17 ? 0 : 1, 1e-12);
        }
    }

    [Fact]
    public void Every_link_of_a_catalogued_system_joins_two_ends_and_has_a_name_of_its_own()
    {
        DataCatalog catalog = DataCatalog.Open(Libraries.DataRoot);
        foreach (string id in catalog.SystemIds)
        {
            SystemDescription system = catalog.System(id).Value.ShouldNotBeNull();
            FabricGraph graph = new(system, system.ChipsPerScaleUpDomain * 2, system.Chip.RanksPerChip);
            HashSet<string> names = [];
            for (int link = 0; link < graph.LinkCount; link++)
            {
                names.Add(graph.LinkName(link)).ShouldBeTrue($"{id}: {graph.LinkName(link)}");
                graph.Capacity(link).Value.ShouldBeGreaterThan(0);
            }

            // What leaves a chip on a level is what the description says.
            foreach (FabricLevel level in graph.Levels)
            {
                if (level.IsOfRanks || level.Members < 2)
                    continue;
                double leaving = 0;
                for (int port = 0; port < (level.IsSwitched ? 1 : level.Ports); port++)
                    leaving += level.LinkRate;
                leaving.ShouldBe(level.Description.BandwidthPerChip.Value.Value, 1, id);
            }
        }
    }

    [Fact]
    public void Oversubscribed_servers_share_their_uplinks()
    {
        LevelDescription network = Machines.Level("cluster", TopologyKind.Clos, 0, 50e9, 5e-6) with { Oversubscription = 4 };
        FabricGraph graph = new(Machines.System(Machines.Chip(), 8, Machines.Level("server", TopologyKind.Switch, 8, 400e9), network), 32, 1);
        Names(graph, 0, 9).ShouldBe(["chip0/cluster out", "cluster/tier0.0 up", "cluster/tier0.1 down", "chip9/cluster in"]);
        Route route = new();
        graph.FindRoute(0, 9, route).ShouldBeTrue();
        graph.Capacity(route.Links[1]).Value.ShouldBe(8 * 50e9 / 4);
    }

    [Fact]
    public void Rails_keep_chips_of_one_place_below_one_switch_and_hashed_paths_spread()
    {
        LevelDescription network = Machines.Level("cluster", TopologyKind.Clos, 0, 50e9, 5e-6) with
        {
            HasRails = true, Routing = Routing.EqualCost, Tiers = [new ClosTier(4, 1, 4)],
        };
        FabricGraph graph = new(Machines.System(Machines.Chip(), 8, Machines.Level("server", TopologyKind.Switch, 8, 400e9), network), 64, 1);
        Names(graph, 0, 24).Length.ShouldBe(2, "the same place, one of four servers of a rail");
        Names(graph, 0, 9).Length.ShouldBe(4, "another rail");
        Names(graph, 0, 32).Length.ShouldBe(4, "another block of the rail");
        HashSet<string> uplinks = [.. Enumerable.Range(32, 32).Select(to => Names(graph, 0, to)[1])];
        uplinks.Count.ShouldBe(1, "an uplink is named by its switch; the path is part of the number");
        Route route = new();
        HashSet<int> paths = [];
        for (int to = 32; to < 64; to++)
        {
            graph.FindRoute(0, to, route);
            paths.Add(route.Links[1]);
            graph.Capacity(route.Links[1]).Value.ShouldBe(50e9, "four chips over four paths");
        }

        paths.Count.ShouldBe(4);
    }

    [Fact]
    public void Shortest_routing_splits_over_all_shortest_ways()
    {
        SystemDescription system = Torus with { Levels = [Torus.Levels[0] with { Routing = Routing.Shortest }, Torus.Levels[1]] };
        FabricGraph graph = new(system, 16, 1);
        Route route = new();
        graph.FindRoute(0, 5, route).ShouldBeTrue();
        route.Count.ShouldBe(4);
        route.Shares.ToArray().ShouldAllBe(share => share == 0.5);
        Arrives(graph, route, 0, 5).ShouldBe(1, 1e-12);
    }

    [Fact]
    public void A_failed_torus_link_is_walked_around()
    {
        FabricGraph graph = new(Torus, 16, 1);
        graph.Apply("chip0-chip1", 0).ShouldBeNull();
        Route route = new();
        graph.FindRoute(0, 1, route).ShouldBeTrue();
        route.IsDetour.ShouldBeTrue();
        Arrives(graph, route, 0, 1).ShouldBe(1, 1e-12);
        foreach (int link in route.Links)
            graph.Capacity(link).Value.ShouldBeGreaterThan(0);
        route.Latency.ShouldBe(3e-6, 1e-12);
        graph.FindRoute(2, 3, route).ShouldBeTrue();
        route.IsDetour.ShouldBeFalse();
    }

    [Fact]
    public void Without_their_switch_the_chips_of_a_server_meet_in_the_rack()
    {
        FabricGraph graph = new(Machines.Neurons(), 144, 4);
        graph.Apply("server0", 0).ShouldBeNull();
        Names(graph, 0, 4).ShouldBe(["chip0/rack out", "chip1/rack in"]);
        graph.FaultyChips.ShouldBe([0, 1, 2, 3]);
    }

    [Fact]
    public void A_chip_without_its_network_port_sends_by_its_neighbours()
    {
        FabricGraph graph = new(Machines.Gpus(), 16, 1);
        graph.Apply("chip0/cluster", 0).ShouldBeNull();
        Route route = new();
        graph.FindRoute(0, 8, route).ShouldBeTrue();
        Arrives(graph, route, 0, 8).ShouldBe(1, 1e-12);
        route.Count.ShouldBe(1 + 7 + 7 + 1, "its own port into the server, seven helpers' in and network ports, the other end's port");
        graph.FindHalf(0, isOut: true, route).ShouldBeTrue();
        route.Count.ShouldBe(1 + 7 + 7);
    }

    [Fact]
    public void A_chip_cut_off_has_no_route()
    {
        FabricGraph graph = new(Machines.Gpus(), 16, 1);
        graph.Apply("chip0/cluster", 0).ShouldBeNull();
        graph.Apply("chip0/server", 0).ShouldBeNull();
        graph.FindRoute(0, 8, new Route()).ShouldBeFalse();
        graph.FindRoute(1, 8, new Route()).ShouldBeTrue();
    }

    [Fact]
    public void One_of_several_links_takes_its_share_of_a_port()
    {
        SystemDescription system = Machines.Gpus(400e9, 50e9);
        system = system with { Levels = [system.Levels[0] with { LinksPerChip = 8, Planes = 4 }, system.Levels[1]] };
        FabricGraph graph = new(system, 8, 1);
        Route route = new();
        graph.FindRoute(2, 3, route);
        int link = route.Links[0];
        graph.Apply("chip2/server.7", 0).ShouldBeNull();
        graph.Capacity(link).Value.ShouldBe(350e9);
        graph.Apply("server0.1", 0).ShouldBeNull();
        graph.Capacity(link).Value.ShouldBe(350e9 * 3 / 4);
    }

    [Theory]
    [InlineData("chip99/server", "expected a chip from chip0 to chip15")]
    [InlineData("chip1/sever", "the nearest is 'server'")]
    [InlineData("chip0-chip1", "no link joins chip0 and chip1 directly")]
    [InlineData("server7", "expected a switch from server0 to server1")]
    [InlineData("rock", "names no link or switch")]
    [InlineData("chip1/server.4", "numbered from 0")]
    [InlineData("cluster/tier0.1", "it is one switch that never blocks")]
    public void A_name_that_is_none_says_what_was_expected(string name, string expected) =>
        new FabricGraph(Machines.Gpus(), 16, 1).Apply(name, 0.5).ShouldNotBeNull().ShouldContain(expected);

    private static string[] Names(FabricGraph graph, int from, int to)
    {
        Route route = new();
        graph.FindRoute(from, to, route).ShouldBeTrue();
        return [.. route.Links.ToArray().Select(graph.LinkName)];
    }

    /// <summary>The share of a message that comes in at the end, less what comes in elsewhere and does not go on.</summary>
    private static double Arrives(FabricGraph graph, Route route, int from, int to)
    {
        Dictionary<int, double> balance = [];
        for (int index = 0; index < route.Count; index++)
        {
            int link = route.Links[index];
            FabricLevel level = graph.Levels[graph.LevelOf(link)];
            int member = (link - level.FirstLink) / level.Ports, port = (link - level.FirstLink) % level.Ports;
            double share = route.Shares[index];
            int hub = -1 - (level.Index * 1000) - (level.Index == graph.Network ? 0 : level.DomainOf(member));
            (int start, int end) = level.IsSwitched ? (port == 0 ? (member, hub) : (hub, member)) : (member, level.Neighbour(member, port));
            balance[start] = balance.GetValueOrDefault(start) - share;
            balance[end] = balance.GetValueOrDefault(end) + share;
        }

        foreach ((int node, double left) in balance)
        {
            if (node != from && node != to)
                left.ShouldBe(0, 1e-9);
        }

        return balance.GetValueOrDefault(to);
    }
}
