using System.Collections.Immutable;
using Orrery.Catalog;

namespace Orrery.Interchange.Launch;

/// <summary>What engine arguments say of a setup.</summary>
/// <param name="Framework">Whose arguments they were taken for.</param>
/// <param name="Setup">Entries that the arguments decide; the others are the stack's own.</param>
/// <param name="Stated">Keys of the entries that are decided (<see cref="EngineEntries"/>).</param>
/// <param name="Ranks">Ranks that the command starts, or those of the job where it is known.</param>
/// <param name="Diagnostics">Errors make the reading useless.</param>
public sealed record EngineReading(
    EngineFramework Framework, EngineSetup Setup, ImmutableSortedSet<string> Stated, int Ranks, ImmutableArray<Diagnostic> Diagnostics)
{
    /// <summary>True where the arguments decide the entry.</summary>
    public bool States(string entry) => Stated.Contains(entry);
}
