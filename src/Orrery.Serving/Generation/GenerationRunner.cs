using System.Collections.Immutable;
using System.Globalization;
using Orrery.Accounting;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>Answers a <see cref="GenerationRequest"/>.</summary>
public static class GenerationRunner
{
    /// <summary>Runs the jobs three times: as predicted, and with passes as slow and as fast as the model's own doubt.</summary>
    /// <param name="pass">Cost of a pass over so many sequences.</param>
    public static GenerationReport Run(GenerationRequest request, Func<int, PassCost> pass, EnergyModel energy)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(pass);
        ArgumentNullException.ThrowIfNull(energy);
        var passes = new PassCost?[request.MaxBatch + 1];
        PassCost PassOf(int jobs) => passes[jobs] ??= pass(jobs * request.PassesPerStep);
        double factor = Math.Exp(request.HalfWidth);
        (RequestBook fastBook, _, _) = RunScaled(request, PassOf, 1 / factor);
        (RequestBook slowBook, _, _) = RunScaled(request, PassOf, factor);
        (RequestBook book, long[] batches, double[] waits) = RunScaled(request, PassOf, 1);

        long last = 0;
        foreach (long finish in book.Finishes)
            last = Math.Max(last, finish);
        double duration = Math.Max(last, 1) / RequestTrace.TicksPerSecond;
        double engineTime = duration * request.Replicas;
        double busy = 0;
        double matrix = 0;
        double memory = 0;
        double link = 0;
        double taken = 0;
        for (int size = 1; size < batches.Length; size++)
        {
            if (batches[size] == 0)
                continue;
            double times = (double)batches[size] * request.Steps;
            PassCost cost = PassOf(size);
            busy += times * cost.Seconds;
            matrix += times * cost.MatrixBusy;
            memory += times * cost.MemoryBytes;
            link += times * cost.Link;
            taken += batches[size];
        }

        double bandwidth = request.System.Chip.MemoryBandwidth.Value.Value / request.RanksPerChip;
        var activity = new ChipActivity(matrix / engineTime, memory / bandwidth / engineTime, link / engineTime);
        double[] times1 = JobTimes(book);
        ServiceAttainment? attainment = request.ServiceLevel is { EndToEnd: { } limit } level ? AttainmentOf(level, limit.Value, times1, PassOf(1).Seconds * request.Steps) : null;
        Distribution job = Distribution.Of(times1) with { Low = Mean(fastBook), High = Mean(slowBook) };
        double alone = PassOf(1).Seconds;
        return new GenerationReport(
            request, job, Distribution.Of(waits), alone, PassOf(request.MaxBatch).Seconds, duration, book.Finished, Math.Min(1, busy / engineTime), book.Finished / taken,
            attainment, energy.Of(request.System, activity, request.Chips, new Seconds(duration)),
            CostModel.Of(request.System, request.Chips, book.Finished / duration, request.UsdPerChipHour),
            Limits(request, busy, engineTime, matrix, memory / bandwidth, link), book);
    }

    private static (RequestBook Book, long[] Batches, double[] Waits) RunScaled(GenerationRequest request, Func<int, PassCost> pass, double scale)
    {
        ServingWorkload workload = request.Workload;
        RequestBook book = new(workload.Trace, waitsForClients: true);
        long[] batches = new long[request.MaxBatch + 1];
        double[] waits = new double[workload.Trace.Count];
        GenerationQueue.Run(
            book, request.Replicas, request.MaxBatch, size => scale * request.Steps * pass(size).Seconds, workload.Clients,
            (long)(workload.ClientDelay * RequestTrace.TicksPerSecond), batches, waits);
        return (book, batches, waits);
    }

    private static double[] JobTimes(RequestBook book)
    {
        double[] times = new double[book.Count];
        for (int job = 0; job < times.Length; job++)
            times[job] = (book.Finishes[job] - book.Arrivals[job]) / RequestTrace.TicksPerSecond;
        return times;
    }

    private static double Mean(RequestBook book) => JobTimes(book).Average();

    private static ServiceAttainment AttainmentOf(ServiceLevel level, double limit, ReadOnlySpan<double> times, double alone)
    {
        double kept = 0;
        foreach (double time in times)
            kept += time <= limit ? 1 : 0;
        kept /= Math.Max(1, times.Length);
        string missed = "";
        if (kept < level.Share)
        {
            missed = string.Create(CultureInfo.InvariantCulture, $"e2e: {kept:P1} of the jobs keep {limit:G4} s; ")
                + (alone > limit
                    ? string.Create(CultureInfo.InvariantCulture, $"one job alone takes {alone:G3} s, so no load keeps it: wider --tp or --cp, fewer --steps or another system")
                    : "jobs wait for one another: more --replicas or chips, or a smaller --max-batch where batches take longer than the limit");
        }

        return new ServiceAttainment(kept, null, null, kept, missed);
    }

    private static ImmutableArray<string> Limits(GenerationRequest request, double busy, double engineTime, double matrix, double memory, double link)
    {
        LimitList found = new();
        if (request.Workload.Clients == 0)
            found.AddIdle(1 - (busy / engineTime), "groups", "jobs");
        found.Add(matrix / busy, "matrix units", "more chips, fewer --steps");
        found.Add(memory / busy, "memory bandwidth", "a larger --max-batch shares the reading of weights");
        found.Add(link / busy, "communication between the ranks of a group", "narrower --tp and more --replicas");
        return found.Strongest();
    }
}
