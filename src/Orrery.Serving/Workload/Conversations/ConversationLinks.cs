using System.Collections;

namespace Orrery.Serving;

/// <summary>
/// Which requests of a trace are turns of one conversation, in which order. A turn arrives at its own time, or where that is later some time after the
/// answer to the turn before: nobody asks on before they have been answered.
/// </summary>
public sealed class ConversationLinks
{
    private readonly int[] next;
    private readonly long[] pauses;
    private readonly BitArray isFollowUp;
    private readonly int[] first;

    /// <summary>Links of turns.</summary>
    /// <param name="next">The turn after each request; -1 where there is none.</param>
    /// <param name="pauses">Ticks from the answer to the turn before until each request; empty where there are none.</param>
    public ConversationLinks(int[] next, long[] pauses)
    {
        ArgumentNullException.ThrowIfNull(next);
        ArgumentNullException.ThrowIfNull(pauses);
        this.next = next;
        this.pauses = pauses;
        isFollowUp = new BitArray(next.Length);
        foreach (int request in next)
        {
            if (request < 0)
                continue;
            isFollowUp[request] = true;
            FollowUps++;
        }

        // Turns come in their order, so the first is known when the others are seen.
        first = new int[next.Length];
        for (int request = 0; request < next.Length; request++)
        {
            first[request] = isFollowUp[request] ? first[request] : request;
            if (next[request] >= 0)
                first[next[request]] = first[request];
        }
    }

    /// <summary>Requests that follow an answer.</summary>
    public int FollowUps { get; }

    /// <summary>Requests that begin a conversation, those of a single turn among them.</summary>
    public int Count => next.Length - FollowUps;

    /// <summary>True where the request waits for the answer to another.</summary>
    public bool IsFollowUp(int request) => isFollowUp[request];

    /// <summary>The turn after a request; -1 where there is none.</summary>
    public int Next(int request) => next[request];

    /// <summary>The first turn of the request's conversation.</summary>
    public int First(int request) => first[request];

    /// <summary>Ticks from the answer before until the request.</summary>
    public long Pause(int request) => pauses.Length == 0 ? 0 : pauses[request];

    /// <summary>Links of requests by the number of their conversation, 0 being none.</summary>
    public static ConversationLinks Of(ReadOnlySpan<ulong> conversations)
    {
        int[] links = new int[conversations.Length];
        Array.Fill(links, -1);
        Dictionary<ulong, int> last = [];
        for (int request = 0; request < links.Length; request++)
        {
            if (conversations[request] == 0)
                continue;
            if (last.TryGetValue(conversations[request], out int before))
                links[before] = request;
            last[conversations[request]] = request;
        }

        return new ConversationLinks(links, []);
    }

    /// <summary>The links of the requests that are kept, in their order; a turn left out is passed over.</summary>
    public ConversationLinks Where(IReadOnlyList<int> kept)
    {
        ArgumentNullException.ThrowIfNull(kept);
        int[] places = new int[next.Length];
        Array.Fill(places, -1);
        for (int place = 0; place < kept.Count; place++)
            places[kept[place]] = place;
        int[] linked = new int[kept.Count];
        long[] waits = pauses.Length == 0 ? [] : new long[kept.Count];
        for (int place = 0; place < kept.Count; place++)
        {
            int turn = next[kept[place]];
            while (turn >= 0 && places[turn] < 0)
                turn = next[turn];
            linked[place] = turn < 0 ? -1 : places[turn];
            if (waits.Length > 0)
                waits[place] = pauses[kept[place]];
        }

        return new ConversationLinks(linked, waits);
    }
}
