using System.Collections.Immutable;
using Orrery.Validation.Csv;

namespace Orrery.Validation.Cases;

/// <summary>One published memory figure of a training job. Null is not stated.</summary>
public sealed record MemoryCase
{
    public required CaseOrigin Origin { get; init; }

    public required JobColumns Job { get; init; }

    /// <summary>What was measured: total peak allocated, total peak reserved, activations relative to another layout.</summary>
    public required string Component { get; init; }

    public double? PeakGibPerChip { get; init; }

    public double? ReservedGibPerChip { get; init; }

    /// <summary>Per cent of the source's reference layout.</summary>
    public double? RelativePct { get; init; }

    /// <summary>The measured figure of a metric column, null where blank or no such column.</summary>
    public double? Measured(string metric) => metric switch
    {
        "peak_gib_per_chip" => PeakGibPerChip,
        "reserved_gib_per_chip" => ReservedGibPerChip,
        "relative_pct" => RelativePct,
        _ => null,
    };

    /// <summary>Reads a file with the columns of <c>memory.csv</c>, plain or gzip.</summary>
    public static CaseFile<MemoryCase> Read(string path)
    {
        using CsvReader row = CsvReader.Open(path);
        return Read(row);
    }

    /// <summary>Reads what an open reader still holds.</summary>
    public static CaseFile<MemoryCase> Read(CsvReader row)
    {
        TextPool texts = new();
        CaseOriginReader origins = new(row, texts);
        JobColumnsReader jobs = new(row, texts);
        int component = row.RequiredColumn("component");
        int peak = row.RequiredColumn("peak_gib_per_chip");
        int reserved = row.Column("reserved_gib_per_chip");
        int relative = row.Column("relative_pct");
        ImmutableArray<MemoryCase>.Builder cases = ImmutableArray.CreateBuilder<MemoryCase>();
        while (!row.Header.IsEmpty && row.ReadRow())
        {
            int before = row.MistakeCount;
            CaseOrigin? origin = origins.Read();
            if (origin is null)
                continue;
            MemoryCase read = new()
            {
                Origin = origin,
                Job = jobs.Read(),
                Component = texts.Of(row[component]),
                PeakGibPerChip = row.Positive(peak),
                ReservedGibPerChip = row.Positive(reserved),
                RelativePct = row.Positive(relative),
            };
            if (row.MistakeCount == before)
                cases.Add(read);
        }

        return new CaseFile<MemoryCase>(cases.ToImmutable(), row.Diagnostics);
    }
}
