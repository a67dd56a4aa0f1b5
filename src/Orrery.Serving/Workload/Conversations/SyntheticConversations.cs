using Orrery.Engine;

namespace Orrery.Serving;

/// <summary>
/// Makes conversations up. The prompt of a turn is what all prompts begin with, every prompt and answer before it, and new tokens; its blocks are those of that
/// text, so what an engine still keeps of a conversation need not be worked on again. Turns, pauses, arrivals and lengths have random streams of their own.
/// </summary>
public static class SyntheticConversations
{
    /// <summary>Conversations until there are <paramref name="requests"/> turns, the last one cut off where they are.</summary>
    /// <param name="process">How conversations begin; null where they all wait for people (<see cref="ServingWorkload.Clients"/>).</param>
    /// <param name="conversationsPerSecond">Conversations that begin in a second.</param>
    /// <param name="input">New tokens of a turn.</param>
    /// <param name="context">Tokens of a prompt and its answer together beyond which a conversation ends early.</param>
    /// <param name="blockTokens">Tokens of a block.</param>
    /// <param name="ended">Conversations that ended early.</param>
    public static RequestTrace Create(
        ConversationShape shape, ArrivalProcess? process, double conversationsPerSecond, int requests, LengthRange input, LengthRange output, int context, int blockTokens, ulong seed, out int ended)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)shape.SharedTokens + input.Most + output.Most, context);
        RandomStream arrivals = RandomStream.Create(seed, "arrivals");
        RandomStream turnCounts = RandomStream.Create(seed, "turns");
        RandomStream thinking = RandomStream.Create(seed, "think");
        RandomStream prompts = RandomStream.Create(seed, "input");
        RandomStream answers = RandomStream.Create(seed, "output");
        long[] times = new long[requests];
        int[] inputs = new int[requests];
        int[] outputs = new int[requests];
        int[] next = new int[requests];
        long[] pauses = new long[requests];
        int[] starts = new int[requests];
        int[] counts = new int[requests];
        ChunkedList<int> blocks = new();
        Array.Fill(next, -1);
        ended = 0;
        int made = 0;
        double now = 0;
        int fresh = shape.SharedTokens / blockTokens;
        while (made < requests)
        {
            if (process is not null && made > 0)
                now += process.NextGap(ref arrivals, now, conversationsPerSecond);
            int turns = shape.Turns.Next(ref turnCounts);
            long tokens = shape.SharedTokens;
            for (int turn = 0; turn < turns && made < requests; turn++)
            {
                int added = input.Next(ref prompts);
                int answer = output.Next(ref answers);
                if (tokens + added + answer > context)
                {
                    ended++;
                    break;
                }

                times[made] = (long)(now / conversationsPerSecond * RequestTrace.TicksPerSecond);
                inputs[made] = (int)tokens + added;
                outputs[made] = answer;
                tokens += added + answer;
                starts[made] = blocks.Count;
                counts[made] = (int)(tokens / blockTokens);
                if (turn > 0)
                {
                    next[made - 1] = made;
                    pauses[made] = (long)(shape.Think.Next(ref thinking) * RequestTrace.TicksPerSecond);
                }

                made++;
            }

            // The list of the last turn begins with those of the turns before it: one list serves them all.
            for (int block = 0; block < counts[made - 1]; block++)
                blocks.Add(block < shape.SharedTokens / blockTokens ? block : fresh++);
        }

        ConversationLinks links = new(next, pauses);
        return new RequestTrace(times, inputs, outputs, starts, blocks.ToArray(empties: true, blocks.Count), blockTokens)
        {
            BlockCounts = counts,
            BlocksCoverAnswers = true,
            Conversations = links.FollowUps > 0 ? links : null,
        };
    }
}
