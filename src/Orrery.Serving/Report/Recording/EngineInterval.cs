namespace Orrery.Serving;

/// <summary>Sums over one interval of an engine's time.</summary>
public struct EngineInterval
{
    /// <summary>Ticks in which an iteration ran.</summary>
    public long Busy;

    /// <summary>Sequences in an iteration x ticks.</summary>
    public double Running;

    /// <summary>Bytes of the cache in use x busy ticks.</summary>
    public double CacheBytes;

    /// <summary>Tokens generated.</summary>
    public double OutputTokens;

    /// <summary>Prompt tokens worked on.</summary>
    public double PromptTokens;

    /// <summary>Seconds in which matrix units were busy.</summary>
    public double Matrix;

    /// <summary>Bytes moved to and from the memory of one rank.</summary>
    public double Memory;

    /// <summary>Seconds of communication.</summary>
    public double Collectives;
}
