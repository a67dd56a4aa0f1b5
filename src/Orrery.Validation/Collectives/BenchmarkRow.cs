using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Validation.Collectives;

/// <summary>One measurement that a benchmark of collectives printed.</summary>
/// <param name="Bytes">By the rule of the NCCL tests.</param>
/// <param name="Ranks">Members of the group.</param>
/// <param name="Servers">Servers they lie on; 0 where the output does not say.</param>
/// <param name="Time">Measured.</param>
/// <param name="File">Where it was printed.</param>
/// <param name="Line">Counts from 1.</param>
public sealed record BenchmarkRow(CollectiveKind Kind, double Bytes, NumberFormat Format, int Ranks, int Servers, Seconds Time, string File, int Line);
