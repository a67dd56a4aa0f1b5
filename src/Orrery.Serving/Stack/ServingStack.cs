using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>A serving engine as people deploy it: what it does by default, and its constants. <c>data/serving/ID.yaml</c>.</summary>
public sealed record ServingStack
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>Names this stack answers for: exact, or ending in <c>*</c>.</summary>
    public required ImmutableArray<string> Covers { get; init; }

    /// <summary>Architectures it runs on.</summary>
    public required ImmutableArray<ChipArchitecture> Architectures { get; init; }

    /// <summary>Architectures whose systems take it when no stack is asked for.</summary>
    public ImmutableArray<ChipArchitecture> DefaultFor { get; init; } = [];

    /// <summary>The host prepares the next iteration while the device runs this one.</summary>
    public required bool OverlapsHost { get; init; }

    /// <summary>Order of prefill and decode: a name of <see cref="BatchingPolicies"/>.</summary>
    public required string Batching { get; init; }

    /// <summary>Most tokens of one iteration.</summary>
    public required int TokenBudget { get; init; }

    /// <summary>When it looks at new requests, and whether it holds their prompts back.</summary>
    public AdmissionPace Pace { get; init; } = AdmissionPace.AtOnce;

    /// <summary>Most running sequences.</summary>
    public required int MaxBatch { get; init; }

    /// <summary>Tokens of one block of the cache.</summary>
    public required int BlockTokens { get; init; }

    /// <summary>A request is admitted only where its prompt and its whole answer fit; otherwise where its prompt does.</summary>
    public required bool ReservesOutput { get; init; }

    /// <summary>Share of the blocks that admission leaves free for those that run.</summary>
    public required double Watermark { get; init; }

    /// <summary>Share of device memory that the engine takes.</summary>
    public required double MemoryShare { get; init; }

    /// <summary>The share is the cache's, of what weights and workspace leave, rather than the engine's of all.</summary>
    public bool SharesFreeMemory { get; init; }

    /// <summary>Memory of one rank for activations, graphs, communication and the chip's runtime.</summary>
    public required Bytes Workspace { get; init; }

    /// <summary>Small kernels between products in a dense layer.</summary>
    public required int KernelsPerDenseLayer { get; init; }

    /// <summary>The same in a layer of experts.</summary>
    public required int KernelsPerExpertLayer { get; init; }

    /// <summary>How unlike experts are in how often tokens choose them (<see cref="ExpertChoice.Skew"/>).</summary>
    public double ExpertSkew { get; init; }

    /// <summary>How often the experts of the busiest rank are chosen over the mean, at least 1.</summary>
    public double ExpertImbalance { get; init; } = 1;

    /// <summary>When a prompt's keys and values go to another engine, where prompts and answers have engines of their own.</summary>
    public KvMoment KvMoment { get; init; }

    /// <summary>Where prompts and answers have engines of their own, that of answers makes the first token.</summary>
    public bool AnswersBegin { get; init; }

    /// <summary>Iterations' tokens that travel to the client together.</summary>
    public int StreamInterval { get; init; } = 1;

    /// <summary>Tokens of the shortest length that is compiled, from which buckets double; 0 where shapes are not compiled.</summary>
    public int ShortestBucket { get; init; }

    /// <summary>Shapes are compiled: batches and lengths are padded to buckets.</summary>
    public bool IsCompiled => ShortestBucket > 0;

    /// <summary>The shapes compiled for batches up to <paramref name="batch"/> and lengths up to <paramref name="longest"/>; null where none are.</summary>
    public CompiledBuckets? Buckets(int batch, int longest) => IsCompiled ? new CompiledBuckets(batch, ShortestBucket, longest, DecodesAtLongest) : null;

    /// <summary>Answers have graphs of the longest length alone: every sequence pays for it.</summary>
    public bool DecodesAtLongest { get; init; }

    /// <summary>Compiling one layer of one graph takes this long.</summary>
    public Seconds CompilePerLayer { get; init; }

    /// <summary>Rate at which one server takes weights in, split and laid out; 0 where it is not known.</summary>
    public BytesPerSecond LoadRate { get; init; }

    /// <summary>Switching between two compiled graphs takes this long.</summary>
    public Seconds GraphSwitch { get; init; }

    /// <summary>All-reduce kernels of its own inside a scale-up domain; the first whose family and size fit.</summary>
    public ImmutableArray<ReducingKernel> AllReduce { get; init; } = [];

    /// <summary>Formats of the cache that its kernels read no faster than a wider one, by family of chips.</summary>
    public ImmutableArray<SlowCache> SlowCaches { get; init; } = [];

    /// <summary>The format whose bytes the kernels' time is that of.</summary>
    public NumberFormat ReadsCacheAs(ChipDescription chip, NumberFormat cache)
    {
        foreach (SlowCache slow in SlowCaches)
        {
            if (slow.Cache == cache && (slow.Families.Contains(chip.Family) || slow.Families.Contains(chip.Id)))
                return slow.ReadAs;
        }

        return cache;
    }

    /// <summary>Proposed tokens, classes and the host's memory.</summary>
    public EngineDefaults Defaults { get; init; } = EngineDefaults.None;

    /// <summary>Standard deviation of log(measured/predicted) of a stack that was never fitted.</summary>
    public required double UnfittedSigma { get; init; }

    /// <summary>The same of times to the first token; twice that of an iteration where the file does not say.</summary>
    public double UnfittedFirstTokenSigma
    {
        get => field > 0 ? field : 2 * UnfittedSigma;
        init;
    }

    /// <summary>Fits by model class and chip family; <c>data/calibration/serving/ID.yaml</c>.</summary>
    public ImmutableArray<CalibrationFit> Fits { get; init; } = [];

    /// <summary>Constants of the file itself, by name in file units.</summary>
    public ImmutableSortedDictionary<string, double> Constants { get; init; } = ImmutableSortedDictionary<string, double>.Empty;

    /// <summary>The same on chips of one family.</summary>
    public ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, double>> OnFamily { get; init; } =
        ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, double>>.Empty;

    /// <summary>How well a name fits: the longest it can be for one of its own, the length of a pattern's beginning, 0 for none.</summary>
    public int FitsName(string name)
    {
        if (string.Equals(name, Id, StringComparison.OrdinalIgnoreCase))
            return int.MaxValue;
        int best = 0;
        foreach (string pattern in Covers)
        {
            if (string.Equals(name, pattern, StringComparison.OrdinalIgnoreCase))
                return int.MaxValue;
            if (pattern.EndsWith('*') && name.StartsWith(pattern[..^1], StringComparison.OrdinalIgnoreCase))
                best = Math.Max(best, pattern.Length);
        }

        return best;
    }

    /// <summary>
    /// The fit for a class of models on a chip: of its family, else of all, else what the fits of other families have in the mean, else the same of dense
    /// models; null where nothing was fitted.
    /// </summary>
    public CalibrationFit? FitFor(string modelClass, ChipDescription chip)
    {
        ReadOnlySpan<string> classes = modelClass is ModelClass.Latent or ModelClass.LatentFourBit
            ? [modelClass, ModelClass.Latent, ModelClass.LatentFourBit, ModelClass.Experts, ModelClass.Dense]
            : [modelClass, ModelClass.Dense];
        foreach (string candidate in classes)
        {
            CalibrationFit? general = null;
            List<CalibrationFit> others = [];
            foreach (CalibrationFit fit in Fits)
            {
                if (fit.Operator != candidate)
                    continue;
                if (fit.Scope == chip.Family || fit.Scope == chip.Id)
                    return fit;
                if (fit.Scope.Length == 0)
                    general = fit;
                else
                    others.Add(fit);
            }

            if (general is not null)
                return general;
            if (others.Count > 0)
                return MeanOf(others);
        }

        return null;
    }

    /// <summary>The fit of a class on another chip alone, kept to see how far constants carry to this one; null where there is none. Predictions do not use it.</summary>
    public CalibrationFit? CarriedTo(string modelClass, ChipDescription chip)
    {
        foreach (CalibrationFit fit in Fits)
        {
            if (fit.Scope == chip.Id && ClassOf(fit) == modelClass && fit.Operator != modelClass)
                return fit;
        }

        return null;
    }

    /// <summary>What a fit on the rows of one chip, kept for another, is called.</summary>
    public static string CarriedName(string modelClass, string from) => $"{modelClass} of {from}";

    /// <summary>The class of models of a fit, carried or not.</summary>
    public static string ClassOf(CalibrationFit fit)
    {
        int end = fit.Operator.IndexOf(" of ", StringComparison.Ordinal);
        return end < 0 ? fit.Operator : fit.Operator[..end];
    }

    /// <summary>The mean of fits on several families; its spread is theirs together.</summary>
    private static CalibrationFit MeanOf(List<CalibrationFit> fits)
    {
        if (fits.Count == 1)
            return fits[0];
        var constants = ImmutableSortedDictionary.CreateBuilder<string, CalibratedConstant>(StringComparer.Ordinal);
        foreach ((string name, CalibratedConstant first) in fits[0].Constants)
        {
            double sum = 0;
            int count = 0;
            foreach (CalibrationFit fit in fits)
            {
                if (!fit.Constants.TryGetValue(name, out CalibratedConstant? constant))
                    continue;
                sum += constant.Value;
                count++;
            }

            constants[name] = first with { Value = sum / count };
        }

        double Together(Func<CalibrationFit, double> spread) => Math.Sqrt(fits.Average(fit => spread(fit) * spread(fit)));
        return fits[0] with
        {
            Scope = "",
            Constants = constants.ToImmutable(),
            ResidualSigma = Together(static fit => fit.ResidualSigma),
            FirstTokenSigma = Together(static fit => fit.FirstTokenSigma),
            Chips = [.. fits.SelectMany(static fit => fit.Chips).Distinct().Order(StringComparer.Ordinal)],
            Families = [.. fits.SelectMany(static fit => fit.Families).Distinct().Order(StringComparer.Ordinal)],
            RowsFitted = fits.Sum(static fit => fit.RowsFitted),
        };
    }
}
