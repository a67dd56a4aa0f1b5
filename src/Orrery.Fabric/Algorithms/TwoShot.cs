using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// Members scatter and reduce shares, then gather them: two steps, each byte sent twice. The kernels of serving libraries and what they fall back to for large messages, by constants fitted for library and chip.
/// </summary>
public sealed class TwoShot : CollectiveAlgorithm
{
    public override string Name => "two-shot";

    public override bool IncludesLaunch => true;

    public override bool Supports(CollectiveKind kind, in GroupPorts ports) =>
        kind == CollectiveKind.AllReduce && ports.Protocols?[kind] is { BulkShare: > 0, IsOneShot: true };

    public override void List(CollectiveKind kind, Bytes size, in GroupPorts ports, ref StepList steps) =>
        steps.Add(ports.Protocols![kind]!.Value.Bulk(kind, size, ports));
}
