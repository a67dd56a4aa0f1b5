using Orrery.Cli.Arguments;
using Orrery.Interchange.Launch;
using Orrery.Serving;

namespace Orrery.Cli.Verbs;

/// <content>What is written beside the report.</content>
public static partial class ServeFlags
{
    /// <summary>What is written beside the report.</summary>
    private static FlagDescription[] Output() =>
    [
        new("--csv", FlagKind.Text, "FILE", "write one line a request: arrival, first token, last token"),
        new("--svg", FlagKind.Text, "FILE", "draw how the requests' latencies are distributed, with p50, p90, p99 and the service level"),
        new("--series", FlagKind.Text, "FILE", $"write the run over time, at most {RunRecorder.MostIntervals} intervals, as a table, or draw it where the name ends in .svg"),
        new("--timeline", FlagKind.Text, "FILE", "write what engines and requests did as a trace for ui.perfetto.dev"),
        new("--launch", FlagKind.Text, "FRAMEWORK", $"print the plan as arguments of {string.Join('|', EngineFramework.All.Select(static one => one.Name))} in place of the report"),
        new("--from-launch", FlagKind.Text, "ARGS", "take the plan from engine arguments, or from a file of them; FRAMEWORK:ARGS names whose they are") { IsVerbatim = true },
        new("--seed", FlagKind.Integer, "N", "seed of what is made up; 0 when left out") { Low = 0, High = 9_007_199_254_740_991 },
    ];
}
