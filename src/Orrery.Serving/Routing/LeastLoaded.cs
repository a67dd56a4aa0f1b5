namespace Orrery.Serving;

/// <summary>The replica with the fewest requests inside, the first of equals.</summary>
public sealed class LeastLoaded : Router
{
    public override string Name => "least-loaded";

    public override string Meaning => "the replica with the fewest requests inside";

    public override bool LooksAtReplicas => true;

    public override int Choose(int request, long arrival, ReadOnlySpan<Replica> replicas)
    {
        int best = 0;
        for (int replica = 1; replica < replicas.Length; replica++)
        {
            if (replicas[replica].Inside < replicas[best].Inside)
                best = replica;
        }

        return best;
    }
}
