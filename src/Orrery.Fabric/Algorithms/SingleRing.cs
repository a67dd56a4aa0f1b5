namespace Orrery.Fabric;

/// <summary>One ring, one way: one link of a torus or mesh, one port of a switch in each member.</summary>
public sealed class SingleRing : Ring
{
    public override string Name => "single-ring";

    protected override TransferPattern Pattern => TransferPattern.OneRing;
}
