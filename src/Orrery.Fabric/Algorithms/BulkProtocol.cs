using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>NCCL's bulk ("simple") protocol on a scale-up switch, by constants fitted for the chip and operation.</summary>
public sealed class BulkProtocol : CollectiveAlgorithm
{
    public override string Name => "nccl-bulk";

    public override bool IncludesLaunch => true;

    public override bool Supports(CollectiveKind kind, in GroupPorts ports) => ports.Protocols?[kind] is { BulkShare: > 0, IsOneShot: false };

    public override void List(CollectiveKind kind, Bytes size, in GroupPorts ports, ref StepList steps) =>
        steps.Add(ports.Protocols![kind]!.Value.Bulk(kind, size, ports));
}
