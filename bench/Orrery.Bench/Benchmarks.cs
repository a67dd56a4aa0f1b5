using BenchmarkDotNet.Attributes;
using Orrery.Catalog;
using Orrery.Engine;
using Orrery.Fabric;
using Orrery.Training;

namespace Orrery.Bench;

/// <summary>The everyday list; filters are in the README.</summary>
[MemoryDiagnoser]
public class Benchmarks
{
    private readonly EventQueue<int> _queue = Workloads.FilledQueue();
    private readonly TaskGraph _graph = new();
    private readonly TaskGraphRun _run = new();
    private readonly SystemDescription _system = Workloads.System("dgx-h100");
    private readonly TrainingContext _training = Workloads.Training();
    private readonly ClosedFormCollectives _collectives;
    private readonly RankGroup _group;
    private double _size = 1e6;

    public Benchmarks()
    {
        Workloads.FillGraph(_graph);
        _collectives = Workloads.Collectives(_system);
        _group = Workloads.DataGroup(_system);
    }

    [Benchmark(OperationsPerInvoke = 10_000)]
    public long Event() => Workloads.Hold(_queue, 10_000);

    [Benchmark]
    public RunStatus TaskGraph262144() => _run.Execute(_graph);

    [Benchmark]
    public CollectiveCost CollectiveKnown() => _collectives.Cost(Workloads.AllReduce(1e9), _group);

    [Benchmark]
    public CollectiveCost CollectiveNew() => _collectives.Cost(Workloads.AllReduce(_size++), _group);

    [Benchmark]
    public double Estimate405B()
    {
        _training.Steps.Estimate(Workloads.LargePlan, out StepEstimate estimate);
        return estimate.StepTime;
    }

    [Benchmark]
    public double EventRun405B()
    {
        _training.Steps.Estimate(Workloads.LargePlan, out _);
        return _training.Run.Execute(_training.Steps, Workloads.LargePlan).Value;
    }
}
