using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// One way to carry out a collective, as a list of steps: the formula and the flow level both read it. A new one is a class in a file of its name in the
/// folder <c>Algorithms</c>, and nothing else. Sizes follow <see cref="Collective.Size"/>; groups of one are never asked about.
/// </summary>
public abstract class CollectiveAlgorithm
{
    /// <summary>The word of flags and data files.</summary>
    public abstract string Name { get; }

    /// <summary>True where the times hold the start-up of the library, as those fitted on benchmarks do.</summary>
    public virtual bool IncludesLaunch => false;

    public abstract bool Supports(CollectiveKind kind, in GroupPorts ports);

    /// <summary>Lists the steps of <paramref name="kind"/> on <paramref name="size"/> bytes.</summary>
    public abstract void List(CollectiveKind kind, Bytes size, in GroupPorts ports, ref StepList steps);

    /// <summary>
    /// Time of <paramref name="kind"/> on <paramref name="size"/> bytes by formula, without the start-up of the library unless <see cref="IncludesLaunch"/>: for each step the latency
    /// of its pattern, and its bytes over the rate at which the ports carry that pattern.
    /// </summary>
    public PhaseTime Time(CollectiveKind kind, Bytes size, in GroupPorts ports)
    {
        StepList steps = default;
        List(kind, size, ports, ref steps);
        double latency = 0, transfer = 0;
        for (int index = 0; index < steps.Count; index++)
        {
            CollectiveStep step = steps[index];
            if (step.Walks > 0)
                latency += step.Walks * ports.LatencyOf(step.Pattern);
            latency += step.Fixed.Value;
            transfer += step.Fill.Value;
            if (step.Bytes > 0)
                transfer += step.Bytes / (step.Share > 0 ? step.Share * ports.Rated.Value : ports.RateOf(step));
        }

        return new PhaseTime(new Seconds(latency), new Seconds(transfer));
    }

    /// <summary>(n - 1) / n.</summary>
    protected static double Others(int ranks) => (ranks - 1.0) / ranks;

    /// <summary>2 for an all-reduce, which scatters and gathers; 1 for the rest.</summary>
    protected static int Trips(CollectiveKind kind) => kind is CollectiveKind.AllReduce or CollectiveKind.Barrier ? 2 : 1;
}
