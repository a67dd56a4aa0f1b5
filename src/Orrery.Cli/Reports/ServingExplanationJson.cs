using System.Collections.Immutable;
using System.Text.Json;
using Orrery.Catalog;
using Orrery.Cli.Verbs;
using Orrery.Serving;

namespace Orrery.Cli.Reports;

/// <summary>The JSON of <c>explain serve</c>: the keys of <c>explain train</c>, and the iterations, memory and power of the report; with pools those of answers, and under <c>prefill</c> those of prompts.</summary>
public static class ServingExplanationJson
{
    public static void Write(TextWriter output, ServingRequest request, ImmutableArray<ServingExplanation> all, IEnumerable<Diagnostic> problems)
    {
        using JsonText json = new(output);
        Utf8JsonWriter writer = json.Writer;
        writer.WriteStartObject();
        writer.WriteString("schema", ExplainVerb.Schema);
        WritePool(writer, request, all is [.., { } last] ? last : null);
        if (all.Length > 1)
        {
            writer.WriteStartObject("prefill");
            WritePool(writer, all[0].Report.Request, all[0]);
            writer.WriteEndObject();
        }
        else
        {
            writer.WriteNull("prefill");
        }

        DiagnosticsJson.Write(writer, [.. problems]);
        writer.WriteEndObject();
    }

    private static void WritePool(Utf8JsonWriter writer, ServingRequest asked, ServingExplanation? explained)
    {
        ServingRequest request = explained?.Report.Request ?? asked;
        writer.WriteString("model", request.Model.Name);
        writer.WriteString("system", request.System.Id);
        writer.WriteString("chip", request.System.Chip.Id);
        writer.WriteString("stack", request.Stack.Id);
        writer.Text("modelClass", explained?.ModelClass);
        FigureText.WriteJson(writer, "figures", [.. request.System.Chip.Figures, .. request.System.Figures, .. explained?.StackFigures ?? []]);
        FigureText.WriteJson(writer, "constants", explained?.Constants ?? []);
        WriteIteration(writer, "decodeIteration", explained?.Decode);
        WriteIteration(writer, "promptIteration", explained?.Prompt);
        writer.Number("rankMemoryBandwidthBytesPerS", explained?.MemoryBandwidth);
        writer.Number("kvCacheBytesPerToken", explained?.CacheBytesPerToken);
        writer.WriteStartObject("activity");
        writer.Number("matrix", explained?.Activity.Matrix);
        writer.Number("memory", explained?.Activity.Memory);
        writer.Number("link", explained?.Activity.Link);
        writer.WriteEndObject();
        writer.Texts("provenance", explained?.Report.Provenance ?? []);
    }

    private static void WriteIteration(Utf8JsonWriter writer, string name, ExplainedIteration? iteration)
    {
        writer.WriteStartObject(name);
        writer.Number("sequences", iteration?.Sequences);
        writer.Number("contextTokens", iteration?.Context);
        writer.Number("promptTokens", iteration?.PromptTokens);
        writer.Number("timeS", iteration?.Shares.Total);
        writer.WriteStartObject("partsS");
        foreach (TimePart part in TimePart.All)
            writer.Number(part.Key, iteration is null ? null : part.Of(iteration.Shares));
        writer.WriteEndObject();
        writer.Number("matrixBusyS", iteration?.Shares.MatrixBusy);
        writer.Number("memoryBytes", iteration?.Shares.MemoryBytes);
        writer.WriteStartArray("operators");
        foreach (OperatorLine line in iteration?.Operators ?? [])
        {
            writer.WriteStartObject();
            writer.WriteString("name", line.Name);
            writer.WriteString("shape", line.Shape);
            writer.WriteNumber("count", line.Count);
            writer.Number("executionS", line.Execution);
            writer.Number("launchS", line.Launch);
            writer.Number("matrixBusyS", line.Matrix);
            writer.Number("memoryBytes", line.Memory);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
