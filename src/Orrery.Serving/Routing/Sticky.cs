namespace Orrery.Serving;

/// <summary>
/// Turns of a conversation go to the same replica. Where the trace tells no conversations, requests whose prompts begin with the same two blocks do: the
/// second tells them apart where the first is an instruction that all share. Without either each replica in turn.
/// </summary>
public sealed class Sticky : Router
{
    public override string Name => "sticky";

    public override string Meaning => "turns of a conversation, or requests that begin alike, to the same replica";

    public override bool LooksAtReplicas => false;

    public override int Choose(int request, long arrival, ReadOnlySpan<Replica> replicas)
    {
        ReadOnlySpan<int> blocks = replicas[0].PrefixBlocksOf(request);
        ConversationLinks? conversations = replicas[0].Trace.Conversations;
        if (blocks.IsEmpty && conversations is null)
            return (int)(arrival % replicas.Length);
        ulong key = (uint)(conversations is not null ? conversations.First(request) : blocks[Math.Min(1, blocks.Length - 1)]);
        // Neighbouring numbers are neighbours in the trace; a multiplication spreads them.
        return (int)((key * 0x9e3779b97f4a7c15UL >> 33) % (ulong)replicas.Length);
    }
}
