namespace Orrery.Training;

/// <summary>
/// Times of one micro-batch through each model chunk, in seconds, the hop before a pass included: what a schedule's closed form needs.
/// Chunk c sits on stage c mod <see cref="Stages"/>.
/// </summary>
public readonly ref struct PassTimes(ReadOnlySpan<double> forward, ReadOnlySpan<double> backward, int stages)
{
    /// <summary>By chunk.</summary>
    public ReadOnlySpan<double> Forward { get; } = forward;

    /// <summary>By chunk.</summary>
    public ReadOnlySpan<double> Backward { get; } = backward;

    public int Stages { get; } = stages;

    /// <summary>Chunks a stage holds.</summary>
    public int VirtualStages => Forward.Length / Stages;

    /// <summary>Busy time of one micro-batch on stage <paramref name="stage"/>.</summary>
    public double Stage(int stage)
    {
        double time = 0;
        for (int chunk = stage; chunk < Forward.Length; chunk += Stages)
            time += Forward[chunk] + Backward[chunk];
        return time;
    }
}
