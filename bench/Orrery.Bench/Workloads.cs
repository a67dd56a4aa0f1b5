using Orrery.Catalog;
using Orrery.Chips;
using Orrery.Engine;
using Orrery.Fabric;
using Orrery.Models;
using Orrery.Operators;
using Orrery.Training;
using Orrery.Units;

namespace Orrery.Bench;

/// <summary>What the benchmarks and the quick run measure, so that both measure the same.</summary>
public static class Workloads
{
    /// <summary>Pending events of the hold test.</summary>
    public const int Pending = 10_000;

    public static EventQueue<int> FilledQueue()
    {
        EventQueue<int> queue = new(Pending + 1);
        RandomStream random = RandomStream.Create(1, "hold");
        for (int i = 0; i < Pending; i++)
            queue.Schedule(random.NextInt(1_000_000), EventPriority.Start, i);
        return queue;
    }

    /// <summary>Takes an event and schedules another, <paramref name="steps"/> times.</summary>
    public static long Hold(EventQueue<int> queue, int steps)
    {
        RandomStream random = RandomStream.Create(2, "hold");
        long last = 0;
        for (int i = 0; i < steps; i++)
        {
            queue.TryTake(out ScheduledEvent<int> taken);
            last = taken.Time;
            queue.Schedule(taken.Time + random.NextInt(1_000_000), EventPriority.Start, taken.Payload);
        }

        return last;
    }

    /// <summary>A graph of the size of a deep pipeline's step: 128 chunks, 512 micro-batches, compute and send tasks both ways.</summary>
    public static void FillGraph(TaskGraph graph)
    {
        const int chunks = 128, batches = 512, kinds = 4;
        graph.Clear();
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            for (int batch = 0; batch < batches; batch++)
            {
                for (int kind = 0; kind < kinds; kind++)
                    graph.AddTask(new StreamId((2 * chunk) + (kind & 1)), 10 + ((batch + kind) % 7));
            }
        }

        static TaskId Task(int chunk, int batch, int kind) => new((((chunk * batches) + batch) * kinds) + kind);
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            for (int batch = 0; batch < batches; batch++)
            {
                graph.AddDependency(Task(chunk, batch, 0), Task(chunk, batch, 1));
                graph.AddDependency(Task(chunk, batch, 0), Task(chunk, batch, 2));
                graph.AddDependency(Task(chunk, batch, 2), Task(chunk, batch, 3));
                if (chunk + 1 < chunks)
                    graph.AddDependency(Task(chunk, batch, 1), Task(chunk + 1, batch, 0), 3);
            }
        }
    }

    public static SystemDescription System(string id) => Value(DataCatalog.Open(DataCatalog.FindDataRoot()).System(id));

    public static ClosedFormCollectives Collectives(SystemDescription system) => Value(ClosedFormCollectives.Open(DataCatalog.FindDataRoot(), system));

    /// <summary>Gradient all-reduce over 2,048 ranks that hold one of eight tensor shards each.</summary>
    public static RankGroup DataGroup(SystemDescription system) => new RankGroups(system, system.Chip.RanksPerChip).Group(8, 2048, 16_384);

    /// <summary>So many accelerators on one switch of 50 GB/s a port, and a ring all-reduce of 1 GB over them as flows.</summary>
    public static Func<FlowAnswer?> FlowRing(int ranks)
    {
        SystemDescription server = System("dgx-h100");
        SystemDescription wide = server with { Levels = [server.Levels[0] with { Size = ranks }, server.Levels[1]], ChipsPerScaleUpDomain = ranks };
        FlowCollectives flows = new(new FabricGraph(wide, ranks, 1), Collectives(wide));
        Collective collective = AllReduce(1e9);
        CollectiveAlgorithm ring = AlgorithmRegistry.Find("ring")!;
        return () => flows.Run(collective, ranks, ring);
    }

    /// <summary>A hierarchical all-reduce of 1 GB over a cluster of Trainium3 UltraServers as flows, the machine laid out anew.</summary>
    public static Func<FlowAnswer?> FlowCluster(int chips)
    {
        SystemDescription system = System("trn3-gen2");
        ClosedFormCollectives collectives = Collectives(system);
        return () => new FlowCollectives(new FabricGraph(system, chips, system.Chip.RanksPerChip), collectives).Run(AllReduce(1e9), chips * system.Chip.RanksPerChip);
    }

    /// <summary>An exchange among the 144 chips of an UltraServer, 64 MB each, no two messages folded: 20,592 flows.</summary>
    public static Func<Seconds> FlowExchange()
    {
        const int chips = 144;
        SystemDescription system = System("trn3-gen2");
        return () =>
        {
            FabricGraph graph = new(system, chips, system.Chip.RanksPerChip);
            FlowSet set = new(graph) { IsUnfolded = true };
            for (int from = 0; from < chips; from++)
            {
                for (int to = 0; to < chips; to++)
                    set.Add(from * graph.RanksPerChip, to * graph.RanksPerChip, 64e6 / chips);
            }

            return new FlowRun().Run(set);
        };
    }

    public static Collective AllReduce(double bytes) => new(CollectiveKind.AllReduce, new Bytes(bytes));

    /// <summary>Llama-3.1-405B on 16,384 H100.</summary>
    public static TrainingContext Training()
    {
        DataCatalog catalog = DataCatalog.Open(DataCatalog.FindDataRoot());
        SystemDescription system = Value(catalog.System("dgx-h100"));
        ModelArchitecture model = Value(ModelLoader.Load("llama-3.1-405b", catalog.DataRoot));
        return Value(new TrainingContextFactory(catalog).Create(model, system, Value(catalog.Stack(system.DefaultStack))));
    }

    public static Plan LargePlan { get; } = new()
    {
        TensorParallel = 8,
        PipelineParallel = 16,
        VirtualStages = 8,
        DataParallel = 128,
        MicroBatch = 1,
        GlobalBatch = 16_384,
        Sequence = 8192,
        SequenceParallel = true,
        Schedule = new InterleavedSchedule(),
        Recompute = Recompute.Selective,
    };

    private static T Value<T>(Result<T> result)
        where T : class => result.Value ?? throw new InvalidOperationException(string.Join('\n', result.Diagnostics));
}
