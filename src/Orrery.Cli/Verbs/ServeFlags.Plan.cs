using Orrery.Cli.Arguments;
using Orrery.Units;

namespace Orrery.Cli.Verbs;

/// <content>How the model is laid on the ranks.</content>
public static partial class ServeFlags
{
    /// <summary>How the model is laid on the ranks.</summary>
    private static FlagDescription[] Plan() =>
    [
        Degree("--tp", "tensor parallelism of a replica, in ranks; chosen when left out"),
        Degree("--pp", "pipeline stages of a replica; chosen when left out"),
        Degree("--dp", "attention data parallelism inside a replica, in ranks; 1 when left out"),
        Degree("--ep", "expert parallelism inside a replica, in ranks"),
        Degree("--replicas", "engines with queues and caches of their own; as many as there are ranks for when left out"),
        Word("--plan", "degrees that are left out: usual, by rule; best, by running every legal layout and batch; usual when left out", ["usual", "best"]),
        Word("--precision", "format of products, such as bf16, fp8, nvfp4; that of the published weights when left out", Precisions),
        Word("--kv-precision", "format of cached keys and values: bf16|fp8; bf16 when left out", [NumberFormat.Bf16.Text(), NumberFormat.Fp8.Text()]),
    ];
}
