using System.Collections.Immutable;
using System.Globalization;
using Orrery.Accounting;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>Accounts for a run of two pools: each as engines of its own, the way between them, and the whole.</summary>
public static class PoolAccounts
{
    /// <summary>The report of the whole, latencies left to the caller.</summary>
    public static ServingReport Of(PreparedJob job, PreparedPools pools, ServingContext context, ServingRun run, ServiceAttainment? attainment)
    {
        PoolRun between = run.Pools ?? throw new ArgumentException("the run has no pools", nameof(run));
        ServingWorkload workload = job.Request.Workload;
        ServingReport prompts = OfPool(pools.Prompts, workload, context, between.Prompts);
        ServingReport answers = OfPool(pools.Answers, workload, context, run);
        ServingReport whole = ServingRunner.ReportOf(job.Request, context, answers.Plan, answers.Memory, answers.RanksPerChip, run, attainment);
        TimeShares shares = default;
        shares.Add(prompts.Shares, 1);
        shares.Add(answers.Shares, 1);
        double engineSeconds = prompts.EngineSeconds + answers.EngineSeconds;
        double busy = (prompts.Utilization * prompts.EngineSeconds) + (answers.Utilization * answers.EngineSeconds);
        PoolReport report = Between(pools, prompts, answers, between, run.Duration);
        return whole with
        {
            Pools = report,
            Utilization = engineSeconds > 0 ? busy / engineSeconds : 0,
            CacheCapacity = prompts.CacheCapacity + answers.CacheCapacity,
            CachePeakShare = Math.Max(prompts.CachePeakShare, answers.CachePeakShare),
            PrefixHitShare = prompts.PrefixHitShare,
            Preemptions = prompts.Preemptions + answers.Preemptions,
            Shares = shares,
            EngineSeconds = engineSeconds,
            Energy = Sum(prompts, answers),
            Cost = Sum(prompts.Cost, answers.Cost, whole.OutputTokensPerSecond, job.Request.Chips),
            Limits = Limits(prompts, answers, report),
            Engines = [.. prompts.Engines, .. answers.Engines],
        };
    }

    private static ServingReport OfPool(PreparedJob pool, ServingWorkload workload, ServingContext context, ServingRun run) =>
        ServingRunner.ReportOf(pool.Request with { Workload = workload }, context, pool.Plan, pool.Memory, pool.RanksPerChip, run, null);

    private static PoolReport Between(PreparedPools pools, ServingReport prompts, ServingReport answers, PoolRun between, double duration)
    {
        PoolTimes times = between.Times;
        KvLink link = between.Link;
        double moved = 0;
        foreach (long bytes in link.Sent)
            moved += bytes;
        double count = Math.Max(1, times.Transfers);
        double ticks = duration * RequestTrace.TicksPerSecond;
        return new PoolReport(prompts, answers, pools.Path, pools.Rules)
        {
            Transfers = times.Transfers,
            Moved = new Bytes(moved),
            SendRate = new BytesPerSecond(pools.SendRate),
            ReceiveRate = new BytesPerSecond(pools.ReceiveRate),
            WaitingForRoom = new Seconds((double)times.WaitingForRoom / count / RequestTrace.TicksPerSecond),
            Moving = new Seconds((double)times.Moving / count / RequestTrace.TicksPerSecond),
            LongestMove = new Seconds(times.LongestMove / RequestTrace.TicksPerSecond),
            PerTokenOfAnswers = new Seconds(times.PerToken / count / RequestTrace.TicksPerSecond),
            Sending = link.SendingTicks / (ticks * link.Sent.Length),
            Receiving = link.ReceivingTicks / (ticks * link.Received.Length),
        };
    }

    private static EnergyUse Sum(ServingReport prompts, ServingReport answers)
    {
        (EnergyUse one, EnergyUse other) = (prompts.Energy, answers.Energy);
        (double oneChips, double otherChips) = (prompts.Request.Chips, answers.Request.Chips);
        Watts mean = ((one.ChipPower * oneChips) + (other.ChipPower * otherChips)) / (oneChips + otherChips);
        return new EnergyUse(one.Chips + other.Chips, one.Servers + other.Servers, one.Facility + other.Facility, mean, one.FacilityPower + other.FacilityPower);
    }

    private static CostOfRun Sum(in CostOfRun prompts, in CostOfRun answers, double tokensPerSecond, int chips)
    {
        const double SecondsPerHour = 3600;
        double hourly = tokensPerSecond * SecondsPerHour;
        double perChipHour = hourly / chips;
        if (prompts.UsdPerHour is not { } one || answers.UsdPerHour is not { } other)
            return new CostOfRun(null, null, "unknown", "", perChipHour);
        string mark = prompts.Mark == answers.Mark ? prompts.Mark : $"{prompts.Mark} and {answers.Mark}";
        string source = prompts.Source == answers.Source ? prompts.Source : $"{prompts.Source}; {answers.Source}";
        return new CostOfRun(one + other, hourly > 0 ? (one + other) / hourly * 1e6 : null, mark, source, perChipHour);
    }

    private static ImmutableArray<string> Limits(ServingReport prompts, ServingReport answers, PoolReport between)
    {
        ImmutableArray<string>.Builder limits = ImmutableArray.CreateBuilder<string>();
        double link = Math.Max(between.Sending, between.Receiving);
        if (link >= LimitList.Worth)
        {
            limits.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"the way between the pools: ports of {(between.Sending >= between.Receiving ? "prefill" : "decode")} busy {link * 100:0} % of the time; more chips there, --kv-precision fp8 or a faster fabric"));
        }

        // Up to an iteration passes before the engine looks.
        if (between.WaitingForRoom.Value > 2 * between.PerTokenOfAnswers.Value)
        {
            limits.Add(string.Create(
                CultureInfo.InvariantCulture, $"room in the decode pool: prompts that are done wait {between.WaitingForRoom.Value * 1e3:G3} ms for it; more chips for decode"));
        }

        // The busier pool is what stops the whole.
        bool isFirst = prompts.Utilization >= answers.Utilization;
        Add(isFirst ? prompts : answers, isFirst ? "prefill" : "decode", 2);
        Add(isFirst ? answers : prompts, isFirst ? "decode" : "prefill", 1);
        return limits.ToImmutable();

        void Add(ServingReport pool, string name, int most)
        {
            foreach (string limit in pool.Limits.Take(most))
                limits.Add($"{name}: {limit}");
        }
    }
}
