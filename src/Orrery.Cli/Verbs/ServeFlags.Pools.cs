using Orrery.Cli.Arguments;
using Orrery.Serving;

namespace Orrery.Cli.Verbs;

/// <content>Pools for prompts and for answers.</content>
public static partial class ServeFlags
{
    /// <summary>Flags that mean something only where prompts and answers have pools of their own.</summary>
    public static string[] OfPools { get; } = [.. Pools().Select(static flag => flag.Name).Where(static name => name != "--disaggregate")];

    /// <summary>Pools for prompts and for answers.</summary>
    private static FlagDescription[] Pools() =>
    [
        new("--disaggregate", FlagKind.Text, "SPLIT", "prompts and answers on chips of their own: prefill=8,decode=8, on two systems prefill=8:dgx-h100,decode=16:trn3-gen2, or best: the split that serves the highest rate"),
        Degree("--prefill-tp", "tensor parallelism of prefill; --tp, or chosen, when left out"),
        Degree("--decode-tp", "tensor parallelism of decode; --tp, or chosen, when left out"),
        Degree("--prefill-dp", "attention data parallelism of prefill; --dp when left out"),
        Degree("--decode-dp", "attention data parallelism of decode; --dp when left out"),
        Degree("--prefill-ep", "expert parallelism of prefill; --ep when left out"),
        Degree("--decode-ep", "expert parallelism of decode; --ep when left out"),
        Word("--prefill-precision", "format of products of prefill; --precision, or what its chip has next to it, when left out", Precisions),
        Word("--decode-precision", "format of products of decode; --precision, or what its chip has next to it, when left out", Precisions),
        new("--prefill-stack", FlagKind.Text, "STACK", "serving engine of prefill; --stack where it runs on the chip, else the chip's usual one"),
        new("--decode-stack", FlagKind.Text, "STACK", "serving engine of decode; --stack where it runs on the chip, else the chip's usual one"),
        Word("--decode-router", "how prompts that are done are dealt to engines of decode; --router deals arrivals to those of prefill", [.. Routers.All.Select(static router => router.Name)]),
        Word("--kv-transfer", "when keys and values go: after the prompt, or layer by layer while it is worked on (layers); the stack's way when left out", KvTransferWords),
        Word("--first-token", "pool that makes the first token: prefill|decode; the stack's way when left out", FirstTokenWords),
        new("--kv-port-rate", FlagKind.Text, "RATE", "what one chip moves between the pools, such as 400Gbps, in place of the systems' own rates"),
    ];

    /// <summary>In the order of <see cref="KvMoment"/>.</summary>
    public static string[] KvTransferWords => ["after", "layers"];

    /// <summary>Pools that can make the first token.</summary>
    public static string[] FirstTokenWords => ["prefill", "decode"];
}
