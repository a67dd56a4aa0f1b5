using Orrery.Catalog;

namespace Orrery.Training;

/// <summary>Choices a person made that do nothing in the plan they came to: they are told, since a flag without effect is most likely a slip.</summary>
public static class IdleChoices
{
    /// <summary>One note for each, in the order of the flags.</summary>
    public static IEnumerable<Diagnostic> Find(TrainingRequest request, Plan plan)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(plan);
        bool hasExperts = request.Model.HasExperts;
        if (request.VirtualStages > 1 && plan.PipelineParallel == 1)
            yield return Note("--vpp", "the pipeline has one stage");
        if (request.Schedule is not null && plan.PipelineParallel == 1)
            yield return Note("--schedule", request.PipelineParallel is null ? "one stage is fastest here; --pp 2 or more gives it a pipeline to order" : "the pipeline has one stage");
        if (request.ShardRanks > 0 && plan.Zero < 3)
            yield return Note("--shard-ranks", $"weights are shared from --zero 3 on, and this plan has zero {plan.Zero}");
        if (plan.ContextParallel == 1)
        {
            foreach ((string flag, bool isGiven) in ((string, bool)[])[
                ("--cp-layout", request.ContextLayout is not null), ("--cp-inner", request.ContextInner is not null), ("--cp-balance", request.IsContextBalanced is not null)])
            {
                if (isGiven)
                    yield return Note(flag, "the plan has no context parallelism; --cp 2 or more does");
            }
        }
        else if (request.ContextInner is not null && plan.ContextLayout.Name != "hybrid")
        {
            yield return Note("--cp-inner", "it is for --cp-layout hybrid");
        }

        if (request.SequenceParallel == true && plan.TensorParallel == 1)
            yield return Note("--sequence-parallel", "the plan has no tensor parallelism");
        if (!hasExperts)
        {
            foreach ((string flag, bool isGiven) in ((string, bool)[])[
                ("--expert-imbalance", request.ExpertImbalance > 1), ("--capacity-factor", request.CapacityFactor > 0), ("--overlap-experts", request.OverlapsExperts == true)])
            {
                if (isGiven)
                    yield return Note(flag, "the model has no experts");
            }
        }

        if (request.DocumentSpread is not null && request.DocumentLength is null)
            yield return Note("--document-spread", "it is of lengths that --document-length gives");
    }

    private static Diagnostic Note(string flag, string why) => new(Severity.Note, "ORR4013", flag, 0, 0, $"has no effect: {why}");
}
