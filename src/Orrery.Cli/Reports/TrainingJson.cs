using System.Text.Json;
using Orrery.Cli.Verbs;
using Orrery.Interchange.Launch;
using Orrery.Training;
using Orrery.Units;

namespace Orrery.Cli.Reports;

/// <summary>The JSON of <c>train</c>. Every key always exists; figures of a plan that was never found are null.</summary>
public static class TrainingJson
{
    public const string Schema = "orrery.train/1";

    public static void Write(TextWriter output, TrainingQuestion question, TrainingOutcome outcome, LaunchText? launch = null)
    {
        using JsonText json = new(output);
        Utf8JsonWriter writer = json.Writer;
        TrainingReport? report = outcome.Report;
        writer.WriteStartObject();
        writer.WriteString("schema", Schema);
        WriteInputs(writer, question, report);
        WritePlan(writer, report?.Plan);
        writer.Texts("chosen", report?.Chosen ?? []);
        writer.Number("plansEvaluated", report?.PlansEvaluated);
        writer.Number("ranks", report?.Ranks);
        writer.Number("ranksPerChip", report?.RanksPerChip);
        writer.Number("stepTimeS", report?.StepTime.Value);
        writer.Number("stepTimeLowS", report?.StepTimeLow.Value);
        writer.Number("stepTimeHighS", report?.StepTimeHigh.Value);
        if (report?.HealthyStepTime is { } healthy)
        {
            writer.Number("healthyStepTimeS", healthy.Value);
            writer.WriteString("detour", report.Detour);
        }

        writer.Number("tokensPerStep", report?.TokensPerStep);
        writer.Number("tokensPerS", report?.TokensPerSecond);
        writer.Number("tokensPerSPerChip", report?.TokensPerSecondPerChip);
        writer.Number("sequencesPerS", report is null ? null : report.Plan.GlobalBatch / report.StepTime.Value);
        writer.Number("mfu", report?.Mfu);
        writer.Number("hfu", report?.Hfu);
        writer.Number("modelFlopsPerSPerChip", report?.ModelFlopPerChip.Value);
        WriteMemory(writer, report?.Memory);
        WriteBreakdown(writer, report?.Breakdown);
        WriteEnergy(writer, report?.Energy);
        WriteCost(writer, report?.Cost);
        WriteRun(writer, report?.Run);
        WriteLimits(writer, report);
        writer.Texts("provenance", report?.Provenance ?? []);
        LaunchAnswer.Write(writer, launch);
        DiagnosticsJson.Write(writer, outcome.Diagnostics);
        writer.WriteEndObject();
    }

    private static void WriteInputs(Utf8JsonWriter writer, TrainingQuestion question, TrainingReport? report)
    {
        TrainingRequest request = report?.Request ?? question.Request;
        Plan? plan = report?.Plan;
        writer.WriteStartObject("inputs");
        writer.WriteString("model", request.Model.Name);
        writer.WriteString("system", request.System.Id);
        writer.WriteString("chip", request.System.Chip.Id);
        writer.WriteString("stack", request.Stack.Id);
        writer.WriteNumber("chips", request.Chips);
        writer.Number("lnc", request.Lnc ?? LogicalCoreSetting(request, report));
        writer.Number("tp", plan?.TensorParallel ?? request.TensorParallel);
        writer.Number("pp", plan?.PipelineParallel ?? request.PipelineParallel);
        writer.Number("vpp", plan?.VirtualStages ?? request.VirtualStages);
        writer.Number("dp", plan?.DataParallel ?? request.DataParallel);
        writer.Number("cp", plan?.ContextParallel ?? request.ContextParallel);
        writer.Number("ep", plan?.ExpertParallel ?? request.ExpertParallel);
        writer.Number("etp", plan?.ExpertTensorParallel ?? request.ExpertTensorParallel);
        writer.Number("microBatch", plan?.MicroBatch ?? request.MicroBatch);
        writer.Number("globalBatch", plan?.GlobalBatch ?? request.GlobalBatch);
        writer.Number("seq", plan?.Sequence ?? request.Sequence);
        writer.Text("recompute", plan is not null ? Recomputed(plan) : request.Recompute is { } recompute ? PlanWords.RecomputeText(recompute, request.RecomputeModules) : null);
        writer.WriteString("offload", PlanWords.Text((int)request.Offload, PlanWords.Offloads));
        writer.Text("pipelineSplit", report?.LayersOfChunks is { Length: > 0 } layers ? string.Join(',', layers) : request.Split?.ToString());
        writer.Number("prefetch", plan?.Prefetch ?? request.Prefetch);
        writer.Number("expertImbalance", plan?.ExpertImbalance ?? request.ExpertImbalance);
        writer.Number("capacityFactor", request.CapacityFactor);
        writer.WriteBoolean("overlapExperts", request.OverlapsExperts ?? false);
        writer.Number("documentLength", request.DocumentLength);
        writer.Number("documentSpread", request.DocumentSpread);
        writer.Number("zero", plan?.Zero ?? request.Zero);
        writer.Number("shardRanks", plan?.ShardRanks ?? request.ShardRanks);
        writer.Number("images", request.Inputs.Images);
        writer.Text("imageSize", request.Inputs.ImageSize);
        writer.Number("frames", request.Inputs.Frames);
        writer.Number("encoderSeq", request.Inputs.EncoderTokens);
        writer.Number("predictionModules", PredictionModules(request));
        writer.WriteString("precision", (plan?.Precision ?? request.Precision).Text());
        writer.WriteString("optimizerStates", request.OptimizerStates.Text());
        writer.WriteString("gradients", (request.Gradients ?? (request.Stack.GradientBytes < 4 ? NumberFormat.Bf16 : NumberFormat.Fp32)).Text());
        writer.Text("frozenWeights", request.FrozenWeights?.Text());
        writer.Number("adapterRank", request.FrozenWeights is null ? null : request.AdapterRank ?? plan?.AdapterRank);
        writer.Text("schedule", (plan?.Schedule ?? request.Schedule)?.Name);
        writer.Text("cpLayout", (plan?.ContextLayout ?? request.ContextLayout)?.Name);
        writer.Number("cpInner", plan?.ContextInner ?? request.ContextInner);
        writer.Text("cpBalance", (plan?.IsContextBalanced ?? request.IsContextBalanced) is { } isBalanced ? PlanWords.Balances[isBalanced ? 0 : 1] : null);
        if ((plan?.SequenceParallel ?? request.SequenceParallel) is { } isSequenceParallel)
            writer.WriteBoolean("sequenceParallel", isSequenceParallel);
        else
            writer.WriteNull("sequenceParallel");
        writer.Text("attention", (plan?.Attention ?? request.Attention)?.Text());
        writer.WriteString("order", plan?.Order ?? request.Order);
        writer.WriteString("network", question.Network);
        writer.Number("usdPerChipHour", request.UsdPerChipHour ?? (report?.Cost.UsdPerHour / request.Chips));
        writer.Number("tokens", request.Tokens);
        writer.WriteNumber("seed", request.Seed);
        writer.Texts("assume", question.Assumptions);
        writer.WriteEndObject();
    }

    /// <summary>Layers that predict a further token.</summary>
    private static int PredictionModules(TrainingRequest request)
    {
        int modules = 0;
        for (int depth = 0; depth < request.Model.Layers; depth++)
            modules += request.Model.Layer(depth).IsPredictionModule ? 1 : 0;
        return modules;
    }

    /// <summary>The setting that gives a chip as many ranks as the report has; null on chips without one.</summary>
    private static int? LogicalCoreSetting(TrainingRequest request, TrainingReport? report)
    {
        int ranks = report?.RanksPerChip ?? request.System.Chip.RanksPerChip;
        foreach ((int setting, int perChip) in request.System.Chip.RanksByLnc)
        {
            if (perChip == ranks)
                return setting;
        }

        return null;
    }

    private static string Recomputed(Plan plan) => PlanWords.RecomputeText(plan.Recompute, plan.RecomputeModules);

    private static void WritePlan(Utf8JsonWriter writer, Plan? plan)
    {
        writer.WriteStartObject("plan");
        writer.Number("tp", plan?.TensorParallel);
        writer.Number("pp", plan?.PipelineParallel);
        writer.Number("vpp", plan?.VirtualStages);
        writer.Number("dp", plan?.DataParallel);
        writer.Number("cp", plan?.ContextParallel);
        writer.Number("ep", plan?.ExpertParallel);
        writer.Number("microBatch", plan?.MicroBatch);
        writer.Number("globalBatch", plan?.GlobalBatch);
        writer.Number("seq", plan?.Sequence);
        writer.Text("recompute", plan is null ? null : Recomputed(plan));
        writer.Number("zero", plan?.Zero);
        writer.Text("precision", plan?.Precision.Text());
        writer.Text("schedule", plan?.Schedule.Name);
        writer.WriteEndObject();
    }

    private static void WriteMemory(Utf8JsonWriter writer, MemoryReport? memory)
    {
        writer.WriteStartObject("memory");
        writer.Number("weightsBytes", memory?.Weights.Value);
        writer.Number("gradientsBytes", memory?.Gradients.Value);
        writer.Number("optimizerBytes", memory?.Optimizer.Value);
        writer.Number("activationsBytes", memory?.Activations.Value);
        writer.Number("workspaceBytes", memory?.Workspace.Value);
        writer.Number("totalBytes", memory?.Total.Value);
        writer.Number("capacityBytes", memory?.Capacity.Value);
        if (memory is null)
            writer.WriteNull("fits");
        else
            writer.WriteBoolean("fits", memory.Fits);
        writer.Number("hostBytes", memory?.Host.Value);
        writer.WriteEndObject();
    }

    private static void WriteBreakdown(Utf8JsonWriter writer, StepBreakdown? breakdown)
    {
        writer.WriteStartObject("breakdownS");
        writer.Number("compute", breakdown?.Compute.Value);
        writer.Number("recompute", breakdown?.Recompute.Value);
        writer.Number("tensorParallel", breakdown?.TensorParallel.Value);
        writer.Number("contextParallel", breakdown?.ContextParallel.Value);
        writer.Number("expertParallel", breakdown?.ExpertParallel.Value);
        writer.Number("pipelineTransfer", breakdown?.PipelineTransfer.Value);
        writer.Number("pipelineBubble", breakdown?.PipelineBubble.Value);
        writer.Number("dataParallel", breakdown?.DataParallel.Value);
        writer.Number("optimizer", breakdown?.Optimizer.Value);
        writer.Number("straggler", breakdown?.Straggler.Value);
        writer.Number("overhead", breakdown?.Overhead.Value);
        writer.WriteEndObject();
    }

    private static void WriteEnergy(Utf8JsonWriter writer, EnergyReport? energy)
    {
        writer.WriteStartObject("energy");
        writer.Number("stepJ", energy?.Step.Value);
        writer.Number("chipW", energy?.Chip.Value);
        writer.Number("facilityW", energy?.Facility.Value);
        writer.WriteEndObject();
    }

    private static void WriteCost(Utf8JsonWriter writer, CostReport? cost)
    {
        writer.WriteStartObject("cost");
        writer.Number("usdPerHour", cost?.UsdPerHour);
        writer.Number("usdPerMillionTokens", cost?.UsdPerMillionTokens);
        writer.Text("priceMark", cost?.PriceMark);
        writer.Text("priceSource", cost?.PriceSource);
        writer.Number("breakEvenTokensPerUsd", cost?.BreakEvenTokensPerUsd);
        writer.WriteEndObject();
    }

    private static void WriteRun(Utf8JsonWriter writer, RunReport? run)
    {
        if (run is null)
        {
            writer.WriteNull("run");
            return;
        }

        writer.WriteStartObject("run");
        writer.Number("tokens", run.Tokens);
        writer.Number("timeS", run.Time.Value);
        writer.Number("energyJ", run.Energy.Value);
        writer.Number("usd", run.Usd);
        writer.WriteEndObject();
    }

    private static void WriteLimits(Utf8JsonWriter writer, TrainingReport? report)
    {
        writer.WriteStartArray("limits");
        foreach (Limit limit in report?.Limits ?? [])
        {
            writer.WriteStartObject();
            writer.WriteString("what", limit.What);
            writer.Number("timeS", limit.Time.Value);
            writer.WriteString("remedy", limit.Remedy);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("uncertainties");
        foreach (Uncertainty uncertainty in report?.Uncertainties ?? [])
        {
            writer.WriteStartObject();
            writer.WriteString("what", uncertainty.What);
            writer.Number("relativeHalfWidth", uncertainty.RelativeHalfWidth);
            writer.Number("below", uncertainty.Below);
            writer.Number("above", uncertainty.Above);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
