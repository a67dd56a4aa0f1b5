namespace Orrery.Serving;

/// <summary>What a replica adds up while it runs; times in ticks.</summary>
public sealed class ReplicaStatistics
{
    /// <summary>Time in which an iteration ran.</summary>
    public long BusyTicks { get; internal set; }

    /// <summary>Decode iterations, those with prefill beside them included.</summary>
    public long DecodeIterations { get; internal set; }

    /// <summary>Iterations with prefill.</summary>
    public long PrefillIterations { get; internal set; }

    /// <summary>Tokens generated.</summary>
    public long GeneratedTokens { get; internal set; }

    /// <summary>Sequences x decode iterations where tokens are proposed; 0 elsewhere.</summary>
    public long SequenceIterations { get; internal set; }

    /// <summary>Tokens made in them.</summary>
    public long DecodedTokens { get; internal set; }

    /// <summary>Prompt tokens worked on, those of preempted requests again included.</summary>
    public long PrefilledTokens { get; internal set; }

    /// <summary>Tokens of prompts admitted, those of preempted requests again included.</summary>
    public long PromptTokens { get; internal set; }

    /// <summary>Of those, tokens that were in the cache already.</summary>
    public long PrefixTokens { get; internal set; }

    /// <summary>Tokens that were in the host's memory.</summary>
    public long HostPrefixTokens { get; internal set; }

    /// <summary>Bytes of sequences that went to the host's memory, and of those that came back.</summary>
    public Int128 SwappedOut { get; internal set; }

    /// <inheritdoc cref="SwappedOut"/>
    public Int128 SwappedIn { get; internal set; }

    /// <summary>Bytes that came over the host link: of sequences, what the device still had left out, and of prompts.</summary>
    public Int128 Fetched { get; internal set; }

    /// <summary>Sequences whose cache was taken from them.</summary>
    public long Preemptions { get; internal set; }

    /// <summary>Running sequences x time.</summary>
    public Int128 RunningTicks { get; internal set; }

    /// <summary>Requests inside, waiting or running, x time.</summary>
    public Int128 InsideTicks { get; internal set; }

    /// <summary>Bytes of the cache in use x busy time, as of the end of each span of equal iterations.</summary>
    public double CacheByteTicks { get; internal set; }

    /// <summary>Most bytes of the cache in use.</summary>
    public long CachePeak { get; internal set; }

    /// <summary>Bytes of blocks ever taken, and given back.</summary>
    public Int128 BytesTaken { get; internal set; }

    /// <inheritdoc cref="BytesTaken"/>
    public Int128 BytesReturned { get; internal set; }

    /// <summary>Time in which a request waited for room in the cache.</summary>
    public long WaitingForCache { get; internal set; }

    /// <summary>Time in which a request waited for a place in the batch.</summary>
    public long WaitingForBatch { get; internal set; }

    /// <summary>Where the busy time went.</summary>
    public TimeShares Shares;
}
