using System.Collections.Immutable;
using System.Text.Json;
using Orrery.Catalog;
using Orrery.Interchange;
using Orrery.Units;

namespace Orrery.Cli.Reports;

/// <summary>The report of <c>validate replay</c>: ASTRA-sim's benchmarks, ours and its own answers.</summary>
public static class AstraReport
{
    public const string Schema = "orrery.validate-replay/1";

    /// <summary>Writes it; the exit code says whether every case holds.</summary>
    public static int Write(CommandContext context, DataCatalog catalog)
    {
        (ImmutableArray<AstraCase> cases, ImmutableArray<Diagnostic> diagnostics) = AstraComparison.Run(catalog.DataRoot);
        if (diagnostics.Any(static d => d.Severity == Severity.Error))
            return context.RefuseInput(Schema, diagnostics);
        bool holds = cases.All(static one => one is { IsGood: true, IsExplained: true });
        if (context.IsJson)
        {
            WriteJson(context.Output, cases, diagnostics);
            return holds ? ExitCode.Done : ExitCode.AnswerIsNo;
        }

        context.Report(diagnostics);
        Table(cases).Write(context.Output, context.Terminal);
        context.Output.WriteLine();
        context.Output.WriteLine("Ours: bound, closed form and flow level. ASTRA-sim's own answer, and what makes it differ from our closed form: bytes that go one way or round the");
        context.Output.WriteLine("ring, switches that take a message whole before passing it on, chunks that follow one another and pay latency and end points again, local reduction, whole ns.");
        context.Output.WriteLine(holds
            ? $"All {cases.Length} are at or above the bound, within {100 * AstraCase.Tolerance:F0} % of the closed form, and explained."
            : "Some are below the bound, off the closed form or not explained.");
        return holds ? ExitCode.Done : ExitCode.AnswerIsNo;
    }

    /// <summary>The table, a line for each benchmark.</summary>
    public static TextTable Table(ImmutableArray<AstraCase> cases)
    {
        TextTable table = new(
            "benchmark", "network", "=bound", "=closed form", "=flow", "=ASTRA-sim", "=of ours", "=way", "=store", "=latency", "=reduction", "=whole ns", "=unexplained");
        foreach (AstraCase one in cases)
        {
            table.Add(
                $"{ReplayText.Word(one.Kind)} {one.Ranks}", one.Network, Time(one.Bound), Time(one.Closed), Time(one.Flow), Time(one.Theirs),
                $"{one.Theirs.Value / one.Closed.Value:F2}", Part(one.MoreWire), Part(one.Account.StoreAndForward), Part(one.MoreLatency), Part(one.Account.Reduction),
                Part(one.Account.Rounding), Part(one.Unexplained));
        }

        return table;
    }

    private static void WriteJson(TextWriter output, ImmutableArray<AstraCase> cases, ImmutableArray<Diagnostic> diagnostics)
    {
        using JsonText json = new(output);
        Utf8JsonWriter writer = json.Writer;
        writer.WriteStartObject();
        writer.WriteString("schema", Schema);
        writer.WriteStartArray("cases");
        foreach (AstraCase one in cases)
        {
            writer.WriteStartObject();
            writer.WriteString("kind", ReplayText.Word(one.Kind));
            writer.WriteNumber("ranks", one.Ranks);
            writer.Number("sizeBytes", one.Bytes);
            writer.WriteString("network", one.Network);
            writer.WriteString("algorithm", one.Algorithm);
            writer.Number("boundS", one.Bound.Value);
            writer.Number("closedS", one.Closed.Value);
            writer.Number("flowS", one.Flow.Value);
            writer.Number("astraSimS", one.Theirs.Value);
            writer.Number("wireS", one.MoreWire.Value);
            writer.Number("storeAndForwardS", one.Account.StoreAndForward.Value);
            writer.Number("latencyS", one.MoreLatency.Value);
            writer.Number("reductionS", one.Account.Reduction.Value);
            writer.Number("roundingS", one.Account.Rounding.Value);
            writer.Number("unexplainedS", one.Unexplained.Value);
            writer.WriteBoolean("holds", one is { IsGood: true, IsExplained: true });
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        DiagnosticsJson.Write(writer, diagnostics);
        writer.WriteEndObject();
    }

    private static string Time(Seconds time) => $"{time.Value * 1e6:F2} us";

    private static string Part(Seconds time)
    {
        double microseconds = Math.Round(time.Value * 1e6, 2);
        return microseconds == 0 ? "0" : $"{microseconds:+0.00;-0.00}";
    }
}
