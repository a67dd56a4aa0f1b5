using Orrery.Serving;

namespace Orrery.Validation.Inference;

/// <summary>
/// How a benchmark sets the limits of its engine: as many sequences as the cache has room for, and tokens of an iteration so that prompts come in as fast as
/// answers end.
/// </summary>
/// <remarks>
/// <code>
/// sequences = min(room for prompts with their answers, MostSequences)
/// tokens    = sequences x (1 + prompt / answer), from LeastTokens to MostTokens
/// </code>
/// Both of one attention rank. Source: NVIDIA/TensorRT-LLM, tensorrt_llm/bench/build/tuning.py, whose rounding up is left out.
/// </remarks>
/// <param name="MostSequences">Running sequences.</param>
/// <param name="LeastTokens">Tokens of one iteration.</param>
/// <param name="MostTokens">Tokens of one iteration.</param>
public sealed record BenchmarkLimits(int MostSequences, int LeastTokens, int MostTokens)
{
    /// <summary>The request with the benchmark's limits.</summary>
    public ServingRequest Set(ServingRequest request, ServingPlan plan, ServingMemory memory, int input, int output)
    {
        double room = memory.Cache.Value / (new KvLayout(request.Model, plan).BytesPerToken * (input + output));
        double sequences = Math.Clamp(room, 1, MostSequences);
        double tokens = Math.Clamp(sequences * (1 + ((double)input / output)), LeastTokens, MostTokens);
        return request with { MaxBatch = (int)Math.Ceiling(sequences) * plan.DataParallel, TokenBudget = (int)Math.Ceiling(tokens) * plan.DataParallel };
    }
}
