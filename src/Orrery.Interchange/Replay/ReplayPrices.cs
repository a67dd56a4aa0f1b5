using Orrery.Catalog;
using Orrery.Fabric;
using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Interchange;

/// <summary>What one collective or message costs on the machine of a replay.</summary>
/// <param name="Time">Its time; no model gives less than the bound.</param>
/// <param name="Bound">What no algorithm can beat.</param>
/// <param name="Latency">The part of the time that does not grow with size.</param>
public readonly record struct ReplayPrice(Seconds Time, Seconds Bound, string Algorithm, string Bottleneck, Seconds Latency);

/// <summary>Prices the communication of a replay: remembers what it was asked.</summary>
internal sealed class ReplayPrices
{
    private readonly ReplayFabric _fabric;
    private readonly RankGroups _places;
    private readonly int _world;
    private readonly ClosedFormCollectives _closed;
    private readonly FlowCollectives? _flows;
    private readonly Dictionary<(Collective, RankGroup), ReplayPrice> _known = [];

    public ReplayPrices(ReplayFabric fabric, int world)
    {
        _fabric = fabric;
        _world = world;
        _closed = fabric.Collectives ?? throw new ArgumentException("nothing to price on", nameof(fabric));
        _places = new RankGroups(fabric.System!, fabric.RanksPerChip);
        if (fabric.Network == ReplayNetwork.Flow)
            _flows = new FlowCollectives(new FabricGraph(fabric.System!, (world + fabric.RanksPerChip - 1) / fabric.RanksPerChip, fabric.RanksPerChip), _closed);
    }

    /// <summary>How a process group lies; <paramref name="sorted"/> are its ranks where they are listed.</summary>
    public RankGroup Place(ProcessGroup group, ReadOnlySpan<int> sorted)
    {
        if (!sorted.IsEmpty)
            return sorted.Length == _world ? _places.Group(1, _world, _world) : _places.Group(sorted, _world);
        if (group.Axes.IsEmpty)
            return _places.Group(1, _world, _world);
        (int, int)[] axes = new (int, int)[group.Axes.Length];
        for (int axis = 0; axis < axes.Length; axis++)
            axes[axis] = (group.Axes[axis].Stride, group.Axes[axis].Degree);
        return _places.Group(axes.AsSpan(), _world);
    }

    /// <summary>A collective over a group, by the size that each rank hands in.</summary>
    public ReplayPrice Collective(ChakraCollective kind, double bytes, RankGroup group)
    {
        (CollectiveKind known, double size) = kind switch
        {
            ChakraCollective.AllReduce => (CollectiveKind.AllReduce, bytes),
            ChakraCollective.Reduce => (CollectiveKind.Reduce, bytes),

            // Our size is what comes out of the gather.
            ChakraCollective.AllGather => (CollectiveKind.AllGather, bytes * group.Size),
            ChakraCollective.Gather => (CollectiveKind.Gather, bytes),

            // Our size is that of one message.
            ChakraCollective.Scatter => (CollectiveKind.Scatter, bytes / group.Size),
            ChakraCollective.Broadcast => (CollectiveKind.Broadcast, bytes),
            ChakraCollective.AllToAll => (CollectiveKind.AllToAll, bytes),
            ChakraCollective.Barrier => (CollectiveKind.Barrier, 0),
            _ => (CollectiveKind.ReduceScatter, bytes),
        };
        return Price(new Collective(known, new Bytes(size)), group);
    }

    /// <summary>One message between two ranks.</summary>
    public ReplayPrice Message(int from, int to, double bytes)
    {
        if (from == to)
            return default(ReplayPrice) with { Algorithm = "none", Bottleneck = "none" };
        ReadOnlySpan<int> pair = from < to ? [from, to] : [to, from];
        return Price(new Collective(CollectiveKind.PointToPoint, new Bytes(bytes)), _places.Group(pair, _world));
    }

    private ReplayPrice Price(in Collective collective, RankGroup group)
    {
        if (_known.TryGetValue((collective, group), out ReplayPrice known))
            return known;
        CollectiveAlgorithm? forced = _fabric.Settings is { } settings && settings.Algorithms.TryGetValue(collective.Kind, out string? name)
            ? AlgorithmRegistry.Find(name)
            : null;
        CollectiveCost cost = forced is null ? _closed.Cost(collective, group) : _closed.Cost(collective, group, forced);
        ReplayPrice price = _fabric.Network switch
        {
            ReplayNetwork.Bound => new(cost.Bound, cost.Bound, "bound", cost.Bottleneck, default),
            ReplayNetwork.Flow when _flows is not null && group.Size > 1 => Flow(collective, group, forced, cost),
            _ => new(cost.Time, cost.Bound, cost.Algorithm, cost.Bottleneck, cost.Latency),
        };
        _known.Add((collective, group), price);
        return price;
    }

    /// <summary>As flows where that can be run; never below the bound, which would be a mistake of ours.</summary>
    private ReplayPrice Flow(in Collective collective, RankGroup group, CollectiveAlgorithm? forced, in CollectiveCost cost)
    {
        if (!_flows!.Supports(collective.Kind, group.Size) || _flows.Run(collective, group, forced: forced) is not { } flow)
            return new(cost.Time, cost.Bound, cost.Algorithm, cost.Bottleneck, cost.Latency);
        if (flow.Time.Value < cost.Bound.Value * (1 - 1e-9))
            throw new InvalidOperationException($"{collective.Kind} takes {flow.Time.Value} s as flows, below its bound of {cost.Bound.Value} s");
        return new(flow.Time, cost.Bound, flow.Algorithm, flow.Bottleneck, cost.Latency);
    }
}
