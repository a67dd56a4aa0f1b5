namespace Orrery.Chips.Gpu;

/// <summary>Shape of fused attention on one rank, keys counting the new tokens.</summary>
/// <param name="Window">Sliding window in tokens; 0 is none.</param>
public readonly record struct AttentionShape(
    int Batch, int Queries, int Keys, int Heads, int KvHeads, int HeadDim, int Window, bool IsCausal);
