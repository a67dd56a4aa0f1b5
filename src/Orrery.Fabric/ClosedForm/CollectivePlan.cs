using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// How a library carries out one collective on one group: phases one after the other, each an algorithm on some levels. The formula and the flow level price the same plan.
/// A buffer that is filled again and again.
/// </summary>
internal sealed class CollectivePlan
{
    private PlannedPhase[] _phases = new PlannedPhase[8];

    /// <summary>Phases planned.</summary>
    public int Count { get; private set; }

    /// <summary>The algorithm of the innermost phase, and of the outermost where it is another.</summary>
    public string Name { get; private set; } = "";

    public ReadOnlySpan<PlannedPhase> Phases => _phases.AsSpan(0, Count);

    /// <summary>True where some phase holds the start-up of the library.</summary>
    public bool IncludesLaunch { get; private set; }

    public void Clear()
    {
        Count = 0;
        Name = "";
        IncludesLaunch = false;
    }

    public void Add(in PlannedPhase phase)
    {
        if (Count == _phases.Length)
            Array.Resize(ref _phases, Count * 2);
        _phases[Count++] = phase;
        IncludesLaunch |= phase.Algorithm.IncludesLaunch;
    }

    /// <summary>Names the plan after its innermost and outermost algorithms.</summary>
    public void Call(string inner, string outer) => Name = inner == outer ? inner : $"hierarchical {inner}/{outer}";
}

/// <summary>One algorithm on some levels of a group.</summary>
/// <param name="Kind">What the phase does: of an all-reduce over several levels the inner phases scatter and gather.</param>
/// <param name="Size">By the rule of <see cref="Collective.Size"/>, for the members that take part.</param>
/// <param name="From">Innermost level.</param>
/// <param name="To">Outermost level.</param>
/// <param name="Inside">Members of the group below <paramref name="From"/>, which do the same in parallel, each on a part of its own.</param>
/// <param name="Time">By formula.</param>
internal readonly record struct PlannedPhase(
    CollectiveKind Kind, Bytes Size, int From, int To, double Inside, CollectiveAlgorithm Algorithm, GroupPorts Ports, PhaseTime Time);
