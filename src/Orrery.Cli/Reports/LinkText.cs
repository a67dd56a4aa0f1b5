using System.Text.Json;
using Orrery.Catalog;
using Orrery.Fabric;
using Orrery.Units;

namespace Orrery.Cli.Reports;

/// <summary>The links of a system, level by level.</summary>
public static class LinkText
{
    public static void Write(CommandContext context, SystemDescription system)
    {
        context.Output.WriteLine(context.Terminal.Bold($"system {system.Id}: {system.Name}"));
        context.Output.WriteLine();
        TextTable table = new("level", "joins", "wiring", "=links", "=each", "=per chip", "=latency", "way of messages", "name");
        foreach (LinkSummary line in LinkSummary.Of(system))
        {
            table.Add(
                line.Level, line.Joins, line.Wiring, Quantity.FormatNumber(line.Links), Quantity.Format(line.PerLink, 3), Quantity.Format(line.PerChip, 3),
                Quantity.Format(line.Latency, 3), line.Way, line.Example);
        }

        table.Write(context.Output, context.Terminal);
        context.Output.WriteLine();
        context.Output.WriteLine("Rates are one direction; both work at once.");
        context.Output.WriteLine($"Next: {CommandLine.Program} show {system.Id} --svg links.svg");
    }

    public static void WriteJson(Utf8JsonWriter writer, SystemDescription system)
    {
        writer.WriteStartArray("links");
        foreach (LinkSummary line in LinkSummary.Of(system))
        {
            writer.WriteStartObject();
            writer.WriteString("level", line.Level);
            writer.WriteString("wiring", line.Wiring);
            writer.WriteString("joins", line.Joins);
            writer.WriteNumber("linksPerChip", line.Links);
            writer.Number("linkBytesPerS", line.PerLink.Value);
            writer.Number("chipBytesPerS", line.PerChip.Value);
            writer.Number("latencyS", line.Latency.Value);
            writer.WriteString("routing", line.Way);
            writer.WriteString("example", line.Example);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
