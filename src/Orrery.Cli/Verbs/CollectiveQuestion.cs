using Orrery.Catalog;
using Orrery.Fabric;
using Orrery.Operators;

namespace Orrery.Cli.Verbs;

/// <summary>A collective over all ranks of a job.</summary>
/// <param name="Word">The operation as it was asked for.</param>
public sealed record CollectiveQuestion(string Word, CollectiveKind Kind, SystemDescription System, int Chips, int Ranks)
{
    /// <summary>The system as it was asked for, a path perhaps, for the next command.</summary>
    public string SystemName { get; init; } = System.Id;

    /// <summary>The group that is asked about, for formulas.</summary>
    public required RankGroup Group { get; init; }

    /// <summary>The same for flows, which see a last domain that is filled in part.</summary>
    public required RankGroup FlowGroup { get; init; }

    /// <summary>Ranks of the group; of a message between two halves of a job, those of the job.</summary>
    public int Members => Kind == CollectiveKind.PointToPoint ? Ranks : Group.Size;
}
