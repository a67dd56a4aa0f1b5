using System.Globalization;
using System.Text.Json;
using Orrery.Serving;
using Orrery.Units;

namespace Orrery.Cli.Reports;

/// <summary>What <c>serve</c> says of proposed tokens, the host's memory and classes of requests, for people and for programs.</summary>
internal static class EngineReport
{
    /// <summary>Lines of the report; nothing where nothing of it was asked for.</summary>
    public static void Write(ReportText text, ServingReport report)
    {
        EngineFigures engine = report.Engine;
        if (report.PrefixHitShare is { } hits)
        {
            text.Line(engine.HostHitShare is { } atHost
                ? $"{Quantity.FormatPercent(hits, 3)} of the prompts' tokens were in the cache already, {Quantity.FormatPercent(atHost, 3)} in the hosts' memory, "
                    + $"{Quantity.FormatPercent(Math.Max(0, 1 - hits - atHost), 3)} in neither"
                : $"{Quantity.FormatPercent(hits, 3)} of the prompts' tokens were in the cache already");
        }

        if (engine.Swapped is { } swapped)
            text.Line($"{Quantity.FormatBinary(swapped, 3)} of sequences were swapped out to the hosts' memory");
        if (report.Request.Speculation is { } speculation && engine.TokensPerIteration is { } tokens)
        {
            text.Line($"{speculation.Draft.Name} proposes {speculation.Tokens} token{(speculation.Tokens == 1 ? "" : "s")} an iteration, accepted with probability "
                + $"{speculation.Acceptance.ToString("0.###", CultureInfo.InvariantCulture)}: {Quantity.FormatNumber(tokens, 3)} made");
        }

        if (engine.Classes.IsEmpty)
            return;
        text.Section("classes");
        foreach (ClassFigures one in engine.Classes)
        {
            text.Line($"{one.Priority}: {one.Requests.ToString("#,0", CultureInfo.InvariantCulture)} requests, first token after {ServingText.Time(one.FirstToken)} "
                + $"(nine of ten within {ServingText.Time(one.FirstTokenP90)}), whole answer after {ServingText.Time(one.EndToEnd)}");
        }
    }

    /// <summary>What engines do of it, each with what they do without, for arguments that cannot say so.</summary>
    public static IEnumerable<string> Ways(ServingRequest request)
    {
        HostMemory host = HostMemory.Of(request);
        if (request.Speculation is { } speculation)
            yield return $"speculation, {speculation.Tokens} by {speculation.Draft.Name}; tokens are made one by one";
        if (host is { IsUsed: true, Swaps: true })
            yield return "preemption swap; sequences that lose their blocks are worked on again";
        if (host is { IsUsed: true, KeepsPrompts: true })
            yield return $"host cache of {Quantity.FormatBinary(host.PerChip, 3)} a chip; blocks that the device has no room for are dropped";
        if (request.Workload.Trace.Classes > 1)
            yield return "classes of requests; they are served as they come";
    }

    /// <summary>What was asked for, among the inputs.</summary>
    public static void WriteInputs(Utf8JsonWriter writer, ServingRequest request)
    {
        HostMemory host = HostMemory.Of(request);
        writer.WriteString("preemption", host.Swaps ? "swap" : "recompute");
        writer.WriteNumber("hostCacheBytesPerChip", host.IsUsed ? host.PerChip.Value : 0);
        writer.WriteNumber("ageingS", (request.Ageing ?? request.Stack.Defaults.Ageing).Value);
        writer.WriteNumber("classes", request.Workload.Trace.Classes);
        writer.WriteStartObject("speculation");
        writer.Text("draft", request.Speculation?.Draft.Name);
        writer.Number("tokens", request.Speculation?.Tokens);
        writer.Number("acceptance", request.Speculation?.Acceptance);
        writer.WriteEndObject();
    }

    /// <summary>What came of it.</summary>
    public static void WriteFigures(Utf8JsonWriter writer, ServingReport? report)
    {
        EngineFigures? engine = report?.Engine;
        writer.Number("prefixHostHitShare", engine?.HostHitShare);
        writer.Number("prefixMissShare", report?.PrefixHitShare is { } hits ? Math.Max(0, 1 - hits - (engine?.HostHitShare ?? 0)) : null);
        writer.Number("swappedBytes", engine?.Swapped?.Value);
        writer.Number("tokensPerIteration", engine?.TokensPerIteration);
        writer.WriteStartArray("classes");
        foreach (ClassFigures one in engine?.Classes ?? [])
        {
            writer.WriteStartObject();
            writer.WriteNumber("priority", one.Priority);
            writer.WriteNumber("requests", one.Requests);
            writer.Number("ttftMeanS", one.FirstToken);
            writer.Number("ttftP90S", one.FirstTokenP90);
            writer.Number("e2eMeanS", one.EndToEnd);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
