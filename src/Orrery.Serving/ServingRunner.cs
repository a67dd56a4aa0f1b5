using System.Collections.Immutable;
using System.Globalization;
using Orrery.Accounting;
using Orrery.Catalog;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>Answers a <see cref="ServingRequest"/>: chooses what it leaves open, runs the requests through the engines, and accounts for the rest.</summary>
public static class ServingRunner
{
    /// <summary>Requests from which a book is worth more than a run.</summary>
    private const int LargeBook = 200_000;

    /// <summary>Runs <paramref name="request"/>; three times where an interval is wanted: as predicted, and as slow and as fast as the model's own doubt.</summary>
    public static ServingOutcome Run(ServingRequest request, ServingContext context, bool hasInterval = true)
    {
        List<Diagnostic> diagnostics = [];
        return Prepare(request, context, diagnostics, out bool isNo) is { } job
            ? Run(job, context, hasInterval, diagnostics)
            : new ServingOutcome(null, [.. diagnostics], isNo);
    }

    /// <summary>Chooses what the request leaves open; null where it cannot be laid out, with the reasons among <paramref name="diagnostics"/>.</summary>
    /// <param name="isNo">The request is well put, but the answer is no.</param>
    /// <param name="chosen">A layout that was chosen; null to choose the usual one.</param>
    public static PreparedJob? Prepare(ServingRequest request, ServingContext context, List<Diagnostic> diagnostics, out bool isNo, ServingPlan? chosen = null)
    {
        isNo = false;
        if (request.Pools is { } pools)
            return PoolPreparation.Prepare(request, pools, context, diagnostics, out isNo);
        int ranksPerChip = RanksPerChip(request, diagnostics);
        CheckSize(request, diagnostics);
        if (diagnostics.Exists(static one => one.Severity == Severity.Error))
            return null;

        isNo = true;
        (ServingPlan? plan, ImmutableArray<string> problems) = chosen is null ? PlanChoice.Of(request, ranksPerChip) : (chosen, []);
        if (plan is null)
        {
            diagnostics.AddRange(problems.Select(static problem => Error(ServingCode.NoPlan, "plan", problem)));
            return null;
        }

        ServingMemory memory = ServingMemory.Of(request.Model, plan, request.Stack, request.System.Chip, ranksPerChip, request.Speculation);
        if (memory.Cache.Value <= 0)
        {
            diagnostics.Add(Error(ServingCode.DoesNotFit, "plan", NoRoom(request, plan, memory)));
            return null;
        }

        isNo = false;
        SystemDescription system = SystemSlices.Fit(request.System, request.Chips);
        Result<OperatorTimes> times = context.Times(request, system, plan, ranksPerChip);
        if (times.Value is null)
        {
            diagnostics.AddRange(times.Diagnostics);
            return null;
        }

        string modelClass = ModelClass.Of(request.Model, plan.ExpertPrecision);
        ServingConstants constants = request.Constants ?? context.Stacks.ConstantsOf(request.Stack, modelClass, system.Chip);
        return new PreparedJob(request, ranksPerChip, plan, memory, times.Value, modelClass, constants);
    }

    /// <summary>The doubt of an iteration's time, from a run as predicted.</summary>
    internal static (double Sigma, ImmutableArray<string> Provenance) DoubtOf(PreparedJob job, ServingRun central)
    {
        if (job.Pools is { } pools)
            return PoolPreparation.DoubtOf(pools);
        ServingRequest request = job.Request;
        ChipDescription chip = request.System.Chip;
        CalibrationFit? fit = request.Constants is null ? request.Stack.FitFor(job.Class, chip) : null;
        return ServingDoubt.Of(request.Stack, fit, job.Class, chip, job.Times, central);
    }

    /// <summary>The doubt of a mean time to the first token; of pools, that of the engines of prompts.</summary>
    private static double FirstTokenDoubtOf(PreparedJob job)
    {
        PreparedJob prompts = job.Pools?.Prompts ?? job;
        ServingStack stack = prompts.Request.Stack;
        return ServingDoubt.OfFirstToken(stack, prompts.Request.Constants is null ? stack.FitFor(prompts.Class, prompts.Request.System.Chip) : null);
    }

    /// <summary>Runs a job and accounts for it; adds what is worth a note to <paramref name="diagnostics"/>.</summary>
    internal static ServingOutcome Run(PreparedJob job, ServingContext context, bool hasInterval, List<Diagnostic> diagnostics)
    {
        (ServingRequest request, _, ServingPlan plan, ServingMemory memory, _, _, ServingConstants constants) = job;
        ServingRun central = job.Run(1);
        (double sigma, ImmutableArray<string> provenance) = DoubtOf(job, central);
        (double First, double Each, double All) fast = default;
        (double First, double Each, double All) slow = default;
        if (hasInterval)
        {
            // A million requests are 24 MB in a book, so one serves all three runs and the central one is run again last; small books are made anew.
            double factor = EightyPercentInterval.Factor(sigma);
            bool isShared = central.Book.Count > LargeBook;
            ServingRun end = job.Run(1 / factor, isShared ? central.Book : null);
            fast = Means(request, end, constants);
            slow = Means(request, job.Run(factor, end.Book), constants);
            if (isShared)
                central = job.Run(1, central.Book);
        }

        (Distribution first, Distribution each, Distribution all) = Distributions(request, central, constants);
        if (hasInterval)
        {
            double waiting = EightyPercentInterval.Factor(FirstTokenDoubtOf(job));
            first = Between(first, Math.Min(fast.First, first.Mean / waiting), Math.Max(slow.First, first.Mean * waiting));
            each = Between(each, fast.Each, slow.Each);
            all = Between(all, fast.All, slow.All);
        }

        ServiceAttainment? attainment = request.ServiceLevel is { } level ? AttainmentFinder.Of(level, central, constants[ServingConstant.FirstTokenDelay], request.Stack.StreamInterval) : null;
        ServingReport accounts = job.Pools is { } pools
            ? PoolAccounts.Of(job, pools, context, central, attainment)
            : ReportOf(request, context, plan, memory, job.RanksPerChip, central, attainment);
        ServingReport report = accounts with
        {
            FirstToken = first,
            PerToken = each,
            EndToEnd = all,
            Sigma = sigma,
            Provenance = provenance,
            ClientDelay = constants[ServingConstant.FirstTokenDelay],
            Engine = accounts.Engine with { Classes = ClassFigures.Of(central.Book, constants[ServingConstant.FirstTokenDelay], request.Stack.StreamInterval) },
            Load = OfferedLoad.Of(request.Workload, central.Book),
        };
        if (report.Load is { PilesUp: true } load)
            report = report with { Limits = [LimitFinder.Overload(load, report.RequestsPerSecond), .. report.Limits] };
        AddNotes(request, report, diagnostics);
        return new ServingOutcome(report, [.. diagnostics], attainment is { Limit.Length: > 0 });
    }

    /// <summary>The figures of the engines of a run; latencies are left to the caller.</summary>
    internal static ServingReport ReportOf(
        ServingRequest request, ServingContext context, ServingPlan plan, ServingMemory memory, int ranksPerChip, ServingRun run, ServiceAttainment? attainment)
    {
        RequestBook book = run.Book;
        double duration = run.Duration;
        double engineSeconds = duration * run.Engines.Length;
        TimeShares shares = default;
        double busy = 0;
        double running = 0;
        double cache = 0;
        long peak = 0;
        long preemptions = 0;
        double prompts = 0;
        double prefixes = 0;
        foreach (Replica engine in run.Engines)
        {
            ReplicaStatistics statistics = engine.Statistics;
            shares.Add(statistics.Shares, 1);
            busy += statistics.BusyTicks / RequestTrace.TicksPerSecond;
            running += (double)statistics.RunningTicks / RequestTrace.TicksPerSecond;
            cache += statistics.CacheByteTicks / RequestTrace.TicksPerSecond;
            peak = Math.Max(peak, statistics.CachePeak);
            preemptions += statistics.Preemptions;
            prompts += statistics.PromptTokens;
            prefixes += statistics.PrefixTokens;
        }

        SystemDescription system = request.System;
        double perRank = system.Chip.MemoryBandwidth.Value.Value / ranksPerChip;
        var activity = new ChipActivity(
            Share(shares.MatrixBusy, engineSeconds), Share(shares.MemoryBytes / perRank, engineSeconds), Share(shares.Collectives, engineSeconds));
        double outputRate = run.OutputTokens / duration;
        return new ServingReport
        {
            Request = request,
            Plan = plan,
            Memory = memory,
            RanksPerChip = ranksPerChip,
            Chosen = Chosen(request),
            FirstToken = default,
            PerToken = default,
            EndToEnd = default,
            Duration = new Seconds(duration),
            Requests = book.Finished,
            Refused = book.Refused,
            RequestsPerSecond = book.Finished / duration,
            InputTokensPerSecond = run.InputTokens / duration,
            OutputTokensPerSecond = outputRate,
            Attainment = attainment,
            Utilization = Share(busy, engineSeconds),
            MeanBatch = Share(running, busy),
            CacheCapacity = memory.Cache * plan.RanksPerReplica * plan.Replicas,
            CacheMeanShare = Share(cache, busy * run.CacheBytes),
            CachePeakShare = (double)peak / run.CacheBytes,
            PrefixHitShare = request.CachesPrefixes && book.Trace.PrefixBlockTokens > 0 ? Share(prefixes, prompts) : null,
            Preemptions = preemptions,
            Engine = EngineFigures.Of(request, run),
            Shares = shares,
            EngineSeconds = engineSeconds,
            Energy = EnergyModel.Open(context.Catalog.DataRoot).Of(system, activity, request.Chips, new Seconds(duration)),
            Cost = CostModel.Of(system, request.Chips, outputRate, request.UsdPerChipHour),
            Limits = LimitFinder.Find(request, run, shares, busy, engineSeconds, perRank),
            Sigma = 0,
            Provenance = [],
            ClientDelay = 0,
            Book = book,
            Engines = [.. run.Engines.Select(static engine => engine.Statistics)],
        };
    }

    private static double Share(double part, double whole) => whole > 0 ? part / whole : 0;

    /// <summary>Each measure in turn through one buffer.</summary>
    private static (Distribution First, Distribution Each, Distribution All) Distributions(ServingRequest request, ServingRun run, ServingConstants constants)
    {
        double[] buffer = new double[run.Book.Finished];
        return (
            Of(request, run, constants, buffer, static times => times.FirstToken),
            Of(request, run, constants, buffer, static times => times.PerToken),
            Of(request, run, constants, buffer, static times => times.EndToEnd));
    }

    private static Distribution Of(ServingRequest request, ServingRun run, ServingConstants constants, double[] buffer, Func<RequestTimes, double> measure)
    {
        RequestBook book = run.Book;
        double delay = constants[ServingConstant.FirstTokenDelay];
        int count = 0;
        for (int place = 0; place < book.Count; place++)
        {
            if (book.Finishes[place] == RequestBook.Never)
                continue;
            double value = measure(RequestTimes.Of(book, place, delay, request.Stack.StreamInterval));
            if (!double.IsNaN(value))
                buffer[count++] = value;
        }

        return Distribution.Of(buffer.AsSpan(0, count));
    }

    private static (double First, double Each, double All) Means(ServingRequest request, ServingRun run, ServingConstants constants)
    {
        RequestBook book = run.Book;
        double delay = constants[ServingConstant.FirstTokenDelay];
        double first = 0;
        double each = 0;
        double all = 0;
        int several = 0;
        for (int place = 0; place < book.Count; place++)
        {
            if (book.Finishes[place] == RequestBook.Never)
                continue;
            RequestTimes times = RequestTimes.Of(book, place, delay, request.Stack.StreamInterval);
            first += times.FirstToken;
            all += times.EndToEnd;
            several += double.IsNaN(times.PerToken) ? 0 : 1;
            each += double.IsNaN(times.PerToken) ? 0 : times.PerToken;
        }

        double count = Math.Max(1, book.Finished);
        return (first / count, several > 0 ? each / several : double.NaN, all / count);
    }

    private static Distribution Between(in Distribution central, double fast, double slow) => central with
    {
        Low = Math.Min(central.Mean, Math.Min(fast, slow)),
        High = Math.Max(central.Mean, Math.Max(fast, slow)),
    };

    private static void AddNotes(ServingRequest request, ServingReport report, List<Diagnostic> diagnostics)
    {
        if (report.Refused > 0)
        {
            diagnostics.Add(new Diagnostic(
                Severity.Warning, ServingCode.RequestsRefused, "trace", 0, 0,
                string.Create(CultureInfo.InvariantCulture, $"{report.Refused:#,0} requests are longer than an empty cache holds and were refused")));
        }

        if (report.Attainment is { Limit: { Length: > 0 } limit })
            diagnostics.Add(new Diagnostic(Severity.Warning, ServingCode.SloMissed, "--slo", 0, 0, limit));
        int ranks = request.Chips * report.RanksPerChip;
        // Pools have told theirs already.
        if (request.Pools is null && ranks - (report.Plan.RanksPerReplica * report.Plan.Replicas) is > 0 and var idle)
        {
            diagnostics.Add(new Diagnostic(
                Severity.Warning, ServingCode.IdleChips, "plan", 0, 0,
                string.Create(CultureInfo.InvariantCulture, $"{report.Plan.Replicas} replica{(report.Plan.Replicas == 1 ? "" : "s")} of {report.Plan.RanksPerReplica} ranks leave{(report.Plan.Replicas == 1 ? "s" : "")} {idle} of {ranks} ranks idle; money counts all chips, energy as if all worked")));
        }

        diagnostics.AddRange(IdleChoices.Find(request, report.Plan));
        AddPreview(request.System.Chip, diagnostics);
        if (request.Pools is { IsOneSystem: false } pools)
            AddPreview(pools.Prompts.System.Chip, diagnostics);
    }

    private static void AddPreview(ChipDescription chip, List<Diagnostic> diagnostics)
    {
        if (chip.IsPreview)
            diagnostics.Add(new Diagnostic(Severity.Note, ServingCode.Preview, chip.Id, 0, 0, $"{chip.Name} is a preview: its figures are derived from announcements"));
    }

    private static ImmutableArray<string> Chosen(ServingRequest request)
    {
        ImmutableArray<string>.Builder names = ImmutableArray.CreateBuilder<string>();
        if (request.TensorParallel is null)
            names.Add("tp");
        if (request.PipelineParallel is null)
            names.Add("pp");
        if (request.Replicas is null)
            names.Add("replicas");
        return names.ToImmutable();
    }

    internal static int RanksPerChip(ServingRequest request, List<Diagnostic> diagnostics)
    {
        ChipDescription chip = request.System.Chip;
        if (request.Lnc is not { } lnc)
            return chip.RanksPerChip;
        int? ranks = chip.RanksAt(lnc, out string objection);
        if (ranks is null)
            diagnostics.Add(Error(ServingCode.NoPlan, "--lnc", objection));
        return ranks ?? chip.RanksPerChip;
    }

    /// <summary>Whether the system can be had with so many chips, and the stack runs on it.</summary>
    internal static void CheckSize(ServingRequest request, List<Diagnostic> diagnostics)
    {
        SystemDescription system = request.System;
        if (system.MaximumChips > 0 && request.Chips > system.MaximumChips)
            diagnostics.Add(Error(ServingCode.NoPlan, "--chips", $"{system.Name} has at most {system.MaximumChips} chips, not {request.Chips}"));
        int unit = system.AllocationUnit;
        if (!request.IsPart && request.Chips % unit != 0 && !(request.Chips < unit && unit % request.Chips == 0))
        {
            int below = Math.Max(unit, request.Chips / unit * unit);
            diagnostics.Add(Error(ServingCode.NoPlan, "--chips", $"{system.Name} comes in multiples of {unit} chips, not {request.Chips}; the nearest are {below} and {below + unit}"));
        }

        if (HostMemory.Of(request).IsUsed && system.HostBandwidthPerChip is null)
            diagnostics.Add(Error(ServingCode.NoHostLink, request.System.Id, $"{system.Name} does not state the bandwidth between a chip and its host (hostBandwidthPerChip), so nothing can be kept there"));

        if (!request.Stack.Architectures.Contains(system.Chip.Architecture))
            diagnostics.Add(Error(ServingCode.UnknownStack, "--stack", $"{request.Stack.Name} does not run on {system.Chip.Name}"));
    }

    private static string NoRoom(ServingRequest request, ServingPlan plan, ServingMemory memory) => string.Create(
        CultureInfo.InvariantCulture,
        $"{request.Model.Name} does not fit: a rank holds {memory.Weights.Value / 1e9:F1} GB of weights at --tp {plan.TensorParallel} --pp {plan.PipelineParallel} and {memory.Reserved.Value / 1e9:F1} GB are reserved of {memory.Capacity.Value / 1e9:F1} GB; more --chips, wider --tp or a narrower --precision would help");

    private static Diagnostic Error(string code, string place, string message) => new(Severity.Error, code, place, 0, 0, message);
}
