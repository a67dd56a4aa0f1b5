using System.Collections.Immutable;
using Orrery.Units;

namespace Orrery.Chips.Gpu;

/// <summary>How a layer of experts whose weights are published in a format is worked on.</summary>
/// <param name="Families">Chip families; empty is any.</param>
/// <param name="Format">Of the weights.</param>
/// <param name="RunsAs">Of the kernels: what they read of activations and multiply in.</param>
public sealed record ExpertFormatRule(ImmutableArray<string> Families, NumberFormat Format, NumberFormat RunsAs);
