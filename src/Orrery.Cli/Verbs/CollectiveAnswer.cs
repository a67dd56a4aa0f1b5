using Orrery.Fabric;
using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Cli.Verbs;

/// <summary>The answer for one size.</summary>
/// <param name="Size">Bytes each rank hands in.</param>
public sealed record CollectiveAnswer(Bytes Size, CollectiveCost Cost, BytesPerSecond BusBandwidth)
{
    /// <summary>Time without faults, where there are any.</summary>
    public Seconds? Healthy { get; init; }

    /// <summary>Links of the first message that had to leave its usual way; empty for none.</summary>
    public string Detour { get; init; } = "";

    /// <summary>It and the collectives beside it, where others ran at the same time.</summary>
    public IReadOnlyList<ConcurrentAnswer> Together { get; init; } = [];

    /// <summary>This answer with another time.</summary>
    public CollectiveAnswer At(CollectiveQuestion question, Seconds time, string algorithm, string bottleneck)
    {
        CollectiveCost cost = Cost with { Time = time, Algorithm = algorithm, Bottleneck = bottleneck };
        double rate = time.Value > 0 ? Factor(question) * Size.Value * (question.Kind == CollectiveKind.AllGather ? question.Members : 1) / time.Value : double.NaN;
        return this with { Cost = cost, BusBandwidth = new BytesPerSecond(rate) };
    }

    /// <summary>The same collective as flows; null where faults cut ranks off. A time below the bound is a mistake of ours and throws.</summary>
    public CollectiveAnswer? AsFlow(CollectiveQuestion question, FlowCollectives flows, CollectiveAlgorithm? forced)
    {
        Collective collective = new(question.Kind, new Bytes(question.Kind == CollectiveKind.AllGather ? Size.Value * question.Members : Size.Value));
        if (flows.Run(collective, question.FlowGroup, forced: forced) is not { } flow)
            return null;
        if (flow.Time.Value < Cost.Bound.Value * (1 - 1e-9))
            throw new InvalidOperationException($"{question.Word} on {question.System.Id} takes {flow.Time.Value} s as flows, below its bound of {Cost.Bound.Value} s");
        return At(question, flow.Time, flow.Algorithm, flow.Bottleneck) with
        {
            Healthy = flow.Healthy,
            Detour = flow.Detour,
        };
    }

    /// <summary>Prices one size. A point-to-point message goes between the two ranks farthest apart.</summary>
    public static CollectiveAnswer Of(CollectiveQuestion question, double size, ClosedFormCollectives model, CollectiveAlgorithm? forced)
    {
        Collective collective = new(question.Kind, new Bytes(question.Kind == CollectiveKind.AllGather ? size * question.Members : size));
        CollectiveCost cost = forced is null ? model.Cost(collective, question.Group) : model.Cost(collective, question.Group, forced);
        double rate = cost.Time.Value > 0 ? Factor(question) * collective.Size.Value / cost.Time.Value : double.NaN;
        return new CollectiveAnswer(new Bytes(size), cost, new BytesPerSecond(rate));
    }

    /// <summary>Bus bandwidth over size per time, by the rule of the NCCL tests.</summary>
    private static double Factor(CollectiveQuestion question) => question.Kind switch
    {
        CollectiveKind.AllReduce => 2 * (question.Members - 1.0) / question.Members,
        CollectiveKind.AllGather or CollectiveKind.ReduceScatter or CollectiveKind.AllToAll => (question.Members - 1.0) / question.Members,
        CollectiveKind.Gather or CollectiveKind.Scatter => question.Members - 1.0,
        CollectiveKind.Barrier => 0,
        _ => 1,
    };
}
