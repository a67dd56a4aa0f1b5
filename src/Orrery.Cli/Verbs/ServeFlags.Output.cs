using Orrery.Cli.Arguments;

namespace Orrery.Cli.Verbs;

/// <content>What is written beside the report.</content>
public static partial class ServeFlags
{
    /// <summary>What is written beside the report.</summary>
    private static FlagDescription[] Output() =>
    [
        new("--csv", FlagKind.Text, "FILE", "write one line a request: arrival, first token, last token"),
        new("--svg", FlagKind.Text, "FILE", "draw how the requests' latencies are distributed, with p50, p90, p99 and the service level"),
        new("--seed", FlagKind.Integer, "N", "seed of what is made up; 0 when left out") { Low = 0, High = 9_007_199_254_740_991 },
    ];
}
