namespace Orrery.Serving;

/// <summary>What a run of two pools adds up about the way between them; times in ticks.</summary>
public sealed class PoolTimes
{
    /// <summary>Requests that were handed over.</summary>
    public int Transfers { get; internal set; }

    /// <summary>From the end of a prompt until the engine of answers had room for it, all requests.</summary>
    public Int128 WaitingForRoom { get; internal set; }

    /// <summary>From then until keys and values were there.</summary>
    public Int128 Moving { get; internal set; }

    /// <summary>The longest of those.</summary>
    public long LongestMove { get; internal set; }

    /// <summary>From then to the last token, over the tokens made in that time, all requests.</summary>
    public double PerToken { get; internal set; }
}
