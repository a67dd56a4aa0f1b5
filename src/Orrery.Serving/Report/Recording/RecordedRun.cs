using Orrery.Accounting;
using Orrery.Catalog;

namespace Orrery.Serving;

/// <summary>The run of a report once more, with a recorder: same requests, same engines, same instants.</summary>
public sealed class RecordedRun
{
    private readonly EnergyModel energy;
    private readonly SystemDescription system;
    private readonly double memoryBandwidth;

    private RecordedRun(RequestBook book, RunRecorder recorder, EnergyModel energy, SystemDescription system, double memoryBandwidth)
    {
        Book = book;
        Recorder = recorder;
        this.energy = energy;
        this.system = system;
        this.memoryBandwidth = memoryBandwidth;
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
            book, recorder, EnergyModel.Open(context.Catalog.DataRoot), request.System, request.System.Chip.MemoryBandwidth.Value.Value / report.RanksPerChip);
    }

    /// <summary>Watts of one chip, mean over <paramref name="engineSeconds"/> of all engines.</summary>
    internal double ChipPower(in EngineInterval sums, double engineSeconds) => engineSeconds <= 0 ? 0 : energy.ChipPower(
        system.Chip,
        new ChipActivity(sums.Matrix / engineSeconds, sums.Memory / memoryBandwidth / engineSeconds, sums.Collectives / engineSeconds)).Value;
}
