using Orrery.Models;

namespace Orrery.Validation.Reading;

/// <summary>What a source counts as FLOP.</summary>
/// <param name="Attention">Half of the square of scores in causal models, or all of it.</param>
/// <param name="LeavesOutFrozen">In adapter training, weight gradients of frozen products are not counted.</param>
public sealed record FlopConvention(AttentionCounting Attention, bool LeavesOutFrozen);
