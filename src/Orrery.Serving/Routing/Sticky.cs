namespace Orrery.Serving;

/// <summary>
/// Requests whose prompts begin with the same two blocks go to the same replica: the second tells conversations apart where the first is an
/// instruction that all share. Without prefixes each replica in turn.
/// </summary>
public sealed class Sticky : Router
{
    public override string Name => "sticky";

    public override string Meaning => "requests that begin alike to the same replica";

    public override bool LooksAtReplicas => false;

    public override int Choose(int request, long arrival, ReadOnlySpan<Replica> replicas)
    {
        ReadOnlySpan<int> blocks = replicas[0].PrefixBlocksOf(request);
        if (blocks.IsEmpty)
            return (int)(arrival % replicas.Length);
        ulong key = (uint)blocks[Math.Min(1, blocks.Length - 1)];
        // Neighbouring numbers are neighbours in the trace; a multiplication spreads them.
        return (int)((key * 0x9e3779b97f4a7c15UL >> 33) % (ulong)replicas.Length);
    }
}
