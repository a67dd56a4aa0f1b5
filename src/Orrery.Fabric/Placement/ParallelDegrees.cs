namespace Orrery.Fabric;

/// <summary>
/// How many ways a job is split. <c>Tensor x Context x Data x Pipeline</c> is the number of ranks. Experts lie on the same ranks in a grid of
/// their own: <c>ExpertTensor x Expert x (expert data) x Pipeline</c>, so <c>Tensor x Context x Data</c> must be divisible by
/// <c>ExpertTensor x Expert</c>.
/// </summary>
/// <param name="ShardRanks">Neighbouring ranks of a data group that share one copy of the weights; 0 is all of them.</param>
/// <param name="ContextInner">Neighbouring ranks of a context group that form a group of their own.</param>
public readonly record struct ParallelDegrees(
    int Tensor, int Context, int Data, int Pipeline, int Expert = 1, int ExpertTensor = 1, int ShardRanks = 0, int ContextInner = 1)
{
    public long Ranks => (long)Tensor * Context * Data * Pipeline;

    /// <summary>True where every degree is positive and the expert grid fills the dense one.</summary>
    public bool IsLegal => Tensor > 0 && Context > 0 && Data > 0 && Pipeline > 0 && Expert > 0 && ExpertTensor > 0 && ShardRanks >= 0 && ContextInner > 0 && Context % ContextInner == 0
        && (long)Tensor * Context * Data % ((long)ExpertTensor * Expert) == 0;

    /// <summary>Ranks that hold the same experts.</summary>
    public int ExpertData => (int)((long)Tensor * Context * Data / ((long)ExpertTensor * Expert));
}
