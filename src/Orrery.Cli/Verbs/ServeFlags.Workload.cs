using Orrery.Cli.Arguments;
using Orrery.Serving;

namespace Orrery.Cli.Verbs;

/// <content>Where requests come from, and what they ask for.</content>
public static partial class ServeFlags
{
    /// <summary>Where requests come from, and what they ask for.</summary>
    private static FlagDescription[] Workload() =>
    [
        new("--trace", FlagKind.Text, "FILE", $"requests of a file (.csv, .jsonl, gzip too): {string.Join(", ", TraceLayouts.All.Select(static layout => layout.Name))}; layouts are told by their columns"),
        new("--rate", FlagKind.Count, "R", "requests a second that come by themselves; with --trace, in place of the trace's times; max: the highest that keeps --slo, or that the engines keep up with; with --trace its own times then, closer together") { Low = 1e-6, High = 1e9, Words = ["max"] },
        new("--arrivals", FlagKind.Text, "A", $"with --rate, how they follow one another: {string.Join("|", ArrivalProcesses.All.Select(static kind => kind.Name))}, with numbers behind a colon, such as gamma:cv=3 (list arrivals); {ArrivalProcesses.All[0].Name} when left out"),
        new("--concurrency", FlagKind.Integer, "C", "clients that each send their next request when they have the answer") { High = 1 << 20 },
        new("--input-tokens", FlagKind.Integer, "I", "longest prompt of made-up requests; 1,024 when left out") { High = TraceLimits.AbsurdTokens },
        new("--output-tokens", FlagKind.Integer, "O", "longest answer of made-up requests; 1,024 when left out") { High = TraceLimits.AbsurdTokens },
        new("--lengths", FlagKind.Text, "D", $"how made-up lengths are spread below the longest: {string.Join("|", LengthSpreads.All.Select(static kind => kind.Name))}, with numbers behind a colon, such as lognormal:sigma=1.2 (list lengths); {LengthSpreads.All[0].Name} when left out"),
        new("--shortest", FlagKind.Text, "SHARE", "shortest made-up length as a share of the longest, such as 0.8: short for --lengths uniform:shortest=0.8"),
        new("--turns", FlagKind.Text, "T", $"conversations of T turns, each prompt the whole history and new tokens (--input-tokens); --rate is then of conversations, --concurrency people who have one at a time; or {string.Join("|", TurnCount.All.Select(static kind => kind.Name))}, such as geometric:mean=4 (list turns)"),
        new("--think-time", FlagKind.Text, "TIME", "with --turns, mean pause from an answer to the next prompt, such as 20s, exponential; or even:time=1s (list thinking)"),
        new("--shared-tokens", FlagKind.Integer, "T", "tokens that all made-up prompts begin with, before their own: an instruction, worked on once where --prefix-cache keeps it") { High = TraceLimits.AbsurdTokens },
        new("--images-per-request", FlagKind.Integer, "K", "images before each made-up prompt, for models with a vision tower: their tokens, and the tower's work before the prompt's") { High = TraceLimits.AbsurdImages },
        new("--image-tokens", FlagKind.Integer, "T", "with --images-per-request, tokens of one image where it is cut into tiles; those of the tower, once, when left out") { High = 1 << 20 },
        new("--requests", FlagKind.Integer, "N", $"requests made up, {UsualRequests:#,0} or {UsualRequestsOfClient} a client when left out, with --rate max as many as show that work does not pile up; or the first of a trace, all when left out") { High = 20_000_000 },
        new("--max-context", FlagKind.Integer, "L", "longest prompt and answer together; longer requests of a trace are left out; the model's when left out") { High = 1 << 28 },
        new("--slo", FlagKind.Text, "LIMITS", "service level, such as ttft=2s,tpot=50ms,share=0.9; exit code 1 where it is missed"),
    ];
}
