using System.Collections.Immutable;
using System.Text.Json;
using Orrery.Fabric;
using Orrery.Serving;
using Orrery.Units;

namespace Orrery.Cli.Reports;

/// <summary>The JSON of two pools inside that of <c>serve</c>; null where every engine works on prompts and answers.</summary>
public static class PoolJson
{
    public static void Write(Utf8JsonWriter writer, PoolReport? pools)
    {
        if (pools is null)
        {
            writer.WriteNull("pools");
            return;
        }

        writer.WriteStartObject("pools");
        WritePool(writer, "prefill", pools.Prompts);
        WritePool(writer, "decode", pools.Answers);
        writer.WriteStartObject("transfer");
        writer.WriteString("moment", pools.Rules.Moment == KvMoment.Layers ? "layers" : "after");
        writer.WriteString("firstToken", pools.Rules.AnswersBegin ? "decode" : "prefill");
        writer.WriteBoolean("scaleUp", pools.Path.IsScaleUp);
        writer.Text("domain", pools.Path.Domain?.Id);
        writer.Text("domainMark", pools.Path.Domain?.Mixing.Mark.ToString().ToLowerInvariant());
        WritePort(writer, "from", pools.Path.From, pools.SendRate, pools.Sending);
        WritePort(writer, "to", pools.Path.To, pools.ReceiveRate, pools.Receiving);
        writer.Number("latencyS", pools.Path.Latency.Value);
        writer.Number("transfers", pools.Transfers);
        writer.Number("movedBytes", pools.Moved.Value);
        writer.Number("waitingForRoomS", pools.WaitingForRoom.Value);
        writer.Number("movingS", pools.Moving.Value);
        writer.Number("longestMoveS", pools.LongestMove.Value);
        writer.Number("tpotOfDecodeS", pools.PerTokenOfAnswers.Value);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>Splits that were tried, the best first; empty where none was searched for.</summary>
    public static void WriteSplits(Utf8JsonWriter writer, ImmutableArray<TriedSplit> splits)
    {
        writer.WriteStartArray("splits");
        foreach (TriedSplit one in splits)
        {
            writer.WriteStartObject();
            writer.WriteNumber("prefillChips", one.PromptChips);
            writer.WriteNumber("decodeChips", one.AnswerChips);
            writer.WriteNumber("prefillTp", one.PromptTensor);
            writer.WriteNumber("decodeTp", one.AnswerTensor);
            writer.WriteNumber("chunk", one.TokenBudget);
            writer.Number("maxRequestsPerS", one.MaximumRate);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WritePort(Utf8JsonWriter writer, string name, TransferPort port, BytesPerSecond rate, double busy)
    {
        writer.WriteStartObject(name);
        writer.WriteString("system", port.System);
        writer.WriteString("level", port.Level);
        writer.Number("bytesPerSPerChip", port.Rate.Value);
        writer.Number("bytesPerSPerRequest", rate.Value);
        writer.Number("utilization", busy);
        writer.WriteEndObject();
    }

    private static void WritePool(Utf8JsonWriter writer, string name, ServingReport pool)
    {
        writer.WriteStartObject(name);
        writer.WriteString("system", pool.Request.System.Id);
        writer.WriteString("chip", pool.Request.System.Chip.Id);
        writer.WriteString("stack", pool.Request.Stack.Id);
        writer.WriteNumber("chips", pool.Request.Chips);
        writer.WriteNumber("ranksPerChip", pool.RanksPerChip);
        writer.WriteNumber("tp", pool.Plan.TensorParallel);
        writer.WriteNumber("pp", pool.Plan.PipelineParallel);
        writer.WriteNumber("dp", pool.Plan.DataParallel);
        writer.WriteNumber("ep", pool.Plan.ExpertParallel);
        writer.WriteNumber("replicas", pool.Plan.Replicas);
        writer.WriteString("precision", pool.Plan.Precision.Text());
        writer.WriteString("expertPrecision", pool.Plan.ExpertPrecision.Text());
        writer.WriteString("kvPrecision", pool.Plan.KvPrecision.Text());
        writer.Number("utilization", pool.Utilization);
        writer.Number("meanBatch", pool.MeanBatch);
        writer.Number("kvCacheBytes", pool.CacheCapacity.Value);
        writer.Number("kvCacheMeanShare", pool.CacheMeanShare);
        writer.Number("kvCachePeakShare", pool.CachePeakShare);
        writer.Number("preemptions", pool.Preemptions);
        writer.Number("energyJ", pool.Energy.Total.Value);
        writer.Number("chipW", pool.Energy.ChipPower.Value);
        writer.Number("facilityW", pool.Energy.FacilityPower.Value);
        writer.Number("usdPerHour", pool.Cost.UsdPerHour);
        writer.WriteString("priceMark", pool.Cost.Mark);
        writer.Texts("limits", pool.Limits);
        writer.WriteEndObject();
    }
}
