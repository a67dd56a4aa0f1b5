using FsCheck;
using FsCheck.Fluent;
using Orrery.Catalog;
using Orrery.Operators;
using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Fabric.Tests;

public sealed class FlowPropertyTests
{
    private static readonly CollectiveKind[] Vectors = [CollectiveKind.AllReduce, CollectiveKind.AllGather, CollectiveKind.ReduceScatter];

    [Fact]
    public void On_random_machines_flows_end_keep_the_bound_and_gain_nothing_from_less_bandwidth_or_from_faults()
    {
        Prop.ForAll(Scenarios().ToArbitrary(), scenario =>
        {
            CommunicationLibrary library = Libraries.Ideal(spansLevels: scenario.Spans, algorithms: scenario.Algorithm);
            foreach (CollectiveKind kind in Enum.GetValues<CollectiveKind>())
            {
                Collective collective = new(kind, new Bytes(scenario.Size));
                FlowCollectives flows = new(scenario.Graph(scenario.System), library);
                RankGroup group = flows.Whole(kind, scenario.Ranks);
                double bound = new ClosedFormCollectives(scenario.System, library).Cost(collective, group).Bound.Value;
                double time = flows.Run(collective, group)!.Time.Value;
                SystemDescription faster = scenario.System with
                {
                    Levels = [.. scenario.System.Levels.Select((level, index) => index == scenario.Level
                        ? level with { BandwidthPerChip = Machines.Known(level.BandwidthPerChip.Value * 2) }
                        : level)],
                };
                double better = new FlowCollectives(scenario.Graph(faster), library).Run(collective, group)!.Time.Value;
                FabricGraph broken = scenario.Graph(scenario.System);
                string chip = $"chip{scenario.Ranks / 2 / scenario.System.Chip.RanksPerChip}";
                broken.Apply($"{chip}/{scenario.System.Levels[scenario.Level].Name}", scenario.Fault).ShouldBeNull();
                double? slower = new FlowCollectives(broken, library).Run(collective, group)?.Time.Value;

                // Flows that end within a thousandth of each other end together.
                const double tolerance = 1.003;
                if (time < bound * (1 - 1e-9) || !double.IsFinite(time) || better > time * tolerance || slower < time)
                    throw new InvalidOperationException($"{scenario} {kind}: {time}, bound {bound}, better {better}, slower {slower}");
            }

            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(100).WithReplay(20261120, 7));
    }

    [Theory]
    [InlineData("ring")]
    [InlineData("single-ring")]
    [InlineData("bidirectional-ring")]
    [InlineData("rdh")]
    [InlineData("direct")]
    [InlineData("torus-rings")]
    public void Every_member_sends_the_bytes_that_the_algorithm_says(string name)
    {
        foreach (SystemDescription system in Shapes())
        {
            ClosedFormCollectives closed = new(system, Libraries.Ideal());
            FabricGraph graph = new(system, 16, 1);
            StepFlows flows = new(graph, closed.Ports);
            RankGroup group = new RankGroups(system, 1).Group(1, 16, 16);
            GroupPorts ports = closed.Ports.Merge(group, 0, 0, NumberFormat.Bf16);
            CollectiveAlgorithm algorithm = AlgorithmRegistry.Find(name)!;
            foreach (CollectiveKind kind in Vectors)
            {
                if (!algorithm.Supports(kind, ports))
                    continue;
                StepList steps = default;
                algorithm.List(kind, new Bytes(16e6), ports, ref steps);
                double sent = 0, listed = 0;
                for (int index = 0; index < steps.Count; index++)
                {
                    List<FlowSet> sets = [];
                    PlannedPhase phase = new(kind, new Bytes(16e6), 0, 0, 1, algorithm, ports, default);
                    flows.Add(steps[index], phase, new GroupPlace(graph, group), 0, sets).ShouldBeTrue();
                    foreach (FlowSet set in sets)
                    {
                        for (int flow = 0; flow < set.FlowCount; flow++)
                            sent += set.Bytes(flow) * set.Count(flow);
                    }

                    listed += 16 * steps[index].Bytes;
                }

                // (n - 1) / n of the vector out of every member, twice for an all-reduce.
                double expected = (kind == CollectiveKind.AllReduce ? 2 : 1) * 15 * 16e6;
                listed.ShouldBe(expected, 1);
                sent.ShouldBe(expected, 1, $"{name} {kind} on {system.Levels[0].Topology}");
            }
        }
    }

    [Fact]
    public void Which_members_of_a_switch_take_part_changes_nothing()
    {
        SystemDescription system = Machines.Gpus();
        CommunicationLibrary library = Libraries.Ideal(spansLevels: false, algorithms: ["ring", "direct", "tree"]);
        FabricGraph graph = new(system, 64, 1);
        foreach (CollectiveKind kind in Enum.GetValues<CollectiveKind>())
        {
            Collective collective = new(kind, new Bytes(3e7));
            RankGroup group = new([4, 2], [1, 1]);
            FlowCollectives flows = new(graph, library);
            double time = flows.Run(collective, group)!.Time.Value;
            flows.Run(collective, group, [2, 3])!.Time.Value.ShouldBe(time, time * 1e-12);
        }
    }

    [Fact]
    public void Turning_an_exchange_round_a_torus_changes_nothing()
    {
        SystemDescription system = Shapes().First(static shape => shape.Levels[0].Topology == TopologyKind.Torus2D);
        FabricGraph graph = new(system, 16, 1);
        double[] times = [.. Enumerable.Range(0, 4).Select(turn =>
        {
            // Every chip of a 4 x 4 torus sends to three others; whose numbers are moved along the first side.
            FlowSet set = new(graph);
            for (int from = 0; from < 16; from++)
            {
                for (int step = 1; step < 4; step++)
                    set.Add(Turned(from, turn), Turned((from + (step * 5)) % 16, turn), 1e6 * step);
            }

            return new FlowRun().Run(set).Value;
        })];
        times.ShouldAllBe(time => Math.Abs((time / times[0]) - 1) < 1e-9);

        static int Turned(int chip, int turn) => (chip / 4 * 4) + ((chip + turn) % 4);
    }

    [Fact]
    public void Any_number_of_threads_gives_the_same_bits()
    {
        SystemDescription system = Machines.Neurons();
        CommunicationLibrary library = Libraries.OfData("neuron");
        long[] alone = Answers();
        long[][] together = new long[8][];
        Parallel.For(0, together.Length, new ParallelOptions { MaxDegreeOfParallelism = 4 }, index => together[index] = Answers());
        foreach (long[] one in together)
            one.ShouldBe(alone);

        long[] Answers()
        {
            FlowCollectives flows = new(new FabricGraph(system, 288, 4), library);
            return [.. Enum.GetValues<CollectiveKind>().Select(kind => BitConverter.DoubleToInt64Bits(flows.Run(new Collective(kind, new Bytes(5e7)), 288 * 4)!.Time.Value))];
        }
    }

    [Fact]
    public void Unfolded_exchanges_take_as_long_as_folded_ones()
    {
        foreach (SystemDescription system in Shapes())
        {
            FabricGraph graph = new(system, 16, 1);
            double[] times = [.. new[] { false, true }.Select(isUnfolded =>
            {
                FlowSet set = new(graph) { IsUnfolded = isUnfolded };
                for (int repeat = 0; repeat < 3; repeat++)
                {
                    for (int from = 0; from < 16; from++)
                    {
                        for (int to = 0; to < 16; to++)
                            set.Add(from, to, 1e6 * (1 + (from % 3)));
                    }
                }

                set.FlowCount.ShouldBe(isUnfolded ? 3 * 16 * 15 : 16 * 15);
                return new FlowRun().Run(set).Value;
            })];
            times[1].ShouldBe(times[0], times[0] * 2e-3);
        }
    }

    private static IEnumerable<SystemDescription> Shapes()
    {
        foreach ((TopologyKind topology, int[] sides) in new (TopologyKind, int[])[]
        {
            (TopologyKind.Switch, []), (TopologyKind.FullMesh, []), (TopologyKind.Ring, []), (TopologyKind.Torus2D, [4, 4]), (TopologyKind.Torus2D, [8, 2]), (TopologyKind.Torus3D, [4, 2, 2]),
        })
        {
            yield return Machines.System(
                Machines.Chip(), 16, Machines.Level("server", topology, 16, 400e9, 1e-6, false, sides), Machines.Level("cluster", TopologyKind.Clos, 0, 50e9));
        }
    }

    private static Gen<Scenario> Scenarios() =>
        from topology in Gen.Elements(TopologyKind.Switch, TopologyKind.FullMesh, TopologyKind.Ring, TopologyKind.Torus2D)
        from ranks in Gen.Elements(1, 2, 4)
        from racks in Gen.Elements(1, 2, 3)
        from pairs in Gen.Elements(TopologyKind.Switch, TopologyKind.FullMesh)
        from chips in Gen.Elements(2, 4, 8, 12, 16, 24, 48)
        from exponent in Gen.Choose(2, 9)
        from scaleUp in Gen.Choose(1, 20)
        from network in Gen.Choose(1, 20)
        from level in Gen.Choose(0, 2)
        from fault in Gen.Elements(0.25, 0.5, 0.9)
        from spans in Gen.Elements(true, false)
        from algorithm in Gen.Elements("ring", "direct", "rdh")
        let system = Machines.System(
            Machines.Chip(ranks: ranks), 8,
            Machines.Level("chip", TopologyKind.Switch, ranks, 1e12, 0.2e-6),
            Machines.Level("server", topology, 8, scaleUp * 50e9, 1e-6, false, topology == TopologyKind.Torus2D ? [4, 2] : []),
            Machines.Level("rack", pairs, racks, scaleUp * 20e9, 2e-6),
            Machines.Level("cluster", TopologyKind.Clos, 0, network * 5e9, 10e-6))
        select new Scenario(system, chips * ranks, Math.Pow(10, exponent), 1 + level, fault, spans, algorithm);

    private sealed record Scenario(SystemDescription System, int Ranks, double Size, int Level, double Fault, bool Spans, string Algorithm)
    {
        public FabricGraph Graph(SystemDescription system)
        {
            int ranks = system.Chip.RanksPerChip;
            return new FabricGraph(system, FabricGraph.ChipsFor(system, Ranks / ranks, ranks), ranks);
        }

        public override string ToString() => $"{Algorithm} {(Spans ? "flat" : "by level")} over {Ranks} ranks of {System.Chip.RanksPerChip}, {System.Levels[1].Topology}, "
            + $"{System.Levels[2].Size} x {System.Levels[2].Topology}, {Size} bytes, level {Level} at {Fault}";
    }
}
