using Orrery.Catalog;

namespace Orrery.Serving;

/// <summary>Choices a person made that do nothing in the run they came to: they are told, since a flag without effect is most likely a slip.</summary>
public static class IdleChoices
{
    /// <summary>One note for each, in the order of the flags.</summary>
    public static IEnumerable<Diagnostic> Find(ServingRequest request, ServingPlan plan)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(plan);
        RequestTrace trace = request.Workload.Trace;
        bool hasPools = request.Pools is not null;
        if (request.Router is not null && !hasPools)
        {
            // The stages of a pipeline are engines that requests are dealt to as well.
            if (plan.Replicas * plan.PipelineParallel == 1)
                yield return Note("--router", "there is one replica");
            else if (request.Workload.Clients > 0 && trace.Conversations is null)
                yield return Note("--router", "clients that wait for answers stay with one replica; --rate, or conversations (--turns), are dealt to any");
        }

        if (request.HostCache is { Value: > 0 } && !HostMemory.Of(request).Swaps && (!request.CachesPrefixes || trace.PrefixBlockTokens == 0))
            yield return Note("--host-cache", "no two prompts are known to begin alike, and sequences are not swapped out; --preemption swap does that");
        if (request.Ageing is not null && trace.Classes == 1)
            yield return Note("--ageing", "all requests are of one class; --priorities makes several");
        if (request.Begin != ColdBegin.Nothing && !SaysStart(request.Stack) && !(hasPools && SaysStart(request.Pools!.Prompts.Stack)))
            yield return new Diagnostic(Severity.Note, ServingCode.IdleChoice, "--cold", 0, 0, $"has little effect: {request.Stack.Name} does not state what loading and compiling take, so only what a first iteration takes longer is charged");
        if (!request.Model.HasExperts)
        {
            if (request.ExpertSkew > 0)
                yield return Note("--expert-skew", $"{request.Model.Name} has no experts");
            if (request.ExpertImbalance > 1)
                yield return Note("--expert-imbalance", $"{request.Model.Name} has no experts");
        }
        else if (request.ExpertImbalance > 1 && plan.ExpertParallel == 1 && !hasPools)
        {
            yield return Note("--expert-imbalance", "every rank has a part of all experts; --ep shares them out");
        }
    }

    private static bool SaysStart(ServingStack stack) => stack.IsCompiled && stack.CompilePerLayer.Value > 0;

    private static Diagnostic Note(string flag, string why) => new(Severity.Note, ServingCode.IdleChoice, flag, 0, 0, $"has no effect: {why}");
}
