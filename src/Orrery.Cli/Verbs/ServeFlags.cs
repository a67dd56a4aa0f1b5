using Orrery.Cli.Arguments;
using Orrery.Serving;
using Orrery.Units;

namespace Orrery.Cli.Verbs;

/// <summary>The flags of a serving job.</summary>
public static class ServeFlags
{
    /// <summary>Requests made up where <c>--requests</c> is left out and they come by themselves.</summary>
    public const int UsualRequests = 2000;

    /// <summary>Requests of each client where <c>--requests</c> is left out.</summary>
    public const int UsualRequestsOfClient = 10;

    private const double LargestDegree = 1 << 20;

    private static readonly string[] Precisions =
    [
        NumberFormat.Bf16.Text(), NumberFormat.Fp16.Text(), NumberFormat.Fp8.Text(), NumberFormat.Fp8Block.Text(), NumberFormat.Mxfp8.Text(),
        NumberFormat.Mxfp4.Text(), NumberFormat.Nvfp4.Text(), NumberFormat.Int8WeightOnly.Text(), NumberFormat.Int4WeightOnly.Text(),
    ];

    /// <summary>In the order help lists them.</summary>
    public static FlagDescription[] All { get; } =
    [
        new("--model", FlagKind.Text, "M", "network: a name of the catalogue, a config.json or the folder of one") { IsRequired = true },
        new("--system", FlagKind.Text, "S", "machine: a name of the catalogue or a file") { IsRequired = true },
        new("--chips", FlagKind.Integer, "N", "number of accelerator packages") { IsRequired = true, High = 1 << 20 },
        new("--trace", FlagKind.Text, "FILE", $"requests of a file (.csv, .jsonl, gzip too): {string.Join(", ", TraceLayouts.All.Select(static layout => layout.Name))}; layouts are told by their columns"),
        new("--rate", FlagKind.Count, "R", "requests a second that come by themselves; with --trace, in place of the trace's times") { Low = 1e-6, High = 1e9 },
        new("--arrivals", FlagKind.Word, "A", $"with --rate, how they follow one another: {string.Join("|", ArrivalProcesses.All.Select(static process => process.Name))}; poisson when left out")
        {
            Words = [.. ArrivalProcesses.All.Select(static process => process.Name)],
        },
        new("--concurrency", FlagKind.Integer, "C", "clients that each send their next request when they have the answer") { High = 1 << 20 },
        new("--input-tokens", FlagKind.Integer, "I", "longest prompt of made-up requests; 1,024 when left out") { High = TraceLimits.AbsurdTokens },
        new("--output-tokens", FlagKind.Integer, "O", "longest answer of made-up requests; 1,024 when left out") { High = TraceLimits.AbsurdTokens },
        new("--shortest", FlagKind.Text, "SHARE", "shortest made-up length as a share of the longest, such as 0.8; 1 (all alike) when left out"),
        new("--requests", FlagKind.Integer, "N", $"requests made up; {UsualRequests:#,0}, or {UsualRequestsOfClient} a client, when left out") { High = 20_000_000 },
        new("--max-context", FlagKind.Integer, "L", "longest prompt and answer together; longer requests of a trace are left out; the model's when left out") { High = 1 << 28 },
        new("--slo", FlagKind.Text, "LIMITS", "service level, such as ttft=2s,tpot=50ms,share=0.9; exit code 1 where it is missed"),
        Degree("--tp", "tensor parallelism of a replica, in ranks; chosen when left out"),
        Degree("--pp", "pipeline stages of a replica; chosen when left out"),
        Degree("--dp", "attention data parallelism inside a replica, in ranks; 1 when left out"),
        Degree("--ep", "expert parallelism inside a replica, in ranks"),
        Degree("--replicas", "engines with queues and caches of their own; as many as there are ranks for when left out"),
        Word("--precision", "format of products, such as bf16, fp8, nvfp4; that of the published weights when left out", Precisions),
        Word("--kv-precision", "format of cached keys and values: bf16|fp8; bf16 when left out", [NumberFormat.Bf16.Text(), NumberFormat.Fp8.Text()]),
        new("--max-batch", FlagKind.Integer, "B", "most running sequences of a replica; the stack's when left out") { High = 1 << 16 },
        new("--chunk", FlagKind.Integer, "T", "most tokens of one iteration, prompts cut to fit; the stack's when left out") { High = 1 << 24 },
        Word("--batching", $"order of prompts and decodes: {string.Join("|", BatchingPolicies.Names)}; the stack's when left out", [.. BatchingPolicies.Names]),
        Word("--router", $"how requests are dealt to replicas: {string.Join("|", Routers.All.Select(static router => router.Name))}; {Routers.All[0].Name} when left out", [.. Routers.All.Select(static router => router.Name)]),
        new("--prefix-cache", FlagKind.Switch, "", "keep prompts' blocks for requests that begin alike, where the trace tells (Mooncake's); 'off' forbids it"),
        new("--stack", FlagKind.Text, "STACK", "serving engine of data/serving, such as vllm or trtllm; the chip's usual one when left out"),
        new("--lnc", FlagKind.Integer, "1|2", "NeuronCores a logical core joins, on Trainium; the chip's default when left out") { High = 8 },
        new("--price", FlagKind.Pair, "SYSTEM=USD", "price of one chip for one hour, in place of the catalogue's") { Repeats = true },
        new("--csv", FlagKind.Text, "FILE", "write one line a request: arrival, first token, last token"),
        new("--svg", FlagKind.Text, "FILE", "draw how the requests' latencies are distributed, with p50, p90, p99 and the service level"),
        new("--seed", FlagKind.Integer, "N", "seed of what is made up; 0 when left out") { Low = 0, High = 9_007_199_254_740_991 },
        CommonFlags.Assume,
        CommonFlags.Json,
    ];

    private static FlagDescription Degree(string name, string help) => new(name, FlagKind.Integer, "N", help) { High = LargestDegree };

    private static FlagDescription Word(string name, string help, string[] words) => new(name, FlagKind.Word, "WORD", help) { Words = words };
}
