using System.Collections.Immutable;
using Orrery.Catalog;

namespace Orrery.Serving;

/// <summary>Answers a request as it was put: under the usual layout or the best one, at its own rate or the highest.</summary>
public static class ServingAnswer
{
    /// <summary>Chooses, searches and runs.</summary>
    public static ServingOutcome Of(ServingRequest request, ServingContext context)
    {
        if (request is { Undivided: { } undivided, Workload.Rated: { } rated })
        {
            (ServingRequest? best, ImmutableArray<TriedSplit> splits) = SplitSearch.Run(request, undivided, rated, context);
            // Where nothing fits, the undivided chips say why.
            return Run((best ?? undivided) with { Undivided = null, Workload = request.Workload }, context, null) with { Splits = splits };
        }

        if (!request.SeeksBestLayout)
            return Run(request, context, null);
        (ServingRequest chosen, ServingPlan? plan, ImmutableArray<TriedLayout> tried) = LayoutSearch.Run(request, context);
        // Where none fits, the usual layout says why.
        ServingOutcome outcome = Run(chosen, context, plan);
        ImmutableArray<string>.Builder names = ImmutableArray.CreateBuilder<string>();
        Add("tp", request.TensorParallel is null);
        Add("pp", request.PipelineParallel is null);
        Add("dp", request.DataParallel is null);
        Add("ep", request.ExpertParallel is null);
        Add("replicas", request.Replicas is null);
        Add("max-batch", request.MaxBatch is null);
        return outcome with { Tried = tried, Report = outcome.Report is { } report ? report with { Chosen = names.ToImmutable() } : null };

        void Add(string name, bool isOpen)
        {
            if (isOpen)
                names.Add(name);
        }
    }

    private static ServingOutcome Run(ServingRequest request, ServingContext context, ServingPlan? plan)
    {
        if (request.Workload.Rated is { } rated)
            return MaximumRateFinder.Run(request, rated, context, plan: plan);
        List<Diagnostic> diagnostics = [];
        return ServingRunner.Prepare(request, context, diagnostics, out bool isNo, plan) is { } job
            ? ServingRunner.Run(job, context, hasInterval: true, diagnostics)
            : new ServingOutcome(null, [.. diagnostics], isNo);
    }
}
