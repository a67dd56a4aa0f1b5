using System.Collections.Immutable;
using System.Text.Json;
using Orrery.Catalog;
using Orrery.Serving;
using Orrery.Units;

namespace Orrery.Cli.Reports;

/// <summary>The JSON of denoising jobs: the keys of <c>serve</c>, those of tokens and caches null, and <c>generation</c> beside them.</summary>
public static class GenerationJson
{
    /// <summary>Writes a report; null where there is none.</summary>
    public static void Write(TextWriter output, GenerationReport? report, ImmutableArray<string> arguments, IEnumerable<Diagnostic> diagnostics)
    {
        using JsonText json = new(output);
        Utf8JsonWriter writer = json.Writer;
        GenerationRequest? request = report?.Request;
        writer.WriteStartObject();
        writer.WriteString("schema", ServingJson.Schema);
        writer.WriteStartObject("inputs");
        writer.Text("model", request?.Model.Name);
        writer.Text("system", request?.System.Id);
        writer.Text("chip", request?.System.Chip.Id);
        writer.Text("stack", request?.Stack);
        writer.Number("chips", request?.Chips);
        writer.Number("ranksPerChip", request?.RanksPerChip);
        writer.Text("workload", request?.Workload.Source);
        writer.Number("requests", request?.Workload.Trace.Count);
        writer.Number("concurrency", request?.Workload.Clients);
        writer.Number("maxBatch", request?.MaxBatch);
        writer.Texts("arguments", arguments);
        writer.WriteEndObject();
        writer.WriteStartObject("plan");
        writer.Number("tp", request?.TensorParallel);
        writer.Number("cp", request?.ContextParallel);
        writer.Number("replicas", request?.Replicas);
        writer.Text("precision", request?.Precision.Text());
        writer.WriteEndObject();
        ServingJson.WriteDistribution(writer, "ttftS", null);
        ServingJson.WriteDistribution(writer, "tpotS", null);
        ServingJson.WriteDistribution(writer, "e2eS", report?.Job);
        writer.Number("durationS", report?.Duration);
        writer.Number("requestsPerS", report?.JobsPerSecond);
        foreach (string none in (string[])["inputTokensPerS", "outputTokensPerS"])
            writer.WriteNull(none);
        writer.Number("sloAttainment", report?.Attainment?.All);
        writer.Text("sloLimit", report?.Attainment is { Limit.Length: > 0 } missed ? missed.Limit : null);
        writer.Number("utilization", report?.Utilization);
        writer.Number("meanBatch", report?.MeanBatch);
        foreach (string none in (string[])["kvCacheBytes", "preemptions"])
            writer.WriteNull(none);
        writer.WriteStartObject("memory");
        writer.Number("weightsBytes", request?.WeightBytes);
        writer.Number("workBytes", request?.WorkBytes);
        writer.Number("capacityBytes", request?.RoomBytes);
        writer.WriteEndObject();
        Generation(writer, report);
        writer.WriteStartObject("energy");
        writer.Number("totalJ", report?.Energy.Total.Value);
        writer.Number("chipW", report?.Energy.ChipPower.Value);
        writer.Number("facilityW", report?.Energy.FacilityPower.Value);
        writer.WriteNull("jPerOutputToken");
        writer.Number("jPerJob", report?.JoulesPerJob);
        writer.WriteEndObject();
        writer.WriteStartObject("cost");
        writer.Number("usdPerHour", report?.Cost.UsdPerHour);
        writer.WriteNull("usdPerMillionOutputTokens");
        writer.Number("usdPerJob", report?.UsdPerJob);
        writer.Text("priceMark", report?.Cost.Mark);
        writer.Text("priceSource", report?.Cost.Source);
        writer.WriteEndObject();
        writer.Number("simulatedRequests", report?.Jobs);
        writer.Texts("limits", report?.Limits ?? []);
        DiagnosticsJson.Write(writer, diagnostics);
        writer.WriteEndObject();
    }

    private static void Generation(Utf8JsonWriter writer, GenerationReport? report)
    {
        GenerationRequest? request = report?.Request;
        writer.WriteStartObject("generation");
        writer.Text("product", request?.Product);
        writer.Number("patches", request?.Tokens);
        writer.Number("steps", request?.Steps);
        writer.Number("passesPerStep", request?.PassesPerStep);
        writer.Number("stepS", report?.StepSeconds);
        writer.Number("batchStepS", report?.BatchStepSeconds);
        writer.Number("stepLowS", report?.StepSeconds * Math.Exp(-(request?.HalfWidth ?? 0)));
        writer.Number("stepHighS", report?.StepSeconds * Math.Exp(request?.HalfWidth ?? 0));
        writer.Number("jobAloneS", report?.StepSeconds * request?.Steps);
        writer.Number("jobsPerHour", report?.JobsPerSecond * 3600);
        ServingJson.WriteDistribution(writer, "waitS", report?.Wait);
        writer.WriteEndObject();
    }
}
