using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>NCCL's bulk ("simple") protocol on a scale-up switch, by constants fitted for the chip and operation.</summary>
public sealed class BulkProtocol : CollectiveAlgorithm
{
    public override string Name => "nccl-bulk";

    public override bool IncludesLaunch => true;

    public override bool Supports(CollectiveKind kind, in GroupPorts ports) => ports.Protocols?[kind] is { BulkShare: > 0 };

    public override void List(CollectiveKind kind, Bytes size, in GroupPorts ports, ref StepList steps)
    {
        ProtocolConstants constants = ports.Protocols![kind]!.Value;
        double bytes = ProtocolConstants.RingBytes(kind, size, ports.Ranks);
        steps.Add(new(ProtocolConstants.PatternOf(kind), bytes, 0)
        {
            Fixed = new(constants.BulkBase + (constants.BulkPerRank * (ports.Ranks - 1))),
            Fill = new(constants.Fill * Math.Sqrt(bytes * (ports.Ranks - 1) / ports.Rated.Value)),
            Share = constants.ShareOf(ports.Ranks),
        });
    }
}
