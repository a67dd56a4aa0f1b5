using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>NCCL's low-latency protocol on a scale-up switch, by constants fitted for the chip and operation.</summary>
public sealed class LowLatencyProtocol : CollectiveAlgorithm
{
    public override string Name => "nccl-low-latency";

    public override bool IncludesLaunch => true;

    public override bool Supports(CollectiveKind kind, in GroupPorts ports) => ports.Protocols?[kind] is { LowShare: > 0, IsOneShot: false };

    public override void List(CollectiveKind kind, Bytes size, in GroupPorts ports, ref StepList steps) =>
        steps.Add(ports.Protocols![kind]!.Value.LowLatency(kind, size, ports));
}
