using System.Collections.Immutable;
using Orrery.Catalog;

namespace Orrery.Training;

/// <summary>A report, or the reasons there is none. Infeasible (does not fit, no legal layout) is a report or diagnostics with <see cref="IsInfeasible"/>.</summary>
public sealed record TrainingOutcome(TrainingReport? Report, ImmutableArray<Diagnostic> Diagnostics, bool IsInfeasible);
