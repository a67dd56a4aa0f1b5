using System.Globalization;
using Orrery.Serving;
using Orrery.Units;

namespace Orrery.Cli.Reports;

/// <summary>The report of denoising jobs for a person.</summary>
public static class GenerationText
{
    public static void Write(TextWriter output, Terminal terminal, GenerationReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        ReportText text = new(output, terminal);
        GenerationRequest request = report.Request;
        text.Title($"{request.Model.Name} on {request.System.Id}: {Count(request.Chips)} {request.System.Chip.Name} chips, {request.Precision.Text()}, kernels of {request.Stack}");
        text.Gap();
        text.Section("job");
        text.Line($"{request.Product} ({Count(request.Tokens)} patches), {Count(request.Steps)} steps{(request.PassesPerStep > 1 ? " of two passes, with and without the text" : "")}");
        text.Section("plan");
        text.Line($"{Count(request.Replicas)} group{(request.Replicas == 1 ? "" : "s")} of TP {request.TensorParallel}{(request.ContextParallel > 1 ? $", CP {request.ContextParallel}" : "")}, at most {Count(request.MaxBatch)} job{(request.MaxBatch == 1 ? "" : "s")} at once each");
        text.Section("memory");
        text.Line($"a rank: {Quantity.FormatBinary(new Bytes(request.WeightBytes), 3)} of weights, {Quantity.FormatBinary(new Bytes(request.WorkBytes), 3)} for a layer's work, of {Quantity.FormatBinary(new Bytes(request.RoomBytes), 3)}");
        text.Section("jobs");
        text.Line($"{Count(report.Jobs)} in {ServingText.Time(report.Duration)}: {request.Workload.Source}");
        text.Gap();
        text.Section("latency");
        text.Row($"{"",-22}{"mean",9}{"p50",9}{"p90",9}{"p99",9}{"low",9}{"high",9}");
        text.Row($"{"whole job",-22}{ServingText.Time(report.Job.Mean),9}{ServingText.Time(report.Job.P50),9}{ServingText.Time(report.Job.P90),9}{ServingText.Time(report.Job.P99),9}{ServingText.Time(report.Job.Low),9}{ServingText.Time(report.Job.High),9}");
        text.Row($"{"of it waiting",-22}{ServingText.Time(report.Wait.Mean),9}{ServingText.Time(report.Wait.P50),9}{ServingText.Time(report.Wait.P90),9}{ServingText.Time(report.Wait.P99),9}");
        text.Line("nothing is seen before the end: there is no time to a first token and none between tokens");
        text.Section("step");
        text.Line(ServingText.Time(report.StepSeconds) + " for one job" + (request.MaxBatch > 1 ? $", {ServingText.Time(report.BatchStepSeconds)} for a batch of {Count(request.MaxBatch)}" : "")
            + $"; {ServingText.Time(report.StepSeconds * request.Steps)} for all {Count(request.Steps)}");
        text.Section("rate");
        text.Line($"{Quantity.FormatNumber(report.JobsPerSecond * 3600, 4)} jobs an hour, {Quantity.FormatNumber(report.JobsPerSecond * 3600 / request.Chips, 3)} a chip; "
            + $"groups busy {Quantity.FormatPercent(report.Utilization, 3)} of the time, {Quantity.FormatNumber(report.MeanBatch, 3)} jobs at once");
        if (report.Attainment is { } attainment)
        {
            text.Section("level");
            text.Line($"{Quantity.FormatPercent(attainment.All, 4)} of the jobs keep it"
                + (attainment.Limit.Length > 0 ? $": MISSED, {Quantity.FormatPercent(request.ServiceLevel!.Share, 3)} are asked for" : ""));
        }

        text.Gap();
        text.Section("energy");
        text.Line($"{Quantity.FormatNumber(report.Energy.ChipPower.Value, 3)} W a chip, {Quantity.FormatNumber(report.Energy.FacilityPower.Value / 1e3, 3)} kW at the meter; "
            + $"{Quantity.FormatNumber(report.JoulesPerJob / 3600, 3)} Wh a job");
        text.Section("money");
        text.Line(report.UsdPerJob is { } each
            ? $"${Quantity.FormatNumber(report.Cost.UsdPerHour ?? 0, 4)} an hour, ${Quantity.FormatNumber(each, 3)} a job ({report.Cost.Mark}: {report.Cost.Source})"
            : $"no price is known; a dollar at one dollar a chip-hour buys {Quantity.FormatNumber(report.Cost.BreakEvenTokensPerUsd, 3)} jobs (--price {request.System.Id}=USD)");
        text.Section("limits");
        int number = 1;
        foreach (string limit in report.Limits)
            text.Entry($"{number++}. ", limit);
        if (report.Limits.IsEmpty)
            text.Line("nothing stands out");
        text.Section("how sure");
        text.Line($"a pass may take {Quantity.FormatPercent(1 - Math.Exp(-request.HalfWidth), 2)} less or {Quantity.FormatPercent(Math.Exp(request.HalfWidth) - 1, 2)} more with 80 % confidence; "
            + "text encoder and autoencoder, which run once a job, are not counted");
    }

    private static string Count(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);
}
