using System.Collections.Immutable;
using System.Text.Json;
using Orrery.Interchange.Launch;
using Orrery.Serving;
using Orrery.Units;

namespace Orrery.Cli.Reports;

/// <summary>The JSON of <c>serve</c>. Every key always exists; figures of a plan that was never found are null.</summary>
public static class ServingJson
{
    public const string Schema = "orrery.serve/1";

    public static void Write(TextWriter output, ServingRequest request, ImmutableArray<string> arguments, ServingOutcome outcome, LaunchText? launch = null)
    {
        using JsonText json = new(output);
        Utf8JsonWriter writer = json.Writer;
        ServingReport? report = outcome.Report;
        writer.WriteStartObject();
        writer.WriteString("schema", Schema);
        WriteInputs(writer, request, report, arguments);
        WritePlan(writer, report?.Plan);
        writer.Texts("chosen", report?.Chosen ?? []);
        WriteTried(writer, outcome.Tried);
        PoolJson.WriteSplits(writer, outcome.Splits);
        WriteDistribution(writer, "ttftS", report?.FirstToken);
        WriteDistribution(writer, "tpotS", report?.PerToken);
        WriteDistribution(writer, "e2eS", report?.EndToEnd);
        writer.Number("durationS", report?.Duration.Value);
        writer.Number("offeredRequestsPerS", report?.Load?.RequestsPerSecond);
        if (report?.Load is { } load)
            writer.WriteBoolean("isOverloaded", load.PilesUp);
        else
            writer.WriteNull("isOverloaded");
        writer.Number("requestsPerS", report?.RequestsPerSecond);
        writer.Number("inputTokensPerS", report?.InputTokensPerSecond);
        writer.Number("outputTokensPerS", report?.OutputTokensPerSecond);
        writer.Number("outputTokensPerSPerChip", report?.OutputTokensPerSecond / request.Chips);
        WriteAttainment(writer, report?.Attainment);
        WriteMaximum(writer, outcome.MaximumRate);
        writer.Number("utilization", report?.Utilization);
        writer.Number("meanBatch", report?.MeanBatch);
        writer.Number("kvCacheBytes", report?.CacheCapacity.Value);
        writer.Number("kvCacheMeanShare", report?.CacheMeanShare);
        writer.Number("kvCachePeakShare", report?.CachePeakShare);
        writer.Number("prefixHitShare", report?.PrefixHitShare);
        writer.Number("preemptions", report?.Preemptions);
        EngineReport.WriteFigures(writer, report);
        WriteMemory(writer, report?.Memory);
        WriteStart(writer, report);
        WriteShares(writer, report);
        WriteEnergy(writer, report);
        WriteCost(writer, report);
        PoolJson.Write(writer, report?.Pools);
        writer.Number("simulatedRequests", report?.Requests);
        writer.Number("refusedRequests", report?.Refused);
        writer.Texts("limits", report?.Limits ?? []);
        writer.Number("sigma", report?.Sigma);
        writer.Texts("provenance", report?.Provenance ?? []);
        LaunchAnswer.Write(writer, launch);
        DiagnosticsJson.Write(writer, outcome.Diagnostics);
        writer.WriteEndObject();
    }

    private static void WriteInputs(Utf8JsonWriter writer, ServingRequest request, ServingReport? report, ImmutableArray<string> arguments)
    {
        writer.WriteStartObject("inputs");
        writer.WriteString("model", request.Model.Name);
        writer.WriteString("system", request.System.Id);
        writer.WriteString("chip", request.System.Chip.Id);
        writer.WriteString("stack", request.Stack.Id);
        writer.WriteNumber("chips", request.Chips);
        writer.Number("ranksPerChip", report?.RanksPerChip);
        writer.WriteString("workload", request.Workload.Source);
        writer.WriteNumber("requests", request.Workload.Trace.Count);
        writer.WriteNumber("concurrency", request.Workload.Clients);
        writer.Number("conversations", request.Workload.Trace.Conversations?.Count);
        writer.WriteString("batching", request.Batching?.Name ?? request.Stack.Batching);
        writer.WriteString("router", request.Router?.Name ?? Routers.All[0].Name);
        writer.WriteNumber("maxBatch", request.MaxBatch ?? request.Stack.MaxBatch);
        writer.WriteNumber("chunk", request.TokenBudget ?? request.Stack.TokenBudget);
        EngineReport.WriteInputs(writer, request);
        writer.WriteNumber("expertSkew", request.ExpertSkew ?? request.Stack.ExpertSkew);
        writer.WriteNumber("expertImbalance", request.ExpertImbalance ?? request.Stack.ExpertImbalance);
        writer.Number("maxContext", request.ContextTokens ?? request.Model.MaxPositions);
        writer.Number("usdPerChipHour", request.UsdPerChipHour ?? (report?.Cost.UsdPerHour / request.Chips));
        writer.Texts("arguments", arguments);
        writer.WriteEndObject();
    }

    private static void WritePlan(Utf8JsonWriter writer, ServingPlan? plan)
    {
        writer.WriteStartObject("plan");
        writer.Number("tp", plan?.TensorParallel);
        writer.Number("pp", plan?.PipelineParallel);
        writer.Number("dp", plan?.DataParallel);
        writer.Number("ep", plan?.ExpertParallel);
        writer.Number("replicas", plan?.Replicas);
        writer.Text("precision", plan?.Precision.Text());
        writer.Text("expertPrecision", plan?.ExpertPrecision.Text());
        writer.Text("kvPrecision", plan?.KvPrecision.Text());
        writer.WriteEndObject();
    }

    private static void WriteTried(Utf8JsonWriter writer, ImmutableArray<TriedLayout> tried)
    {
        writer.WriteStartArray("tried");
        foreach (TriedLayout one in tried)
        {
            writer.WriteStartObject();
            WritePlan(writer, one.Plan);
            writer.WriteNumber("maxBatch", one.MaxBatch);
            writer.Number("maxRequestsPerS", one.MaximumRate);
            writer.Number("sloAttainment", one.Attainment);
            writer.Number("e2eMeanS", one.EndToEnd);
            writer.Number("outputTokensPerS", one.OutputTokensPerSecond);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary>A distribution's mean, quantiles and interval; nulls where there is none.</summary>
    internal static void WriteDistribution(Utf8JsonWriter writer, string name, Distribution? distribution)
    {
        writer.WriteStartObject(name);
        writer.Number("mean", distribution?.Mean);
        writer.Number("p50", distribution?.P50);
        writer.Number("p90", distribution?.P90);
        writer.Number("p99", distribution?.P99);
        writer.Number("low", distribution?.Low);
        writer.Number("high", distribution?.High);
        writer.WriteEndObject();
    }

    private static void WriteAttainment(Utf8JsonWriter writer, ServiceAttainment? attainment)
    {
        writer.Number("sloAttainment", attainment?.All);
        writer.WriteStartObject("sloAttainmentOf");
        writer.Number("ttft", attainment?.FirstToken);
        writer.Number("tpot", attainment?.PerToken);
        writer.Number("e2e", attainment?.EndToEnd);
        writer.WriteEndObject();
        writer.Text("sloLimit", attainment is { Limit.Length: > 0 } missed ? missed.Limit : null);
    }

    /// <summary>Null where the highest rate was not asked for.</summary>
    private static void WriteMaximum(Utf8JsonWriter writer, MaximumRate? maximum)
    {
        if (maximum is null)
        {
            writer.WriteNull("maxRate");
            return;
        }

        writer.WriteStartObject("maxRate");
        writer.Number("requestsPerS", maximum.Rate);
        writer.WriteString("unit", maximum.Unit);
        writer.Number("low", maximum.Low);
        writer.Number("high", maximum.High);
        writer.Number("tolerance", maximum.Tolerance);
        writer.Number("runs", maximum.Runs);
        writer.Number("requests", maximum.Requests);
        writer.Text("limit", maximum.Limit.Length > 0 ? maximum.Limit : null);
        writer.WriteEndObject();
    }

    /// <summary>Null where nothing is compiled.</summary>
    private static void WriteStart(Utf8JsonWriter writer, ServingReport? report)
    {
        if (report is null || report.Pools is not null || ServingStart.Of(report.Request, report.Plan, report.Memory) is not { } start)
        {
            writer.WriteNull("start");
            return;
        }

        writer.WriteStartObject("start");
        writer.WriteNumber("graphs", start.Graphs);
        writer.Number("compileS", start.Compile.Value);
        writer.Number("loadS", start.Load.Value);
        writer.WriteEndObject();
    }

    private static void WriteMemory(Utf8JsonWriter writer, ServingMemory? memory)
    {
        writer.WriteStartObject("memory");
        writer.Number("weightsBytes", memory?.Weights.Value);
        writer.Number("reservedBytes", memory?.Reserved.Value);
        writer.Number("cacheBytes", memory?.Cache.Value);
        writer.Number("capacityBytes", memory?.Capacity.Value);
        writer.WriteEndObject();
    }

    private static void WriteShares(Utf8JsonWriter writer, ServingReport? report)
    {
        writer.WriteStartObject("engineTimeS");
        foreach (TimePart part in TimePart.All)
            writer.Number(part.Key, report is null ? null : part.Of(report.Shares));
        writer.Number("idle", report is null ? null : Math.Max(0, report.EngineSeconds - report.Shares.Total));
        writer.WriteEndObject();
    }

    private static void WriteEnergy(Utf8JsonWriter writer, ServingReport? report)
    {
        writer.WriteStartObject("energy");
        writer.Number("totalJ", report?.Energy.Total.Value);
        writer.Number("chipW", report?.Energy.ChipPower.Value);
        writer.Number("facilityW", report?.Energy.FacilityPower.Value);
        writer.Number("jPerOutputToken", report?.Energy.Total.Value / (report?.OutputTokensPerSecond * report?.Duration.Value));
        writer.WriteEndObject();
    }

    private static void WriteCost(Utf8JsonWriter writer, ServingReport? report)
    {
        writer.WriteStartObject("cost");
        writer.Number("usdPerHour", report?.Cost.UsdPerHour);
        writer.Number("usdPerMillionOutputTokens", report?.Cost.UsdPerMillionTokens);
        writer.Number("usdPerMillionTokens", report?.UsdPerMillionTokens);
        writer.Text("priceMark", report?.Cost.Mark);
        writer.Text("priceSource", report?.Cost.Source);
        writer.Number("breakEvenTokensPerUsd", report?.Cost.BreakEvenTokensPerUsd);
        writer.WriteEndObject();
    }
}
