namespace Orrery.Serving;

/// <summary>
/// The replica that keeps most of the prompt's first blocks, unless it is far busier than the least busy one; then, and where none keeps any, the least
/// loaded.
/// </summary>
public sealed class PrefixAware : Router
{
    /// <summary>Requests a replica may have above the least loaded one and still be chosen for what it keeps.</summary>
    private const int MostAhead = 8;

    public override string Name => "prefix-aware";

    public override string Meaning => "the replica that keeps most of the prompt, unless it is far busier than another";

    public override bool LooksAtReplicas => true;

    public override int Choose(int request, long arrival, ReadOnlySpan<Replica> replicas)
    {
        int least = 0;
        for (int replica = 1; replica < replicas.Length; replica++)
        {
            if (replicas[replica].Inside < replicas[least].Inside)
                least = replica;
        }

        int best = least;
        int most = replicas[least].PrefixTokensOf(request);
        for (int replica = 0; replica < replicas.Length; replica++)
        {
            int kept = replicas[replica].PrefixTokensOf(request);
            if (kept > most && replicas[replica].Inside <= replicas[least].Inside + MostAhead)
                (best, most) = (replica, kept);
        }

        return best;
    }
}
