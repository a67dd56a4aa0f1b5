using System.Collections.Immutable;
using Orrery.Validation.Csv;

namespace Orrery.Validation.Cases;

/// <summary>One measured collective. Whole numbers are 0 where the source does not state them; measured figures are null.</summary>
public sealed record CollectiveCase
{
    public required CaseOrigin Origin { get; init; }

    /// <summary><c>all_reduce</c>, <c>all_gather</c>, <c>reduce_scatter</c>, <c>alltoall</c>, <c>send_recv</c>...</summary>
    public required string Operation { get; init; }

    /// <summary>As printed; blank where the library chose.</summary>
    public required string Algorithm { get; init; }

    public required string Library { get; init; }

    public required string Chip { get; init; }

    public int Chips { get; init; }

    public int Nodes { get; init; }

    public int Ranks { get; init; }

    public int DevicesPerNode { get; init; }

    public required string Link { get; init; }

    /// <summary>By the rule of the NCCL tests.</summary>
    public double? MessageBytes { get; init; }

    public required string DataType { get; init; }

    /// <summary>What <see cref="MessageBytes"/> counts, where it is not the rule of the NCCL tests.</summary>
    public string SizeConvention { get; init; } = "";

    /// <summary>What the table says besides.</summary>
    public string Notes { get; init; } = "";

    /// <summary>Microseconds.</summary>
    public double? TimeUs { get; init; }

    public double? AlgorithmGBps { get; init; }

    public double? BusGBps { get; init; }

    /// <summary>The measured figure of a metric column, null where blank or no such column.</summary>
    public double? Measured(string metric) => metric switch
    {
        "time_us" => TimeUs,
        "algbw_GBps" => AlgorithmGBps,
        "busbw_GBps" => BusGBps,
        _ => null,
    };

    /// <summary>Reads a file with the columns of <c>collectives.csv</c>, plain or gzip.</summary>
    /// <param name="isWanted">Rows to keep, asked after a row is read; null keeps all.</param>
    public static CaseFile<CollectiveCase> Read(string path, Func<CollectiveCase, bool>? isWanted = null)
    {
        using CsvReader row = CsvReader.Open(path);
        CollectiveCaseReader reader = new(row);
        ImmutableArray<CollectiveCase>.Builder cases = ImmutableArray.CreateBuilder<CollectiveCase>();
        while (reader.Next() is { } read)
        {
            if (isWanted is null || isWanted(read))
                cases.Add(read);
        }

        return new CaseFile<CollectiveCase>(cases.ToImmutable(), row.Diagnostics);
    }
}
