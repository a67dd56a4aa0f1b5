using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Training;

namespace Orrery.Interchange.Launch;

/// <summary>What launch arguments say of a plan.</summary>
/// <param name="Framework">Whose arguments they were taken for.</param>
/// <param name="Plan">Entries that the arguments or the framework's defaults decide; the others hold nothing of meaning.</param>
/// <param name="Stated">Keys of the entries that are decided (<see cref="PlanEntries"/>).</param>
/// <param name="Ranks">Ranks the arguments launch; 0 where they do not say.</param>
/// <param name="Diagnostics">Errors make the reading useless.</param>
public sealed record LaunchReading(
    LaunchFramework Framework, Plan Plan, ImmutableSortedSet<string> Stated, int Ranks, ImmutableArray<Diagnostic> Diagnostics)
{
    /// <summary>True where the arguments decide the entry.</summary>
    public bool States(string entry) => Stated.Contains(entry);
}
