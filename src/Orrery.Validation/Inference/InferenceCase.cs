using System.Collections.Immutable;
using Orrery.Validation.Cases;
using Orrery.Validation.Csv;

namespace Orrery.Validation.Inference;

/// <summary>One measured serving configuration; figures that the source does not state are null, texts empty. Columns: <c>data/validation/README.md</c>.</summary>
public sealed record InferenceCase
{
    public required CaseOrigin Origin { get; init; }

    public required string Model { get; init; }

    public required string ModelConfig { get; init; }

    public required string Phase { get; init; }

    public required string Mode { get; init; }

    public required string Framework { get; init; }

    public required string Chip { get; init; }

    public required string WeightType { get; init; }

    public required string ExpertType { get; init; }

    public required string KvType { get; init; }

    public required string Speculative { get; init; }

    public required string Locator { get; init; }

    public required string Published { get; init; }

    public int? Chips { get; init; }

    public int? InputTokens { get; init; }

    public int? OutputTokens { get; init; }

    public int? MaxSequence { get; init; }

    public int? Batch { get; init; }

    public int? Concurrency { get; init; }

    public int? Requests { get; init; }

    public int? TensorParallel { get; init; }

    public int? PipelineParallel { get; init; }

    public int? DataParallel { get; init; }

    public int? ExpertParallel { get; init; }

    public int? ExpertTensorParallel { get; init; }

    public int? AttentionDataParallel { get; init; }

    public double? FirstTokenMs { get; init; }

    public double? PerTokenMs { get; init; }

    public double? OutputTokensPerSecond { get; init; }

    /// <summary>Mean power of a chip over its rating.</summary>
    public double? PowerShare { get; init; }

    /// <summary>Highest power of a chip over its rating.</summary>
    public double? PeakPowerShare { get; init; }

    /// <summary>Reads a file with the columns of <c>inference.csv</c>, plain or gzip.</summary>
    public static CaseFile<InferenceCase> Read(string path)
    {
        using CsvReader row = CsvReader.Open(path);
        InferenceCaseReader reader = new(row);
        ImmutableArray<InferenceCase>.Builder cases = ImmutableArray.CreateBuilder<InferenceCase>();
        while (reader.Next() is { } read)
            cases.Add(read);
        return new CaseFile<InferenceCase>(cases.ToImmutable(), row.Diagnostics);
    }
}
