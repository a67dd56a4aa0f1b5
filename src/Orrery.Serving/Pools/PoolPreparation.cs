using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Fabric;

namespace Orrery.Serving;

/// <summary>Answers what a request for two pools leaves open: each pool as a job of its own, and the way between them.</summary>
public static class PoolPreparation
{
    /// <summary>A mean context is asked for where a trace is empty.</summary>
    private const int LeastContext = 1;

    /// <summary>The job; null where it cannot be laid out, with the reasons among <paramref name="diagnostics"/>.</summary>
    /// <param name="isNo">The request is well put, but the answer is no.</param>
    public static PreparedJob? Prepare(ServingRequest whole, PoolPair pair, ServingContext context, List<Diagnostic> diagnostics, out bool isNo)
    {
        isNo = false;
        if (pair.IsOneSystem && !whole.IsPart)
            ServingRunner.CheckSize(whole, diagnostics);
        if (diagnostics.Exists(static one => one.Severity == Severity.Error))
            return null;
        PreparedJob? prompts = Pool("prefill", pair.Prompts with { Workload = whole.Workload, IsPart = pair.IsOneSystem || pair.Prompts.IsPart }, context, diagnostics, out bool isFirstNo);
        PreparedJob? answers = Pool("decode", pair.Answers with { Workload = whole.Workload, IsPart = pair.IsOneSystem || pair.Answers.IsPart }, context, diagnostics, out bool isSecondNo);
        isNo = isFirstNo || isSecondNo;
        if (prompts is null || answers is null)
            return null;
        Result<CommunicationLibrary> promptLibrary = context.Library(pair.Prompts.System);
        Result<CommunicationLibrary> answerLibrary = context.Library(pair.Answers.System);
        Result<SharedDomains> domains = context.Domains;
        diagnostics.AddRange(promptLibrary.Diagnostics);
        diagnostics.AddRange(domains.Diagnostics);
        if (promptLibrary.Value is null || answerLibrary.Value is null || domains.Value is null)
            return null;
        TransferPath path = TransferPath.Between(
            pair.Prompts.System, pair.Prompts.Chips, promptLibrary.Value, pair.Answers.System, pair.Answers.Chips, answerLibrary.Value, domains.Value);
        if (pair.PortRate is { } rate)
            path = path with { From = path.From with { LineRate = rate, Share = 1 }, To = path.To with { LineRate = rate, Share = 1 } };
        if (path.Domain is { Mixing: { Mark: not Mark.Stated } mixing } shared)
            diagnostics.Add(new Diagnostic(Severity.Note, ServingCode.SharedDomain, $"data/domains/{shared.Id}.yaml", 0, 0, $"{mixing.Mark.ToString().ToLowerInvariant()}: {mixing.Note}"));
        PoolRules rules = new(
            pair.Moment ?? pair.Answers.Stack.KvMoment,
            pair.AnswersBegin ?? pair.Answers.Stack.AnswersBegin,
            pair.Prompts.Router ?? Routers.All[0],
            pair.AnswerRouter ?? Routers.All[0],
            prompts.Plan.PipelineParallel, prompts.Plan.DataParallel, answers.Plan.PipelineParallel, answers.Plan.DataParallel);
        PreparedPools pools = new(prompts, answers, path, rules) { PromptSigma = SigmaOf(prompts, out _), AnswerSigma = SigmaOf(answers, out _) };
        // The first token reaches the client from where it is made.
        ServingConstants seen = rules.AnswersBegin ? answers.Constants : prompts.Constants;
        return answers with { Request = whole, Pools = pools, Constants = seen };
    }

    /// <summary>The larger doubt of the two pools, and where both come from.</summary>
    internal static (double Sigma, ImmutableArray<string> Provenance) DoubtOf(PreparedPools pools)
    {
        SigmaOf(pools.Prompts, out ImmutableArray<string> prompts);
        SigmaOf(pools.Answers, out ImmutableArray<string> answers);
        return (pools.Sigma, prompts.AsSpan().SequenceEqual(answers.AsSpan())
            ? prompts
            : [.. prompts.Select(static line => "prefill: " + line), .. answers.Select(static line => "decode: " + line)]);
    }

    private static PreparedJob? Pool(string name, ServingRequest request, ServingContext context, List<Diagnostic> diagnostics, out bool isNo)
    {
        List<Diagnostic> own = [];
        PreparedJob? job = ServingRunner.Prepare(request, context, own, out isNo);
        foreach (Diagnostic one in own)
            diagnostics.Add(one.File is "--chips" or "plan" ? one with { File = $"--disaggregate {name}" } : one);
        if (job is null)
            return null;
        int idle = (request.Chips * job.RanksPerChip) - (job.Plan.RanksPerReplica * job.Plan.Replicas);
        if (idle > 0)
        {
            diagnostics.Add(new Diagnostic(
                Severity.Warning, ServingCode.IdleChips, $"--disaggregate {name}", 0, 0,
                string.Create(CultureInfo.InvariantCulture, $"{job.Plan.Replicas} replicas of {job.Plan.RanksPerReplica} ranks leave {idle} of {request.Chips * job.RanksPerChip} ranks idle")));
        }

        return job;
    }

    /// <summary>The doubt of a pool at the mean context of the requests and the largest batch there is room for.</summary>
    internal static double SigmaOf(PreparedJob job, out ImmutableArray<string> provenance)
    {
        ServingRequest request = job.Request;
        RequestTrace trace = request.Workload.Trace;
        double tokens = trace.Count > 0 ? (trace.TotalInput + (trace.TotalOutput / 2.0)) / trace.Count : LeastContext;
        int context = (int)Math.Clamp(tokens, LeastContext, int.MaxValue);
        KvLayout layout = new(request.Model, job.Plan);
        double each = Math.Max(1, (layout.BytesPerToken * context) + layout.FixedBytes(context, request.Stack.BlockTokens));
        int batch = (int)Math.Clamp(job.Memory.Cache.Value * job.Plan.DataParallel / each, 1, request.MaxBatch ?? request.Stack.MaxBatch);
        ChipDescription chip = request.System.Chip;
        CalibrationFit? fit = request.Constants is null ? request.Stack.FitFor(job.Class, chip) : null;
        (double sigma, provenance) = ServingDoubt.Of(request.Stack, fit, job.Class, chip, job.Times, batch, context);
        return sigma;
    }
}
