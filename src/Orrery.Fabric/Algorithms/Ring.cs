using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// Members pass pieces around rings: n - 1 steps of S/n each for all-gather and reduce-scatter, twice that for all-reduce. As many rings run side by
/// side as the ports have links, so the whole port is used.
/// </summary>
/// <remarks>Source: P. Patarasuk and X. Yuan, "Bandwidth optimal all-reduce algorithms for clusters of workstations", JPDC 69, 2009.</remarks>
public class Ring : CollectiveAlgorithm
{
    public override string Name => "ring";

    /// <summary>Which rings.</summary>
    protected virtual TransferPattern Pattern => TransferPattern.Rings;

    public override bool Supports(CollectiveKind kind, in GroupPorts ports) => kind is CollectiveKind.AllReduce or CollectiveKind.AllGather
        or CollectiveKind.ReduceScatter or CollectiveKind.Broadcast or CollectiveKind.Reduce or CollectiveKind.Barrier;

    public override void List(CollectiveKind kind, Bytes size, in GroupPorts ports, ref StepList steps) => steps.Add(kind switch
    {
        CollectiveKind.AllReduce => new(Pattern, 2 * Others(ports.Ranks) * size.Value, 2),
        CollectiveKind.Barrier => new(Pattern, 0, 2),

        // A chain in small pieces: the last member starts when the first piece has walked the chain.
        CollectiveKind.Broadcast or CollectiveKind.Reduce => new(Pattern, size.Value, 1),
        _ => new(Pattern, Others(ports.Ranks) * size.Value, 1),
    });
}
