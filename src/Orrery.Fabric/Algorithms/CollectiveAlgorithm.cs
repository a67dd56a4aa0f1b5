using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// One way to carry out a collective. A new one is a class in this folder and a line in <see cref="AlgorithmRegistry"/>. Sizes follow
/// <see cref="Collective.Size"/>; groups of one are never asked about.
/// </summary>
public abstract class CollectiveAlgorithm
{
    /// <summary>The word of flags and data files.</summary>
    public abstract string Name { get; }

    /// <summary>True where the times hold the start-up of the library, as those fitted on benchmarks do.</summary>
    public virtual bool IncludesLaunch => false;

    public abstract bool Supports(CollectiveKind kind, in GroupPorts ports);

    /// <summary>Time of <paramref name="kind"/> on <paramref name="size"/> bytes, without the start-up of the library unless <see cref="IncludesLaunch"/>.</summary>
    public abstract PhaseTime Time(CollectiveKind kind, Bytes size, in GroupPorts ports);

    /// <summary>(n - 1) / n.</summary>
    protected static double Others(int ranks) => (ranks - 1.0) / ranks;
}
