namespace Orrery.Serving;

/// <summary>Each replica in turn.</summary>
public sealed class RoundRobin : Router
{
    public override string Name => "round-robin";

    public override string Meaning => "each replica in turn";

    public override bool LooksAtReplicas => false;

    public override int Choose(int request, long arrival, ReadOnlySpan<Replica> replicas) => (int)(arrival % replicas.Length);
}
