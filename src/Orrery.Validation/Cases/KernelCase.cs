using System.Collections.Immutable;
using Orrery.Validation.Csv;

namespace Orrery.Validation.Cases;

/// <summary>
/// One measured kernel, as one device computes it. Whole numbers are 0 where the source does not state them (no stated figure is 0, but a
/// <see cref="Window"/> of 0 is full attention); measured figures are null.
/// </summary>
public sealed record KernelCase
{
    public required CaseOrigin Origin { get; init; }

    /// <summary>The kernel in words.</summary>
    public required string Kernel { get; init; }

    /// <summary><c>gemm</c>, <c>attention_prefill</c>, <c>norm</c>...</summary>
    public required string Kind { get; init; }

    public required string Chip { get; init; }

    public required string Model { get; init; }

    /// <summary>Rows; of each group for grouped products.</summary>
    public int M { get; init; }

    /// <summary>Output width.</summary>
    public int N { get; init; }

    /// <summary>Length of the reduction.</summary>
    public int K { get; init; }

    public int Batch { get; init; }

    /// <summary>New tokens.</summary>
    public int SeqQ { get; init; }

    /// <summary>All tokens attended, new ones included.</summary>
    public int SeqKv { get; init; }

    public int Heads { get; init; }

    public int KvHeads { get; init; }

    public int HeadDim { get; init; }

    public int Window { get; init; }

    public int Tokens { get; init; }

    public int Hidden { get; init; }

    public int MoeFfn { get; init; }

    public bool IsGated { get; init; }

    public int Experts { get; init; }

    public int TopK { get; init; }

    public int Groups { get; init; }

    public int Tp { get; init; }

    public int Ep { get; init; }

    /// <summary>How tokens spread over experts: <c>balanced</c>, <c>power_law_1.2</c>.</summary>
    public required string Distribution { get; init; }

    public required string DataType { get; init; }

    public required string AccumulatorType { get; init; }

    public required string KvDataType { get; init; }

    public required string Library { get; init; }

    /// <summary>Microseconds.</summary>
    public double? TimeUs { get; init; }

    public double? AchievedTflops { get; init; }

    public double? PercentOfPeak { get; init; }

    public double? AchievedGBps { get; init; }

    /// <summary>Bytes moved, of memory copies.</summary>
    public double? Bytes { get; init; }

    /// <summary>The measured figure of a metric column, null where blank or no such column.</summary>
    public double? Measured(string metric) => metric switch
    {
        "time_us" => TimeUs,
        "achieved_tflops" => AchievedTflops,
        "pct_of_peak" => PercentOfPeak,
        "achieved_GBps" => AchievedGBps,
        _ => null,
    };

    /// <summary>Reads a file with the columns of <c>kernels.csv</c>, plain or gzip; 300,000 rows take about 100 MB, so filter early.</summary>
    /// <param name="isWanted">Rows to keep, asked after a row is read; null keeps all.</param>
    public static CaseFile<KernelCase> Read(string path, Func<KernelCase, bool>? isWanted = null)
    {
        using CsvReader row = CsvReader.Open(path);
        return Read(row, isWanted);
    }

    /// <summary>Reads what an open reader still holds.</summary>
    public static CaseFile<KernelCase> Read(CsvReader row, Func<KernelCase, bool>? isWanted = null)
    {
        KernelCaseReader reader = new(row);
        ImmutableArray<KernelCase>.Builder cases = ImmutableArray.CreateBuilder<KernelCase>();
        while (reader.Next() is { } read)
        {
            if (isWanted is null || isWanted(read))
                cases.Add(read);
        }

        return new CaseFile<KernelCase>(cases.ToImmutable(), row.Diagnostics);
    }
}
