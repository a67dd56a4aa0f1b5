using System.Collections.Immutable;
using Orrery.Accounting;
using Orrery.Catalog;

namespace Orrery.Serving;

/// <summary>The run of a report once more, with a recorder: same requests, same engines, same instants.</summary>
public sealed class RecordedRun
{
    private readonly EnergyModel energy;
    private readonly ImmutableArray<(EngineRole Role, ServingReport Report)> pools;

    private RecordedRun(RequestBook book, RunRecorder recorder, EnergyModel energy, ImmutableArray<(EngineRole Role, ServingReport Report)> pools)
    {
        Book = book;
        Recorder = recorder;
        this.energy = energy;
        this.pools = pools;
    }

    public RequestBook Book { get; }

    public RunRecorder Recorder { get; }

    /// <summary>Runs a report's question again under its plan.</summary>
    public static RecordedRun Of(ServingReport report, ServingContext context)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(context);
        ServingRequest request = report.Request;
        PreparedJob job = ServingRunner.Prepare(request, context, [], out _, report.Plan) ?? throw new InvalidOperationException("a plan that ran cannot be run again");
        RunRecorder recorder = new((long)Math.Ceiling(report.Duration.Value * RequestTrace.TicksPerSecond), request.Workload.Trace.Count, report.Engines.Length);
        RequestBook book = new(request.Workload.Trace, request.Workload.Clients > 0) { Recorder = recorder };
        job.Run(1, book);
        return new RecordedRun(
            book, recorder, EnergyModel.Open(context.Catalog.DataRoot),
            report.Pools is { } told ? [(EngineRole.Prompts, told.Prompts), (EngineRole.Answers, told.Answers)] : [(EngineRole.Whole, report)]);
    }

    /// <summary>Watts of one chip in interval <paramref name="place"/> of <paramref name="seconds"/>, mean over all chips.</summary>
    internal double ChipPower(int place, double seconds)
    {
        double watts = 0;
        double chips = 0;
        foreach ((EngineRole role, ServingReport report) in pools)
        {
            EngineInterval sums = default;
            double engineSeconds = 0;
            foreach (EngineLog engine in Recorder.Engines)
            {
                if (engine.Role != role)
                    continue;
                engineSeconds += seconds;
                sums.Matrix += engine.Intervals[place].Matrix;
                sums.Memory += engine.Intervals[place].Memory;
                sums.Collectives += engine.Intervals[place].Collectives;
            }

            SystemDescription system = report.Request.System;
            double bandwidth = system.Chip.MemoryBandwidth.Value.Value / report.RanksPerChip;
            var activity = engineSeconds > 0
                ? new ChipActivity(sums.Matrix / engineSeconds, sums.Memory / bandwidth / engineSeconds, sums.Collectives / engineSeconds)
                : default;
            watts += report.Request.Chips * energy.ChipPower(system.Chip, activity).Value;
            chips += report.Request.Chips;
        }

        return chips > 0 ? watts / chips : 0;
    }
}
