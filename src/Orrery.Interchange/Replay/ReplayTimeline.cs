using System.Collections.Immutable;
using Orrery.Engine;

namespace Orrery.Interchange;

/// <summary>The timeline of a replay: for each rank a row of each of its streams, and one of each group it communicates in.</summary>
public static class ReplayTimeline
{
    /// <summary>The bars, by rank, then by start; nodes that take no time have none.</summary>
    public static ImmutableArray<TimelineEvent> Of(ReplayReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        ReplayProgram program = report.Program;
        List<TimelineEvent> bars = [];
        for (int task = 0; task < program.TaskCount; task++)
        {
            long start = report.Run.Start[task], end = report.Run.End[task];
            if (start < 0 || end <= start)
                continue;
            ChakraTrace trace = program.Set.Traces[program.TraceOf[task]];
            int node = task - program.First[program.TraceOf[task]];
            string row = program.Stream[task] >= 0 ? program.StreamNames[program.Stream[task]] : $"network: {program.Exchanges[program.Exchange[task]].Group}";
            string name = trace.NameOf(node);
            bars.Add(new TimelineEvent(trace.Rank, row, name.Length > 0 ? name : $"node {trace.Node(node).Id}", start, end - start, Category(program, task)));
        }

        return [.. bars.OrderBy(static bar => bar.Stage).ThenBy(static bar => bar.StartTicks)];
    }

    private static string Category(ReplayProgram program, int task) => program.Kind[task] switch
    {
        ReplayTaskKind.Compute => "compute",
        ReplayTaskKind.Host => "host",
        _ when program.Exchange[task] >= 0 => program.Exchanges[program.Exchange[task]].Kind == ChakraCollective.Unstated ? "message" : "collective",
        _ => "network",
    };
}
