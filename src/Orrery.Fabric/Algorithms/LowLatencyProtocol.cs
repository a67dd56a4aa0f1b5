using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>NCCL's low-latency protocol on a scale-up switch, by constants fitted for the chip and operation.</summary>
public sealed class LowLatencyProtocol : CollectiveAlgorithm
{
    public override string Name => "nccl-low-latency";

    public override bool IncludesLaunch => true;

    public override bool Supports(CollectiveKind kind, in GroupPorts ports) => ports.Protocols?[kind] is { LowShare: > 0 };

    public override PhaseTime Time(CollectiveKind kind, Bytes size, in GroupPorts ports) =>
        ports.Protocols![kind]!.Value.LowLatency(BulkProtocol.RingBytes(kind, size, ports.Ranks), ports.Ranks, ports.Rated.Value);
}
