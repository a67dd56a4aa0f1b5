using Orrery.Cli.Arguments;
using Orrery.Serving;

namespace Orrery.Cli.Verbs;

/// <content>How each engine schedules.</content>
public static partial class ServeFlags
{
    /// <summary>How each engine schedules.</summary>
    private static FlagDescription[] Engine() =>
    [
        new("--max-batch", FlagKind.Integer, "B", "most running sequences of a replica; the stack's when left out") { High = 1 << 16 },
        new("--chunk", FlagKind.Integer, "T", "most tokens of one iteration, prompts cut to fit; the stack's when left out") { High = 1 << 24 },
        Word("--batching", $"order of prompts and decodes: {string.Join(", ", BatchingPolicies.Names)}; the stack's when left out", [.. BatchingPolicies.Names]),
        Word("--router", $"how requests are dealt to replicas: {string.Join("|", Routers.All.Select(static router => router.Name))}; {Routers.All[0].Name} when left out", [.. Routers.All.Select(static router => router.Name)]),
        new("--prefix-cache", FlagKind.Switch, "", "keep prompts' blocks for requests that begin alike, where the trace tells (Mooncake's); 'off' forbids it"),
        new("--preemption", FlagKind.Word, "WORD", "what sequences do that lose their blocks: recompute|swap (to the host's memory and back); the stack's when left out") { Words = [.. EngineQuestionReader.Preemptions] },
        new("--host-cache", FlagKind.Text, "BYTES", "host memory of each chip for blocks of prompts that the device has no room for, and for swapped sequences, such as 200GB; the stack's when left out"),
        new("--priorities", FlagKind.Text, "SHARES", "classes of requests drawn at random, 0 the first to be served, such as 0.2:0,0.8:1; a trace's own column 'priority' when left out"),
        new("--ageing", FlagKind.Text, "TIME", "waiting that makes up for one class of priority, such as 30s; the stack's (classes are strict) when left out"),
        new("--speculate", FlagKind.Text, "HOW", "propose tokens and verify them: draft=MODEL or heads=mtp, with tokens=3,acceptance=0.7; the stack's depth and acceptance when left out"),
        new("--expert-skew", FlagKind.Number, "G", "how unlike experts are in how often tokens choose them, as a Gini index: 0 all alike; the stack's when left out") { Low = 0, High = 0.9 },
        new("--expert-imbalance", FlagKind.Number, "X", "with --ep, how often the experts of the busiest rank are chosen over the mean, chance left out; the stack's when left out") { Low = 1, High = 1024 },
        Word("--cold", "load|compile: engines begin cold, and the first requests wait for weights to be loaded, or for graphs to be compiled too; warm when left out", [.. Enum.GetNames<ColdBegin>().Skip(1).Select(static word => word.ToLowerInvariant())]),
        new("--stack", FlagKind.Text, "STACK", "serving engine of data/serving, such as vllm or trtllm; the chip's usual one when left out"),
    ];
}
