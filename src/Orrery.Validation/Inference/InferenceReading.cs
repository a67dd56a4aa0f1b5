using Orrery.Units;

namespace Orrery.Validation.Inference;

/// <summary>How a case is read once the rules of <c>data/validation/inference-rules.yaml</c> have spoken: its own figures where none did.</summary>
public sealed record InferenceReading
{
    /// <summary>Constants the case is fitted and scored with: a part of the stack's rows, such as <c>dense</c> or <c>experts</c>.</summary>
    public string Class { get; init; } = "";

    /// <summary>Why the row says nothing about its inputs; empty where it does.</summary>
    public string SetAside { get; init; } = "";

    /// <summary>Why its time to the first token says nothing; empty where it does.</summary>
    public string FirstTokenSetAside { get; init; } = "";

    public int TensorParallel { get; init; } = 1;

    public int AttentionDataParallel { get; init; } = 1;

    public int ExpertParallel { get; init; } = 1;

    public NumberFormat Linear { get; init; } = NumberFormat.Bf16;

    public NumberFormat Experts { get; init; } = NumberFormat.Bf16;

    public NumberFormat Kv { get; init; } = NumberFormat.Bf16;

    /// <summary>Catalogue model in place of the row's; empty where the row names one.</summary>
    public string Model { get; init; } = "";

    /// <summary>Serving stack in place of the row's; empty where the row names it.</summary>
    public string Stack { get; init; } = "";

    /// <summary>How the row was measured.</summary>
    public InferenceMethod Method { get; init; }

    /// <summary>The printed time per token is the whole generation's over prompt and answer together.</summary>
    public bool IsOverWhole { get; init; }

    /// <summary>Rows of the source with equal inputs and figures are one measurement.</summary>
    public bool CountsOnce { get; init; }

    /// <summary>Shortest length as a share of the longest.</summary>
    public double LengthShare { get; init; } = 1;

    /// <summary>Requests of each client.</summary>
    public int RequestsPerClient { get; init; } = 10;

    /// <summary>Seconds from an answer to the client's next request.</summary>
    public double ClientDelay { get; init; }

    /// <summary>Tokens that travel together.</summary>
    public int StreamInterval { get; init; } = 1;

    /// <summary>Limits the benchmark sets its engine by what fits; null where the engine keeps its own.</summary>
    public BenchmarkLimits? Limits { get; init; }
    /// <summary>Most tokens of one iteration; 0 is the stack's own.</summary>
    public int TokenBudget { get; init; }

    /// <summary>Each rank that attends for sequences of its own has the token budget for itself.</summary>
    public bool BudgetsByRank { get; init; }

    /// <summary>Most running sequences; 0 is the stack's own, or all in flight where those are more.</summary>
    public int MaxBatch { get; init; }

    /// <summary>Decode iterations from one look at new requests to the next; 0 is the stack's own.</summary>
    public int PollIterations { get; init; }

    /// <summary>Most decode iterations that prompts are held back; 0 is the stack's own.</summary>
    public int HoldIterations { get; init; }

    /// <summary>Prompts are held back until they fill this share of the token budget; 0 is the stack's own.</summary>
    public double HoldShare { get; init; }

    /// <summary>Prompts are held back until there is one for each rank that attends for sequences of its own.</summary>
    public bool HoldsForRanks { get; init; }

    /// <summary>Share of memory (<see cref="Orrery.Serving.ServingStack.MemoryShare"/>); 0 is the stack's own.</summary>
    public double MemoryShare { get; init; }

    /// <summary>The engine had worked through requests before the first that was timed.</summary>
    public bool IsWarm { get; init; }

    /// <summary>Names of the rules that spoke, joined by semicolons.</summary>
    public string Rules { get; init; } = "";
}
