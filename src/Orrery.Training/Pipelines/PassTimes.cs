namespace Orrery.Training;

/// <summary>
/// Times of one micro-batch through each model chunk, in seconds, the hop before a pass included: what a schedule's closed form needs. Indices are
/// chunks of the network, in its order.
/// </summary>
/// <param name="backward">Both gradients.</param>
/// <param name="weight">Of <paramref name="backward"/>, the gradient of the weights.</param>
/// <param name="forwardExchange">Of <paramref name="forward"/>, communication that the computation of another micro-batch can hide.</param>
/// <param name="backwardExchange">The same of <paramref name="backward"/>.</param>
/// <param name="slowdown">What hidden communication slows computation by, as a share of its own time.</param>
public readonly ref struct PassTimes(
    ReadOnlySpan<double> forward, ReadOnlySpan<double> backward, ReadOnlySpan<double> weight, ReadOnlySpan<double> forwardExchange,
    ReadOnlySpan<double> backwardExchange, int stages, double slowdown)
{
    public ReadOnlySpan<double> Forward { get; } = forward;

    /// <summary>Both gradients.</summary>
    public ReadOnlySpan<double> Backward { get; } = backward;

    /// <summary>The part of <see cref="Backward"/> that is the gradient of the weights.</summary>
    public ReadOnlySpan<double> Weight { get; } = weight;

    public ReadOnlySpan<double> ForwardExchange { get; } = forwardExchange;

    public ReadOnlySpan<double> BackwardExchange { get; } = backwardExchange;

    public int Stages { get; } = stages;

    /// <summary>Chunks a stage holds.</summary>
    public int VirtualStages => Forward.Length / Stages;

    private readonly double slowdown = slowdown;

    /// <summary>Busy time of one micro-batch on the stage that holds every <see cref="Stages"/>th chunk from <paramref name="stage"/> on.</summary>
    public double Stage(int stage)
    {
        double time = 0;
        for (int chunk = stage; chunk < Forward.Length; chunk += Stages)
            time += Forward[chunk] + Backward[chunk];
        return time;
    }

    /// <summary>What a forward pass and a backward pass save by running beside each other: the shorter of their communication and their computation, less the slowdown.</summary>
    public double Saving(int forwardChunk, int backwardChunk)
    {
        double exchange = ForwardExchange[forwardChunk] + BackwardExchange[backwardChunk];
        double compute = Forward[forwardChunk] + Backward[backwardChunk] - exchange;
        return Math.Max(0, 1 - slowdown) * Math.Min(exchange, Math.Max(0, compute));
    }

    /// <summary>Time of one slot of an order.</summary>
    public double Of(in ScheduleSlot slot) => slot.Kind switch
    {
        PassKind.Forward when slot.IsPair => Forward[slot.Chunk] + Backward[slot.BesideChunk] - Saving(slot.Chunk, slot.BesideChunk),
        PassKind.Forward => Forward[slot.Chunk],
        PassKind.Backward => Backward[slot.Chunk],
        PassKind.InputGradient => Backward[slot.Chunk] - Weight[slot.Chunk],
        _ => Weight[slot.Chunk],
    };
}
