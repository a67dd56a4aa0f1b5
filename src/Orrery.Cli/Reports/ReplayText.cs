using System.Text.Json;
using Orrery.Catalog;
using Orrery.Cli.Verbs;
using Orrery.Interchange;
using Orrery.Units;

namespace Orrery.Cli.Reports;

/// <summary>The report of <c>replay</c>, as text and as JSON.</summary>
public static class ReplayText
{
    private const int MostRows = 16;

    public static void Write(CommandContext context, string path, ReplayReport report)
    {
        TextWriter output = context.Output;
        TraceSet set = report.Program.Set;
        output.WriteLine(
            $"{Quote.Argument(path)}: {Count(set.World, "rank")} by {Count(set.Traces.Length, "trace")}, {report.Program.TaskCount} nodes, on {Quote.Argument(report.Program.Fabric.Name)}, network {NetworkWord(report)}");
        output.WriteLine(report.Run.IsCompleted
            ? $"{context.Terminal.Bold("makespan")}  {Quantity.Format(report.Makespan)}"
            : $"{context.Terminal.Bold("stopped")} after {Quantity.Format(report.Makespan)}: ranks wait for one another, as told above");
        output.WriteLine();
        bool hasHost = report.Ranks.Any(static rank => rank.Host > Seconds.Zero);
        string[] columns = ["=rank", "=ranks", "=compute", "=communication", "=of it hidden", .. (string[])(hasHost ? ["=host only"] : []), "=idle", "=ends"];
        TextTable table = new(columns);
        foreach (RankTime rank in Shown(report))
        {
            table.Add([
                $"{rank.Rank}", $"{rank.StandsFor}", Quantity.Format(rank.Compute), Quantity.Format(rank.Communication + rank.HiddenCommunication), Quantity.Format(rank.HiddenCommunication),
                .. (string[])(hasHost ? [Quantity.Format(rank.Host)] : []), Quantity.Format(rank.Idle), Quantity.Format(rank.End)]);
        }

        table.Write(output, context.Terminal);
        if (report.Ranks.Length > MostRows)
            output.WriteLine($"{report.Ranks.Length - MostRows} more ranks end no later; --json has all");
        output.WriteLine();
        if (report.Exchanges.Length > 0)
        {
            TextTable exchanges = new("exchange", "=ranks", "=count", "=bytes", "=time", "=bound", "algorithm", "limited by");
            foreach (ExchangeSum sum in report.Exchanges)
                exchanges.Add(Word(sum.Kind), $"{sum.Ranks}", $"{sum.Count}", Quantity.FormatBinary(new Bytes(sum.Bytes)), Quantity.Format(sum.Time), Quantity.Format(sum.Bound), sum.Algorithm, sum.Bottleneck);
            exchanges.Write(output, context.Terminal);
            output.WriteLine();
        }

        RankTime slowest = report.Ranks[report.Slowest];
        output.WriteLine($"slowest rank   {slowest.Rank}: ends at {Quantity.Format(slowest.End)}, busy {Quantity.Format(slowest.Compute + slowest.Communication + slowest.Host)}");
        if (report.LimitingLink.Length > 0)
            output.WriteLine($"limiting link  {report.LimitingLink}, {Quantity.FormatNumber(Math.Round(report.LimitingShare * 100))} % of the time of communication");
    }

    public static void WriteJson(TextWriter output, string path, ReplayReport report, IEnumerable<Diagnostic> problems)
    {
        using JsonText json = new(output);
        Utf8JsonWriter writer = json.Writer;
        TraceSet set = report.Program.Set;
        writer.WriteStartObject();
        writer.WriteString("schema", ReplayVerb.Schema);
        writer.WriteStartObject("inputs");
        writer.WriteString("traces", path);
        writer.WriteString("fabric", report.Program.Fabric.Name);
        writer.WriteString("network", NetworkWord(report));
        writer.WriteNumber("ranks", set.World);
        writer.WriteNumber("files", set.Traces.Length);
        writer.WriteNumber("nodes", report.Program.TaskCount);
        writer.WriteNumber("dependencies", set.Traces.Sum(static trace => (long)trace.DependencyCount));
        writer.WriteEndObject();
        writer.Number("makespanS", report.Run.IsCompleted ? report.Makespan.Value : double.NaN);
        writer.WriteNumber("slowestRank", report.Ranks[report.Slowest].Rank);
        writer.Text("limitingLink", report.LimitingLink.Length > 0 ? report.LimitingLink : null);
        writer.Number("limitingShare", report.LimitingShare);
        writer.WriteStartArray("ranks");
        foreach (RankTime rank in report.Ranks)
        {
            writer.WriteStartObject();
            writer.WriteNumber("rank", rank.Rank);
            writer.WriteNumber("standsFor", rank.StandsFor);
            writer.Number("computeS", rank.Compute.Value);
            writer.Number("communicationS", rank.Communication.Value);
            writer.Number("hiddenCommunicationS", rank.HiddenCommunication.Value);
            writer.Number("hostS", rank.Host.Value);
            writer.Number("idleS", rank.Idle.Value);
            writer.Number("endS", rank.End.Value);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("exchanges");
        foreach (ExchangeSum sum in report.Exchanges)
        {
            writer.WriteStartObject();
            writer.WriteString("kind", Word(sum.Kind));
            writer.WriteNumber("ranks", sum.Ranks);
            writer.WriteNumber("count", sum.Count);
            writer.Number("sizeBytes", sum.Bytes);
            writer.Number("timeS", sum.Time.Value);
            writer.Number("boundS", sum.Bound.Value);
            writer.WriteString("algorithm", sum.Algorithm);
            writer.WriteString("bottleneck", sum.Bottleneck);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("deadlock");
        foreach (int task in report.Run.Deadlock)
            writer.WriteStringValue(report.Program.Describe(task));
        writer.WriteEndArray();
        DiagnosticsJson.Write(writer, problems);
        writer.WriteEndObject();
    }

    /// <summary>The word of an exchange, as the verb <c>collective</c> calls it.</summary>
    public static string Word(ChakraCollective kind) => kind switch
    {
        ChakraCollective.AllReduce => "all-reduce",
        ChakraCollective.Reduce => "reduce",
        ChakraCollective.AllGather => "all-gather",
        ChakraCollective.Gather => "gather",
        ChakraCollective.Scatter => "scatter",
        ChakraCollective.Broadcast => "broadcast",
        ChakraCollective.AllToAll => "all-to-all",
        ChakraCollective.ReduceScatter or ChakraCollective.ReduceScatterBlock => "reduce-scatter",
        ChakraCollective.Barrier => "barrier",
        _ => "message",
    };

    /// <summary>All ranks, or of many those that end last, by rank.</summary>
    private static IEnumerable<RankTime> Shown(ReplayReport report) => report.Ranks.Length <= MostRows
        ? report.Ranks
        : report.Ranks.OrderByDescending(static rank => rank.End.Value).ThenBy(static rank => rank.Rank).Take(MostRows).OrderBy(static rank => rank.Rank);

    private static string NetworkWord(ReplayReport report) => report.Program.Fabric.Network switch
    {
        ReplayNetwork.Bound => "bound",
        ReplayNetwork.Flow => "flow",
        ReplayNetwork.Recorded => "recorded",
        _ => "closed",
    };

    private static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
