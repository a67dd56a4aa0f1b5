namespace Orrery.Serving;

/// <summary>Where the time of one iteration, or of a run, goes; seconds, and bytes moved. A sum that the loop adds to.</summary>
public struct TimeShares
{
    /// <summary>Linear products and passes over activations for tokens that are generated, and the output projection.</summary>
    public double DecodeProducts;

    /// <summary>Attention over the caches of sequences that generate.</summary>
    public double DecodeAttention;

    /// <summary>Linear products and passes for prompts.</summary>
    public double PrefillProducts;

    /// <summary>Attention of prompts.</summary>
    public double PrefillAttention;

    /// <summary>Vision tower and what turns its patches into tokens, its collectives and launches among it.</summary>
    public double Images;

    /// <summary>Communication between the ranks of a replica.</summary>
    public double Collectives;

    /// <summary>Launches and small kernels between products.</summary>
    public double Kernels;

    /// <summary>Host work that the device waits for.</summary>
    public double Host;

    /// <summary>Work of what proposes tokens: a draft model or prediction modules.</summary>
    public double Draft;

    /// <summary>Waiting for blocks to be moved to the host's memory.</summary>
    public double HostLink;

    /// <summary>Switches between compiled graphs.</summary>
    public double GraphSwitches;

    /// <summary>Matrix units busy.</summary>
    public double MatrixBusy;

    /// <summary>Bytes moved to and from the memory of one rank.</summary>
    public double MemoryBytes;

    /// <summary>Everything that takes time.</summary>
    public readonly double Total =>
        DecodeProducts + DecodeAttention + PrefillProducts + PrefillAttention + Images + Collectives + Kernels + Host + Draft + HostLink + GraphSwitches;

    /// <summary>Adds <paramref name="other"/>, <paramref name="times"/> times.</summary>
    public void Add(in TimeShares other, double times)
    {
        DecodeProducts += other.DecodeProducts * times;
        DecodeAttention += other.DecodeAttention * times;
        PrefillProducts += other.PrefillProducts * times;
        PrefillAttention += other.PrefillAttention * times;
        Images += other.Images * times;
        Collectives += other.Collectives * times;
        Kernels += other.Kernels * times;
        Host += other.Host * times;
        Draft += other.Draft * times;
        HostLink += other.HostLink * times;
        GraphSwitches += other.GraphSwitches * times;
        MatrixBusy += other.MatrixBusy * times;
        MemoryBytes += other.MemoryBytes * times;
    }
}
