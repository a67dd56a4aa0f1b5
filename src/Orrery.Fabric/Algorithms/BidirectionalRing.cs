namespace Orrery.Fabric;

/// <summary>One ring walked both ways, each with half the data: half the steps of a <see cref="SingleRing"/>, both directions of its links.</summary>
public sealed class BidirectionalRing : Ring
{
    public override string Name => "bidirectional-ring";

    protected override TransferPattern Pattern => TransferPattern.BothWays;
}
