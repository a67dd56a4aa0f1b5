using Orrery.Catalog;
using Orrery.Operators;

namespace Orrery.Cli.Verbs;

/// <summary>A collective over all ranks of a job.</summary>
/// <param name="Word">The operation as it was asked for.</param>
public sealed record CollectiveQuestion(string Word, CollectiveKind Kind, SystemDescription System, int Chips, int Ranks);
