using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>NCCL's bulk ("simple") protocol on a scale-up switch, by constants fitted for the chip and operation.</summary>
public sealed class BulkProtocol : CollectiveAlgorithm
{
    public override string Name => "nccl-bulk";

    public override bool IncludesLaunch => true;

    public override bool Supports(CollectiveKind kind, in GroupPorts ports) => ports.Protocols?[kind] is { BulkShare: > 0 };

    public override PhaseTime Time(CollectiveKind kind, Bytes size, in GroupPorts ports) =>
        ports.Protocols![kind]!.Value.Bulk(RingBytes(kind, size, ports.Ranks), ports.Ranks, ports.Rated.Value);

    /// <summary>Bytes each member sends in a ring.</summary>
    public static double RingBytes(CollectiveKind kind, Bytes size, int ranks) => kind switch
    {
        CollectiveKind.AllReduce => 2 * Others(ranks) * size.Value,
        CollectiveKind.PointToPoint => size.Value,
        _ => Others(ranks) * size.Value,
    };
}
