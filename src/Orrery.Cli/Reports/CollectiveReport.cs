using System.Text.Json;
using Orrery.Catalog;
using Orrery.Cli.Verbs;
using Orrery.Fabric;
using Orrery.Units;

namespace Orrery.Cli.Reports;

/// <summary>Collectives as text and as JSON.</summary>
public static class CollectiveReport
{
    public static void WriteText(CommandContext context, CollectiveQuestion question, List<CollectiveAnswer> answers, string provenance)
    {
        TextWriter output = context.Output;
        output.WriteLine(context.Terminal.Bold(
            $"{question.Word} over {Quantity.FormatNumber(question.Chips, 9)} chips ({Quantity.FormatNumber(question.Ranks, 9)} ranks) of {question.System.Name}"));
        output.WriteLine();
        TextTable table = new("=size", "=time", "=bound", "=bus bandwidth", "algorithm", "limited by");
        foreach (CollectiveAnswer answer in answers)
        {
            string bus = double.IsFinite(answer.BusBandwidth.Value) && answer.BusBandwidth.Value > 0 ? Quantity.Format(answer.BusBandwidth) : "-";
            table.Add(
                Quantity.FormatBinary(answer.Size), Quantity.Format(answer.Cost.Time), Quantity.Format(answer.Cost.Bound), bus, answer.Cost.Algorithm, answer.Cost.Bottleneck);
        }

        table.Write(output, context.Terminal);
        output.WriteLine();
        foreach (CollectiveAnswer answer in answers)
        {
            if (answer.Healthy is { } healthy)
                output.WriteLine($"{Quantity.FormatBinary(answer.Size)}: {Quantity.Format(healthy)} when healthy, {Quantity.FormatNumber(answer.Cost.Time.Value / healthy.Value)} times that now");
        }

        foreach (ConcurrentAnswer one in answers[^1].Together)
            output.WriteLine($"{one.Name}: {Quantity.Format(one.Alone)} alone, {Quantity.Format(one.Together)} beside the others ({Quantity.FormatNumber(one.Rounds, 9)} round{(one.Rounds == 1 ? "" : "s")})");
        if (answers[^1].Detour.Length > 0)
            output.WriteLine($"a message went around by {answers[^1].Detour}");
        output.WriteLine(provenance);
        output.WriteLine($"Next: {CommandLine.Program} show {Quote.Argument(question.SystemName)} --links");
    }

    public static void WriteJson(TextWriter output, CollectiveQuestion question, List<CollectiveAnswer> answers, IEnumerable<Diagnostic> problems)
    {
        using JsonText json = new(output);
        Utf8JsonWriter writer = json.Writer;
        writer.WriteStartObject();
        writer.WriteString("schema", CollectiveVerb.Schema);
        writer.WriteStartObject("inputs");
        writer.WriteString("operation", question.Word);
        writer.WriteString("system", question.System.Id);
        writer.WriteNumber("chips", question.Chips);
        writer.WriteNumber("ranks", question.Ranks);
        writer.WriteEndObject();
        WriteAnswer(writer, answers[^1]);
        writer.WriteStartArray("sizes");
        foreach (CollectiveAnswer answer in answers)
        {
            writer.WriteStartObject();
            WriteAnswer(writer, answer);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        DiagnosticsJson.Write(writer, problems);
        writer.WriteEndObject();
    }

    private static void WriteAnswer(Utf8JsonWriter writer, CollectiveAnswer answer)
    {
        writer.Number("sizeBytes", answer.Size.Value);
        writer.Number("timeS", answer.Cost.Time.Value);
        writer.Number("boundS", answer.Cost.Bound.Value);
        writer.WriteString("algorithm", answer.Cost.Algorithm);
        writer.Number("busBandwidthBytesPerS", answer.BusBandwidth.Value);
        writer.WriteString("bottleneck", answer.Cost.Bottleneck);
        if (answer.Together.Count > 0)
        {
            writer.WriteStartArray("together");
            foreach (ConcurrentAnswer one in answer.Together)
            {
                writer.WriteStartObject();
                writer.WriteString("name", one.Name);
                writer.Number("aloneS", one.Alone.Value);
                writer.Number("togetherS", one.Together.Value);
                writer.WriteNumber("rounds", one.Rounds);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        if (answer.Healthy is { } healthy)
        {
            writer.Number("healthyTimeS", healthy.Value);
            writer.WriteString("detour", answer.Detour);
        }
    }
}
