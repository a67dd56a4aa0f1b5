using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Catalog.Yaml;
using Orrery.Models;
using Orrery.Units;

namespace Orrery.Validation.Reading;

/// <summary>
/// How the words of case files are read: <c>data/validation/precisions.yaml</c> and <c>conventions.yaml</c>. A word that neither explains makes a case
/// skipped with that reason, never guessed.
/// </summary>
public sealed record CaseConventions
{
    private static readonly ImmutableArray<string> TaskWords = ["pretrain", "fine-tune", "low-rank-adapters"];
    private static readonly ImmutableArray<string> RecomputeWords = ["not-stated", "none", "selective", "partial", "full"];
    private static readonly ImmutableArray<string> OptimizerWords = ["adam", "lamb", "muon", "adafactor"];
    private static readonly ImmutableArray<string> AttentionWords = ["once", "full"];
    private static readonly ImmutableArray<string> FormatWords = [.. Enum.GetValues<NumberFormat>().Select(static format => format.Text())];

    /// <summary>By the printed words.</summary>
    public required ImmutableDictionary<string, PrecisionReading> Precisions { get; init; }

    public required ImmutableDictionary<string, CaseTask> Tasks { get; init; }

    public required ImmutableDictionary<string, (CaseRecompute Means, string Note)> Recomputes { get; init; }

    public required ImmutableDictionary<string, (CaseOptimizer Means, int Zero, string Note)> Optimizers { get; init; }

    /// <summary>Stack name patterns in order of preference, with the ZeRO stage their cases run at unsaid.</summary>
    public required ImmutableArray<(string Pattern, int Zero)> ZeroByStack { get; init; }

    /// <summary>Stack name patterns whose cases print the micro-batch of one device: a data-parallel rank of several devices runs as many times as much.</summary>
    public required ImmutableArray<string> MicroBatchOfDevice { get; init; }

    /// <summary>Model type whose loss reaches masked positions only.</summary>
    public required string MaskedModelType { get; init; }

    /// <summary>Share of masked positions at lengths not listed.</summary>
    public required double MaskedShare { get; init; }

    /// <summary>Masked positions by sequence length.</summary>
    public required ImmutableSortedDictionary<int, int> MaskedPositions { get; init; }

    /// <summary>Group patterns in order of preference.</summary>
    public required ImmutableArray<(string Pattern, FlopConvention Convention)> FlopConventions { get; init; }

    /// <summary>Reads both files of a data folder.</summary>
    public static Result<CaseConventions> Load(string dataRoot)
    {
        string precisionsFile = $"{dataRoot}/validation/precisions.yaml";
        string conventionsFile = $"{dataRoot}/validation/conventions.yaml";
        DiagnosticList precisionMistakes = new(precisionsFile);
        DiagnosticList conventionMistakes = new(conventionsFile);
        return Read(
            YamlReader.ReadFile(precisionsFile, precisionMistakes),
            precisionMistakes,
            YamlReader.ReadFile(conventionsFile, conventionMistakes),
            conventionMistakes);
    }

    /// <summary>Reads both files from text, for tests.</summary>
    public static Result<CaseConventions> Parse(string precisions, string conventions)
    {
        DiagnosticList precisionMistakes = new("precisions.yaml");
        DiagnosticList conventionMistakes = new("conventions.yaml");
        return Read(YamlReader.Read(precisions, precisionMistakes), precisionMistakes, YamlReader.Read(conventions, conventionMistakes), conventionMistakes);
    }

    /// <summary>What a source counts; the last pattern of the file should fit all.</summary>
    public FlopConvention FlopConventionOf(string group)
    {
        foreach ((string pattern, FlopConvention convention) in FlopConventions)
        {
            if (Fits(pattern, group))
                return convention;
        }

        return new FlopConvention(AttentionCounting.Once, LeavesOutFrozen: false);
    }

    /// <summary>ZeRO stage that a stack runs at unsaid; null where no pattern fits.</summary>
    public int? ZeroOf(string stack)
    {
        foreach ((string pattern, int zero) in ZeroByStack)
        {
            if (Fits(pattern, stack))
                return zero;
        }

        return null;
    }

    /// <summary>True where a stack's cases print the micro-batch of one device, not of one data-parallel rank.</summary>
    public bool PrintsMicroBatchOfDevice(string stack)
    {
        foreach (string pattern in MicroBatchOfDevice)
        {
            if (Fits(pattern, stack))
                return true;
        }

        return false;
    }

    /// <summary>Share of positions that reach the loss: 1 but for models trained on masked tokens.</summary>
    public double LossPositionFraction(string modelType, int sequence) =>
        modelType != MaskedModelType ? 1
        : MaskedPositions.TryGetValue(sequence, out int positions) ? (double)positions / sequence
        : MaskedShare;

    private static bool Fits(string pattern, string word) => pattern.EndsWith('*')
        ? word.StartsWith(pattern.AsSpan(0, pattern.Length - 1), StringComparison.Ordinal)
        : pattern == word;

    private static Result<CaseConventions> Read(YamlNode? precisions, DiagnosticList precisionMistakes, YamlNode? conventions, DiagnosticList mistakes)
    {
        ImmutableDictionary<string, PrecisionReading> formats = ReadPrecisions(MappingReader.OfRoot(precisions, precisionMistakes));
        CaseConventions? read = MappingReader.OfRoot(conventions, mistakes) is { } top ? ReadRules(top, formats) : null;
        bool failed = precisionMistakes.HasErrors || mistakes.HasErrors;
        return new Result<CaseConventions>(failed ? null : read, [.. precisionMistakes.InOrder(), .. mistakes.InOrder()]);
    }

    private static ImmutableDictionary<string, PrecisionReading> ReadPrecisions(MappingReader? top)
    {
        ImmutableDictionary<string, PrecisionReading>.Builder formats = ImmutableDictionary.CreateBuilder<string, PrecisionReading>(StringComparer.Ordinal);
        if (top is null)
            return formats.ToImmutable();
        foreach (MappingReader group in top.Groups("precisions"))
        {
            string printed = Printed(group);
            NumberFormat products = Enum.GetValues<NumberFormat>()[group.Word("products", FormatWords)];
            NumberFormat weights = Enum.GetValues<NumberFormat>()[group.Word("weights", FormatWords)];
            Add(formats, group, printed, new PrecisionReading(products, weights, group.Flag("ambiguous", fallback: false), group.Text("note"))
            {
                Alternative = group.Has("alternative") ? Enum.GetValues<NumberFormat>()[group.Word("alternative", FormatWords)] : null,
            });
            group.Finish();
        }

        top.Finish();
        return formats.ToImmutable();
    }

    private static CaseConventions ReadRules(MappingReader top, ImmutableDictionary<string, PrecisionReading> formats)
    {
        ImmutableDictionary<string, CaseTask>.Builder tasks = ImmutableDictionary.CreateBuilder<string, CaseTask>(StringComparer.Ordinal);
        foreach (MappingReader group in top.Groups("tasks"))
        {
            Add(tasks, group, Printed(group), (CaseTask)group.Word("means", TaskWords));
            group.Finish();
        }

        ImmutableDictionary<string, (CaseRecompute, string)>.Builder recomputes =
            ImmutableDictionary.CreateBuilder<string, (CaseRecompute, string)>(StringComparer.Ordinal);
        foreach (MappingReader group in top.Groups("recompute"))
        {
            Add(recomputes, group, Printed(group), ((CaseRecompute)group.Word("means", RecomputeWords), group.Text("note")));
            group.Finish();
        }

        ImmutableDictionary<string, (CaseOptimizer, int, string)>.Builder optimizers =
            ImmutableDictionary.CreateBuilder<string, (CaseOptimizer, int, string)>(StringComparer.Ordinal);
        foreach (MappingReader group in top.Groups("optimizers"))
        {
            Add(
                optimizers,
                group,
                Printed(group),
                ((CaseOptimizer)group.Word("means", OptimizerWords), group.Integer("zero", 0, 3, 0), group.Text("note")));
            group.Finish();
        }

        ImmutableArray<(string, int)>.Builder zero = ImmutableArray.CreateBuilder<(string, int)>();
        foreach (MappingReader group in top.Groups("zeroByStack"))
        {
            zero.Add((group.RequiredText("stack", "a stack name or a pattern ending in *"), group.Integer("zero", 0, 3, fallback: null)));
            group.RequiredText("source", "why");
            group.Finish();
        }

        ImmutableArray<string>.Builder ofDevice = ImmutableArray.CreateBuilder<string>();
        foreach (MappingReader group in top.Groups("microBatchOfDevice"))
        {
            ofDevice.Add(group.RequiredText("stack", "a stack name or a pattern ending in *"));
            group.RequiredText("source", "why");
            group.Finish();
        }

        ImmutableArray<(string, FlopConvention)>.Builder flops = ImmutableArray.CreateBuilder<(string, FlopConvention)>();
        foreach (MappingReader group in top.Groups("flopConventions"))
        {
            string pattern = group.RequiredText("group", "a source_id or a pattern ending in *");
            AttentionCounting attention = group.Word("attention", AttentionWords) == 0 ? AttentionCounting.Once : AttentionCounting.Full;
            flops.Add((pattern, new FlopConvention(attention, group.Flag("frozen", fallback: false))));
            group.RequiredText("source", "where it says so");
            group.Finish();
        }

        MappingReader? masked = top.RequiredGroup("maskedPositions", "what of a sequence reaches the loss of masked-token models");
        ImmutableSortedDictionary<int, int>.Builder positions = ImmutableSortedDictionary.CreateBuilder<int, int>();
        foreach (MappingReader group in masked?.Groups("atLength") ?? [])
        {
            int length = group.Integer("sequence", 1, int.MaxValue, fallback: null);
            positions[length] = group.Integer("positions", 1, length, fallback: null);
            group.Finish();
        }

        string modelType = masked?.RequiredText("modelType", "a model type") ?? "";
        double share = masked?.RequiredQuantity("share", QuantityKind.Number, 0, 1) ?? 0;
        masked?.RequiredText("source", "where it says so");
        masked?.Finish();
        top.Finish();
        return new CaseConventions
        {
            Precisions = formats,
            Tasks = tasks.ToImmutable(),
            Recomputes = recomputes.ToImmutable(),
            Optimizers = optimizers.ToImmutable(),
            ZeroByStack = zero.ToImmutable(),
            MicroBatchOfDevice = ofDevice.ToImmutable(),
            MaskedModelType = modelType,
            MaskedShare = share,
            MaskedPositions = positions.ToImmutable(),
            FlopConventions = flops.ToImmutable(),
        };
    }

    /// <summary>The words as printed; empty stands for a blank cell, so only the key must be there.</summary>
    private static string Printed(MappingReader group)
    {
        if (!group.Has("printed"))
            group.Missing("printed", "the words of the cell, in quotes");
        return group.Text("printed");
    }

    private static void Add<TValue>(ImmutableDictionary<string, TValue>.Builder table, MappingReader group, string printed, TValue value)
    {
        if (!table.TryAdd(printed, value))
            group.Diagnostics.Error(DiagnosticCode.DuplicateName, group.Position, $"'{printed}' is explained twice");
    }
}
