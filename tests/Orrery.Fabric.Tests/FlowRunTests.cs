using System.Diagnostics;
using FsCheck;
using FsCheck.Fluent;
using Orrery.Catalog;
using Shouldly;
using Xunit;

namespace Orrery.Fabric.Tests;

public sealed class FlowRunTests
{
    private const double Mebibyte = 1024.0 * 1024, Gibibyte = 1024 * Mebibyte;

    [Theory]
    [InlineData(8, 1.09375e-3)]
    [InlineData(64, 1.23046875e-3)]
    [InlineData(512, 1.24755859375e-3)]
    public void An_exchange_of_64_MiB_a_rank_keeps_inside_a_port_of_50_GiB_a_second(int ranks, double atLeast)
    {
        // (n - 1) / n of 64 MiB through one port: what every rank sends is 1 / n of its data to each other one.
        double seconds = AllToAll(Switch(ranks, 50 * Gibibyte), ranks, 64 * Mebibyte).Time;
        seconds.ShouldBeGreaterThanOrEqualTo(atLeast * (1 - 1e-9));
        seconds.ShouldBe(atLeast, atLeast * 1e-6);
    }

    [Fact]
    public void Two_flows_share_a_port_and_the_one_left_takes_what_the_other_leaves()
    {
        FabricGraph graph = new(Switch(3, 100), 3, 1);
        FlowSet set = new(graph);
        set.Add(0, 1, 100).ShouldBeTrue();
        set.Add(0, 2, 300).ShouldBeTrue();

        // Both at 50 for 2 s; then 200 are left at 100.
        FlowRun run = new();
        run.Run(set).Value.ShouldBe(4, 1e-9);
        run.Events.ShouldBe(2);
        graph.LinkName(run.Busiest).ShouldBe("chip0/server out");
    }

    [Fact]
    public void A_flow_limited_elsewhere_leaves_its_share_to_others()
    {
        // Three flows into chip 3 get a third of its port each; the fourth out of chip 0 takes the rest of chip 0's.
        FabricGraph graph = new(Switch(5, 90), 5, 1);
        FlowSet set = new(graph);
        foreach (int from in new[] { 0, 1, 2 })
            set.Add(from, 3, 300);
        set.Add(0, 4, 60);
        bool[] active = [true, true, true, true];
        double[] rates = new double[4];
        new FairShares().Solve(set, active, rates);
        rates.ShouldBe([30, 30, 30, 60], 1e-9);
    }

    [Fact]
    public void Folded_flows_take_the_time_of_unfolded_ones()
    {
        SystemDescription system = Machines.Neurons();
        FabricGraph graph = new(system, 144, 4);
        FlowSet folded = new(graph), unfolded = new(graph) { IsUnfolded = true };
        for (int from = 0; from < 64; from++)
        {
            for (int to = 288; to < 352; to++)
            {
                folded.Add(from, to, 1e6 + (from / 16 * 1e5)).ShouldBeTrue();
                unfolded.Add(from, to, 1e6 + (from / 16 * 1e5)).ShouldBeTrue();
            }
        }

        folded.FlowCount.ShouldBe(unfolded.FlowCount / 16);
        new FlowRun().Run(folded).Value.ShouldBe(new FlowRun().Run(unfolded).Value, 1e-9);
    }

    [Fact]
    public void The_cross_rack_pairs_limit_an_exchange_over_an_UltraServer()
    {
        // 144 chips, one message each: 72 of 144 parts leave the rack over the chip's 128 GB/s pair.
        SystemDescription system = OneRank(Machines.Neurons());
        (double time, FabricGraph graph, FlowRun run, int flows) = AllToAll(system, 144, 144e6);
        flows.ShouldBe(144 * 143);
        time.ShouldBe(72e6 / 128e9, 72e6 / 128e9 * 0.01);
        graph.LinkName(run.Busiest).ShouldContain("(ultraserver)");
    }

    [Fact]
    public void Twenty_thousand_flows_take_seconds_at_most_even_unoptimised()
    {
        SystemDescription system = OneRank(Machines.Neurons());
        AllToAll(system, 144, 144e6);
        TimeSpan before = Process.GetCurrentProcess().TotalProcessorTime;
        AllToAll(system, 144, 144e6);
        (Process.GetCurrentProcess().TotalProcessorTime - before).TotalSeconds.ShouldBeLessThan(10);
    }

    [Fact]
    public void A_slow_link_slows_what_crosses_it_and_a_failed_one_is_gone_around()
    {
        SystemDescription system = OneRank(Machines.Neurons());
        double healthy = AllToAll(system, 144, 144e6).Time;
        double slow = AllToAll(system, 144, 144e6, ("chip0-chip72", 0.5)).Time;
        slow.ShouldBe(2 * healthy, healthy * 0.02);
        double failed = AllToAll(system, 144, 144e6, ("chip0-chip72", 0)).Time;
        failed.ShouldBeGreaterThan(healthy * 1.01);
        failed.ShouldBeLessThan(slow);
        double withoutSwitch = AllToAll(system, 144, 144e6, ("server0", 0)).Time;
        withoutSwitch.ShouldBeGreaterThanOrEqualTo(healthy * (1 - 1e-3));
    }

    [Fact]
    public void Random_flows_on_random_fabrics_keep_inside_every_port_and_gain_from_bandwidth()
    {
        Prop.ForAll(Scenarios().ToArbitrary(), scenario =>
        {
            FlowRun run = new();
            double time = run.Run(Set(scenario.System, scenario)).Value;
            double again = new FlowRun().Run(Set(scenario.System, scenario)).Value;
            double bound = Bound(scenario);
            SystemDescription twice = scenario.System with
            {
                Levels = [.. scenario.System.Levels.Select(level => level with { BandwidthPerChip = Machines.Known(level.BandwidthPerChip.Value * 2) })],
            };
            double faster = run.Run(Set(twice, scenario)).Value;
            bool holds = time >= bound * (1 - 1e-9) && time.Equals(again) && faster <= time * (1 + 1e-9) && double.IsFinite(time);
            if (!holds)
                throw new InvalidOperationException($"{time} against a bound of {bound}, again {again}, twice as fast {faster}");
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200).WithReplay(20261120, 11));
    }

    private static FlowSet Set(SystemDescription system, Scenario scenario)
    {
        FlowSet set = new(new FabricGraph(system, scenario.Chips, 1));
        foreach ((int from, int to, double bytes) in scenario.Flows)
            set.Add(from, to, bytes).ShouldBeTrue();
        return set;
    }

    /// <summary>What each chip sends, or gets, over the rate of all its ports.</summary>
    private static double Bound(Scenario scenario)
    {
        double rate = scenario.System.Levels.Sum(level => level.BandwidthPerChip.Value.Value);
        double[] sent = new double[scenario.Chips], got = new double[scenario.Chips];
        foreach ((int from, int to, double bytes) in scenario.Flows)
        {
            if (from == to)
                continue;
            sent[from] += bytes;
            got[to] += bytes;
        }

        return Math.Max(sent.Max(), got.Max()) / rate;
    }

    private sealed record Scenario(SystemDescription System, int Chips, (int From, int To, double Bytes)[] Flows);

    private static Gen<Scenario> Scenarios() =>
        from topology in Gen.Elements(TopologyKind.Switch, TopologyKind.FullMesh, TopologyKind.Ring, TopologyKind.Torus2D)
        from outer in Gen.Elements(TopologyKind.Switch, TopologyKind.FullMesh, TopologyKind.Ring)
        from blocked in Gen.Elements(1.0, 2.0, 4.0)
        from ends in Gen.ArrayOf(Gen.Choose(0, (47 * 48) + 47), 40)
        from sizes in Gen.ArrayOf(Gen.Choose(1, 1000), 40)
        let system = Machines.System(
            Machines.Chip(), 6,
            Machines.Level("server", topology, 6, 300e9, 1e-6, false, topology == TopologyKind.Torus2D ? [3, 2] : []),
            Machines.Level("rack", outer, 4, 100e9, 2e-6),
            Machines.Level("cluster", TopologyKind.Clos, 0, 25e9, 8e-6) with { Oversubscription = blocked })
        select new Scenario(system, 48, [.. ends.Select((pair, index) => (pair / 48, pair % 48, sizes[index] * 1e6))]);

    private static (double Time, FabricGraph Graph, FlowRun Run, int Flows) AllToAll(SystemDescription system, int ranks, double bytes, (string Link, double Factor)? fault = null)
    {
        FabricGraph graph = new(system, ranks, 1);
        if (fault is { } one)
            graph.Apply(one.Link, one.Factor).ShouldBeNull();
        FlowSet set = new(graph);
        for (int from = 0; from < ranks; from++)
        {
            for (int to = 0; to < ranks; to++)
                set.Add(from, to, bytes / ranks).ShouldBeTrue();
        }

        FlowRun run = new();
        return (run.Run(set).Value, graph, run, set.FlowCount);
    }

    private static SystemDescription Switch(int ports, double rate) => Machines.System(
        Machines.Chip(), ports, Machines.Level("server", TopologyKind.Switch, ports, rate), Machines.Level("cluster", TopologyKind.Clos, 0, 1e9));

    private static SystemDescription OneRank(SystemDescription system) => system with { Chip = Machines.Chip(), Levels = system.Levels.RemoveAt(0) };
}
