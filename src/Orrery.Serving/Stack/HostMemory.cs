using Orrery.Catalog;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>What a request's engines may keep in the memory of their hosts.</summary>
/// <param name="Swaps">Sequences that lose their blocks are swapped out.</param>
/// <param name="KeepsPrompts">Blocks of prompts live on there.</param>
/// <param name="PerChip">Host memory of one chip.</param>
public readonly record struct HostMemory(bool Swaps, bool KeepsPrompts, Bytes PerChip)
{
    /// <summary>What the request says, else its stack.</summary>
    public static HostMemory Of(ServingRequest request)
    {
        EngineDefaults usual = request.Stack.Defaults;
        bool swaps = request.Swaps ?? usual.Swaps;
        Bytes cache = request.HostCache ?? usual.HostCache;
        bool keeps = request.CachesPrefixes && cache.Value > 0;
        // Room that is given for blocks is room for those of sequences too.
        return new HostMemory(swaps, keeps, swaps && request.HostCache is null ? Bytes.Max(cache, usual.SwapSpace) : cache);
    }

    /// <summary>Something may be kept there.</summary>
    public bool IsUsed => PerChip.Value > 0 && (Swaps || KeepsPrompts);

    /// <summary>Bytes of one engine for one rank.</summary>
    public long BytesOf(ServingRequest request, ServingPlan plan) => IsUsed ? (long)(PerChip.Value * Part(request, plan)) : 0;

    /// <summary>Bytes a second between them and one rank's memory.</summary>
    public double RateOf(ServingRequest request, ServingPlan plan) =>
        IsUsed && request.System.HostBandwidthPerChip is { } link ? link.Value.Value * Part(request, plan) : double.PositiveInfinity;

    /// <summary>
    /// What of a chip's is one engine's for one of its ranks: ranks that attend for different sequences have links and hosts' memory of their own, as they
    /// have caches; the engines of a pipeline share them.
    /// </summary>
    private static double Part(ServingRequest request, ServingPlan plan)
    {
        ChipDescription chip = request.System.Chip;
        int ranksPerChip = request.Lnc is { } lnc ? chip.RanksAt(lnc, out _) ?? chip.RanksPerChip : chip.RanksPerChip;
        return plan.DataParallel / (double)ranksPerChip / plan.PipelineParallel;
    }
}
