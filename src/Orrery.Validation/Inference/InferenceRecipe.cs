using System.Collections.Immutable;

namespace Orrery.Validation.Inference;

/// <summary>
/// Which rows one set of constants of a serving stack is fitted on: a declared, seeded share of those of a class on a family of chips.
/// </summary>
/// <param name="Family">Family of chips, or a chip; empty is any.</param>
/// <param name="Free">Optional constants that are fitted.</param>
/// <param name="Share">Share of the clean rows.</param>
/// <param name="Least">Rows taken where the share is fewer, up to half of all.</param>
/// <param name="Fixed">Constants that stay as they are: rows of this class cannot tell them.</param>
/// <param name="LeavesOut">Each network is also predicted by constants fitted on the others of the class alone.</param>
/// <param name="CarriedTo">Chip that the constants, of <paramref name="Family"/>'s rows alone, are scored on beside its own; empty for a fit that predicts.</param>
public sealed record InferenceRecipe(
    string Stack, string Class, string Family, double Share, int Least, ulong Seed, ImmutableArray<string> Fixed, ImmutableArray<string> Free, bool LeavesOut = false, string CarriedTo = "");
