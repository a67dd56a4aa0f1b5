using Orrery.Operators;

namespace Orrery.Validation.Collectives;

/// <summary>What a person says of a benchmark's output where it does not say so itself.</summary>
/// <param name="Kind">The operation; null leaves it to the text, then to the name of the file.</param>
/// <param name="Ranks">Members; 0 leaves them to the text.</param>
/// <param name="Servers">Servers they lie on; 0 leaves them to the text.</param>
public readonly record struct BenchmarkHints(CollectiveKind? Kind = null, int Ranks = 0, int Servers = 0);
