using System.Collections.Immutable;

namespace Orrery.Validation.Inference;

/// <summary>Which constants a measured run fits on every second of its requests: <c>runs</c> of <c>data/calibration/serving-recipes.yaml</c>.</summary>
/// <param name="Free">Constants of the vocabulary; the others stay as the engine has them.</param>
/// <param name="LeastWorkspace">Least memory, in bytes, that the engine may keep from its cache: how much the cache holds is not printed.</param>
/// <param name="MostWorkspace">Most of it.</param>
/// <param name="Seed">Of the search.</param>
public sealed record RunRecipe(ImmutableArray<string> Free, double LeastWorkspace, double MostWorkspace, ulong Seed);
