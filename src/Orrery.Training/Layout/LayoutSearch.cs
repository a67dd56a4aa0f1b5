using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Models;

namespace Orrery.Training;

/// <summary>The best plan found and what was tried.</summary>
/// <param name="Best">Largest throughput that fits; the least over capacity when none fits; null when no plan is legal.</param>
/// <param name="Fits">Whether <paramref name="Best"/> fits.</param>
/// <param name="Evaluated">Plans priced.</param>
public sealed record LayoutChoice(Plan? Best, bool Fits, int Evaluated);

/// <summary>
/// Chooses what a request leaves out: every legal combination of the free degrees is priced in closed form and held against memory. Batch,
/// sequence and precision are never chosen.
/// </summary>
public sealed class LayoutSearch(TrainingRequest request, StepModel steps, MemoryModel memory, int ranks, int ranksPerScaleUpDomain)
{
    private readonly List<string> objections = [];
    private readonly Schedule[] stackSchedules = [.. Schedule.List.All.Where(one => request.Stack.Schedules.Contains(one.Name))];

    /// <summary>Prices every candidate; the first of equals wins, so the answer does not depend on threads or hashing.</summary>
    public LayoutChoice Choose(Plan template)
    {
        Plan? best = null;
        double bestTime = double.PositiveInfinity;
        double leastExcess = double.PositiveInfinity;
        bool fits = false;
        int evaluated = 0;
        foreach (Plan candidate in Candidates(template))
        {
            objections.Clear();
            PlanRules.Check(candidate, request.Model, ranks, objections);
            if (objections.Count > 0 || !steps.Estimate(candidate, out StepEstimate estimate))
                continue;
            evaluated++;
            if (fits && estimate.StepTime >= bestTime)
                continue;
            MemoryReport needed = memory.Evaluate(candidate);
            if (needed.Fits)
            {
                if (!fits || estimate.StepTime < bestTime)
                {
                    best = candidate;
                    bestTime = estimate.StepTime;
                    fits = true;
                }
            }
            else if (!fits && needed.Total.Value / needed.Capacity.Value < leastExcess)
            {
                leastExcess = needed.Total.Value / needed.Capacity.Value;
                best = candidate;
            }
        }

        return new LayoutChoice(best, fits, evaluated);
    }

    /// <summary>Whether any candidate is legal, whatever its memory; prices nothing.</summary>
    public bool HasLegal(Plan template)
    {
        foreach (Plan candidate in Candidates(template))
        {
            objections.Clear();
            PlanRules.Check(candidate, request.Model, ranks, objections);
            if (objections.Count == 0)
                return true;
        }

        return false;
    }

    private IEnumerable<Plan> Candidates(Plan template)
    {
        foreach (int tp in Degrees(request.TensorParallel, TensorDegrees()))
        {
            foreach (int cp in Degrees(request.ContextParallel, ContextDegrees(template.Sequence)))
            {
                if (ranks % ((long)tp * cp) != 0)
                    continue;
                foreach (int pp in Degrees(request.PipelineParallel, Divisors(ranks / (tp * cp), request.Model.Layers)))
                {
                    if (ranks % ((long)tp * cp * pp) != 0)
                        continue;
                    // Chunks are of a pipeline: who asks for several and leaves the stages open means one.
                    if (pp == 1 && request.VirtualStages > 1 && request.PipelineParallel is null)
                        continue;
                    int dp = ranks / (tp * cp * pp);
                    if ((request.DataParallel is { } wanted && wanted != dp) || dp > template.GlobalBatch)
                        continue;
                    Plan laid = template with { TensorParallel = tp, ContextParallel = cp, PipelineParallel = pp, DataParallel = dp, SequenceParallel = request.SequenceParallel ?? tp > 1 };
                    foreach (Plan plan in Refine(laid))
                        yield return plan;
                }
            }
        }
    }

    private IEnumerable<Plan> Refine(Plan laid)
    {
        foreach (int ep in Degrees(request.ExpertParallel, ExpertDegrees(laid)))
        {
            foreach (int micro in Degrees(request.MicroBatch, [1, 2, 4, 8]))
            {
                if (laid.GlobalBatch % ((long)laid.DataParallel * micro) != 0)
                    continue;
                foreach ((Schedule schedule, int chunks) in Pipelines(laid, micro))
                {
                    foreach (Recompute recompute in request.Recompute is { } fixedRecompute ? [fixedRecompute] : RecomputeChoices(laid))
                        yield return laid with { ExpertParallel = ep, MicroBatch = micro, VirtualStages = chunks, Schedule = schedule, Recompute = recompute };
                }
            }
        }
    }

    private static Recompute[] RecomputeChoices(Plan laid) => laid.Attention == AttentionKernel.Unfused
        ? [Recompute.None, Recompute.Selective, Recompute.Full]
        : [Recompute.None, Recompute.Full];

    private static IEnumerable<int> Degrees(int? given, IEnumerable<int> free) => given is { } one ? [one] : free;

    private IEnumerable<int> TensorDegrees()
    {
        int heads = request.Model.LayerKinds[0].Attention.Heads;
        for (int tp = 1; tp <= Math.Min(64, ranksPerScaleUpDomain); tp *= 2)
        {
            if (heads % tp == 0 && ranks % tp == 0)
                yield return tp;
        }
    }

    /// <summary>Context parallelism pays for long sequences only; below 16k tokens a rank it is left at 1.</summary>
    private static IEnumerable<int> ContextDegrees(int sequence)
    {
        for (int cp = 1; cp == 1 || sequence / cp >= 8192; cp *= 2)
            yield return cp;
    }

    private IEnumerable<int> ExpertDegrees(Plan laid)
    {
        if (!request.Model.HasExperts)
        {
            yield return 1;
            yield break;
        }

        int experts = 0;
        foreach (LayerDescription layer in request.Model.LayerKinds)
            experts = Math.Max(experts, layer.FeedForward.Experts);
        int pool = laid.DataParallel * laid.ContextParallel * laid.TensorParallel;
        for (int ep = 1; ep <= experts; ep *= 2)
        {
            if (experts % ep == 0 && pool % ep == 0)
                yield return ep;
        }
    }

    /// <summary>Schedules and chunks a stage: of the schedule asked for, or of those that the stack has.</summary>
    private IEnumerable<(Schedule Schedule, int Chunks)> Pipelines(Plan laid, int micro)
    {
        // A pipeline of one stage runs its passes in turn, whatever schedule was asked for.
        if (laid.PipelineParallel == 1)
        {
            yield return (Schedule.UsualFor(request.Stack, 1), request.VirtualStages ?? 1);
            yield break;
        }

        if (request.VirtualStages is { } given && request.Schedule is { } asked)
        {
            yield return (asked, given);
            yield break;
        }

        var shape = new PipelineShape(laid.PipelineParallel, 1, laid.GlobalBatch / (laid.DataParallel * micro));
        if (request.Schedule is { } wanted)
        {
            foreach (int chunks in Chunks(wanted, shape, 1))
                yield return (wanted, chunks);
            yield break;
        }

        // What the usual schedules do is tried first, so of equals they win.
        Schedule usual = Schedule.UsualFor(request.Stack, 1);
        if (request.VirtualStages is null or 1)
            yield return (usual, 1);
        foreach (Schedule schedule in stackSchedules)
        {
            if (schedule == usual)
                continue;
            foreach (int chunks in Chunks(schedule, shape, schedule == Schedule.UsualOfChunks ? 2 : 1))
            {
                if (request.VirtualStages is null || request.VirtualStages == chunks)
                    yield return (schedule, chunks);
            }
        }
    }

    /// <summary>Chunks a stage that <paramref name="schedule"/> can hold on several stages, from <paramref name="from"/> on.</summary>
    private IEnumerable<int> Chunks(Schedule schedule, PipelineShape shape, int from)
    {
        for (int chunks = from; chunks <= schedule.MostVirtualStages && (chunks == 1 || shape.Stages * chunks <= request.Model.Layers); chunks++)
        {
            int total = shape.Stages * chunks;
            int most = (request.Model.Layers + total - 1) / total;
            if ((chunks == 1 || request.Split is not null || (most * total) - request.Model.Layers <= 2) && schedule.Allows(shape with { VirtualStages = chunks }))
                yield return chunks;
        }
    }

    private static IEnumerable<int> Divisors(int number, int most)
    {
        for (int d = 1; d <= Math.Min(number, most); d++)
        {
            if (number % d == 0)
                yield return d;
        }
    }
}
