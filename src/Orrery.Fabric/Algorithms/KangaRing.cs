using Orrery.Operators;

namespace Orrery.Fabric;

/// <summary>
/// Neuron's ring in which the ranks of a chip hop in pairs: half the steps of a plain ring, the same bytes on the links. Needs at least two
/// ranks of the group on every chip. (It also saves accesses to device memory, which is not what limits it here.)
/// </summary>
/// <remarks>Source: AWS Neuron documentation, "Intra-node collective communications", latency O(N/2).</remarks>
public sealed class KangaRing : Ring
{
    public override string Name => "kanga-ring";

    protected override TransferPattern Pattern => TransferPattern.PairedRings;

    public override bool Supports(CollectiveKind kind, in GroupPorts ports) => ports.OnChip >= 2
        && kind is CollectiveKind.AllReduce or CollectiveKind.AllGather or CollectiveKind.ReduceScatter && ports.OnChip >= 2;
}
