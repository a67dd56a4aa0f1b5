namespace Orrery.Serving;

/// <summary>
/// The ports between two pools. Every replica sends and receives through the ports of its ranks, which share a request's keys and values evenly and so
/// work in step: one queue for each end, first come, first served.
/// </summary>
/// <remarks>
/// A transfer of B bytes takes B over the rate of the sender's ports and B over that of the receiver's, both at once, each behind what the port has yet
/// to do; it is over when both are, one latency later. No network of switches can be faster, and one that blocks nothing and lets other transfers
/// overtake at a busy end is as fast.
/// </remarks>
public sealed class KvLink
{
    private readonly long[] sendersFree;
    private readonly long[] receiversFree;
    private readonly long[] sent;
    private readonly long[] received;
    private readonly double sendTicksPerByte;
    private readonly double receiveTicksPerByte;
    private readonly long latency;

    /// <summary>Idle ports.</summary>
    /// <param name="senders">Ends that send.</param>
    /// <param name="sendRate">Bytes a second of one of them.</param>
    /// <param name="receivers">Ends that receive.</param>
    /// <param name="receiveRate">Bytes a second of one of them.</param>
    /// <param name="latency">Seconds of the first byte.</param>
    public KvLink(int senders, double sendRate, int receivers, double receiveRate, double latency)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sendRate);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(receiveRate);
        sendersFree = new long[senders];
        sent = new long[senders];
        receiversFree = new long[receivers];
        received = new long[receivers];
        sendTicksPerByte = RequestTrace.TicksPerSecond / sendRate;
        receiveTicksPerByte = RequestTrace.TicksPerSecond / receiveRate;
        this.latency = (long)Math.Round(latency * RequestTrace.TicksPerSecond);
    }

    /// <summary>Bytes that left each sender.</summary>
    public ReadOnlySpan<long> Sent => sent;

    /// <summary>Bytes that came to each receiver.</summary>
    public ReadOnlySpan<long> Received => received;

    /// <summary>Time in which ports of senders were busy, all together, in ticks.</summary>
    public long SendingTicks { get; private set; }

    /// <summary>The same of receivers.</summary>
    public long ReceivingTicks { get; private set; }

    /// <summary>Moves bytes; returns the instant at which all of them are there.</summary>
    /// <param name="begin">When the first may go.</param>
    /// <param name="made">When the last of them is made.</param>
    /// <param name="last">Bytes that can go only then.</param>
    public long Send(int sender, int receiver, long bytes, long begin, long made, long last)
    {
        long sending = Ticks(bytes, sendTicksPerByte);
        long receiving = Ticks(bytes, receiveTicksPerByte);
        long sentAt = Math.Max(sendersFree[sender], begin) + sending;
        long receivedAt = Math.Max(receiversFree[receiver], begin) + receiving;
        sendersFree[sender] = sentAt;
        receiversFree[receiver] = receivedAt;
        sent[sender] += bytes;
        received[receiver] += bytes;
        SendingTicks += sending;
        ReceivingTicks += receiving;
        long earliest = made + Math.Max(Ticks(last, sendTicksPerByte), Ticks(last, receiveTicksPerByte));
        return Math.Max(Math.Max(sentAt, receivedAt), earliest) + latency;
    }

    private static long Ticks(long bytes, double ticksPerByte) => (long)Math.Ceiling(bytes * ticksPerByte);
}
