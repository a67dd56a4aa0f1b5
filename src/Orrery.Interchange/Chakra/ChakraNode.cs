namespace Orrery.Interchange;

/// <summary>
/// One node of a trace. A record of its numbers only: names, parents and groups lie in arrays of the trace, so that a million nodes are one
/// array and no objects.
/// </summary>
public struct ChakraNode
{
    /// <summary>As the file says; unique in the file, not dense.</summary>
    public ulong Id;

    /// <summary>Recorded start in microseconds; 0 where none is.</summary>
    public ulong StartMicros;

    /// <summary>Recorded or stated duration in picoseconds; 0 where none is.</summary>
    public long DurationPicos;

    /// <summary>Floating-point operations.</summary>
    public double Operations;

    /// <summary>Bytes touched, or moved by a node that loads or stores.</summary>
    public double TensorBytes;

    /// <summary>Bytes a rank hands in to a collective, or sends; -1 where the node does not say.</summary>
    public double CommunicationBytes;

    /// <summary>Share of the time of a collective that its rank spends on it, the rest being hidden; 1 where the node does not say.</summary>
    public double Exposed;

    /// <summary>Equal collectives, one after the other, that the node stands for.</summary>
    public double Repeats;

    /// <summary>Sending rank; -1 where the node does not say.</summary>
    public int Source;

    /// <summary>Receiving rank; -1 where the node does not say.</summary>
    public int Destination;

    public long Tag;

    /// <summary>Thread of the host or stream of the accelerator that ran it; 0 where none is recorded.</summary>
    public int Thread;

    /// <summary>Place of its process group in <see cref="ChakraTrace.GroupNames"/>; -1 for all ranks.</summary>
    public int Group;

    /// <summary>Dimensions of the network that take part, bit by bit.</summary>
    public uint Dimensions;

    public ChakraNodeType Type;

    public ChakraCollective Collective;

    /// <summary>True for work of the host.</summary>
    public bool IsHost;

    /// <summary>True for a message that is on its way only once who receives it waits for it.</summary>
    public bool IsRendezvous;

    /// <summary>True where <see cref="Dimensions"/> was given.</summary>
    public bool HasDimensions;
}
