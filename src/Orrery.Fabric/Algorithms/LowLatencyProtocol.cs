using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>NCCL's low-latency protocol on a scale-up switch, by constants fitted for the chip and operation.</summary>
public sealed class LowLatencyProtocol : CollectiveAlgorithm
{
    public override string Name => "nccl-low-latency";

    public override bool IncludesLaunch => true;

    public override bool Supports(CollectiveKind kind, in GroupPorts ports) => ports.Protocols?[kind] is { LowShare: > 0 };

    public override void List(CollectiveKind kind, Bytes size, in GroupPorts ports, ref StepList steps)
    {
        ProtocolConstants constants = ports.Protocols![kind]!.Value;
        steps.Add(new(ProtocolConstants.PatternOf(kind), ProtocolConstants.RingBytes(kind, size, ports.Ranks), 0)
        {
            Fixed = new(constants.LowBase + (constants.LowPerRank * (ports.Ranks - 1))),
            Share = constants.LowShare,
        });
    }
}
