using System.Collections.Immutable;
using Orrery.Validation.Csv;

namespace Orrery.Validation.Cases;

/// <summary>One published training figure: what ran, and what was measured. Null is not stated.</summary>
public sealed record TrainingCase
{
    public required CaseOrigin Origin { get; init; }

    public required JobColumns Job { get; init; }

    /// <summary>Seconds of one step.</summary>
    public double? IterationTimeS { get; init; }

    /// <summary>Sequences a second, whole job.</summary>
    public double? SamplesPerS { get; init; }

    /// <summary>Tokens a second, whole job.</summary>
    public double? TokensPerS { get; init; }

    public double? TokensPerSPerChip { get; init; }

    /// <summary>1e12 FLOP a second and chip, without recomputation, by the source's own count.</summary>
    public double? ModelTflopsPerChip { get; init; }

    /// <summary>With recomputation.</summary>
    public double? HwTflopsPerChip { get; init; }

    public double? MfuPct { get; init; }

    public double? HfuPct { get; init; }

    public double? TimeToTrainMin { get; init; }

    public double? PeakMemGibPerChip { get; init; }

    public double? AvgPowerWPerNode { get; init; }

    public double? EnergyMj { get; init; }

    /// <summary>The measured figure of a metric column, null where blank or no such column.</summary>
    public double? Measured(string metric) => metric switch
    {
        "iteration_time_s" => IterationTimeS,
        "samples_per_s" => SamplesPerS,
        "tokens_per_s" => TokensPerS,
        "tokens_per_s_per_chip" => TokensPerSPerChip,
        "model_tflops_per_chip" => ModelTflopsPerChip,
        "hw_tflops_per_chip" => HwTflopsPerChip,
        "mfu_pct" => MfuPct,
        "hfu_pct" => HfuPct,
        "time_to_train_min" => TimeToTrainMin,
        "peak_mem_gib_per_chip" => PeakMemGibPerChip,
        "avg_power_w_per_node" => AvgPowerWPerNode,
        "energy_mj" => EnergyMj,
        _ => null,
    };

    /// <summary>
    /// Reads a file of one's own, plain or gzip: columns of <c>training.csv</c>, of which it may leave out what it has nothing to say on. A row without a
    /// name is called by its line, a file without sources is its own, and the first measured column that a row fills is what it says.
    /// </summary>
    public static CaseFile<TrainingCase> ReadOwn(string path)
    {
        using CsvReader row = CsvReader.Open(path);
        return Read(row, OwnColumns.Check(row));
    }

    /// <summary>Reads a file with the columns of <c>training.csv</c>, plain or gzip.</summary>
    public static CaseFile<TrainingCase> Read(string path)
    {
        using CsvReader row = CsvReader.Open(path);
        return Read(row);
    }

    /// <summary>Reads what an open reader still holds.</summary>
    public static CaseFile<TrainingCase> Read(CsvReader row) => Read(row, null);

    private static CaseFile<TrainingCase> Read(CsvReader row, OwnColumns? own)
    {
        TextPool texts = new();
        CaseOriginReader? origins = own is null ? new(row, texts) : null;
        JobColumnsReader jobs = new(row, texts, isOwn: own is not null);
        int iteration = row.Column("iteration_time_s");
        int samples = row.Column("samples_per_s");
        int tokens = row.Column("tokens_per_s");
        int tokensPerChip = row.Column("tokens_per_s_per_chip");
        int model = row.Column("model_tflops_per_chip");
        int hardware = row.Column("hw_tflops_per_chip");
        int mfu = row.Column("mfu_pct");
        int hfu = row.Column("hfu_pct");
        int train = row.Column("time_to_train_min");
        int memory = row.Column("peak_mem_gib_per_chip");
        int power = row.Column("avg_power_w_per_node");
        int energy = row.Column("energy_mj");
        ImmutableArray<TrainingCase>.Builder cases = ImmutableArray.CreateBuilder<TrainingCase>();
        while (!row.Header.IsEmpty && row.ReadRow())
        {
            int before = row.MistakeCount;
            CaseOrigin? origin = origins is null ? own!.Origin() : origins.Read();
            if (origin is null)
                continue;
            TrainingCase read = new()
            {
                Origin = origin,
                Job = jobs.Read(),
                IterationTimeS = row.Positive(iteration),
                SamplesPerS = row.Positive(samples),
                TokensPerS = row.Positive(tokens),
                TokensPerSPerChip = row.Positive(tokensPerChip),
                ModelTflopsPerChip = row.Positive(model),
                HwTflopsPerChip = row.Positive(hardware),
                MfuPct = row.Positive(mfu),
                HfuPct = row.Positive(hfu),
                TimeToTrainMin = row.Positive(train),
                PeakMemGibPerChip = row.Positive(memory),
                AvgPowerWPerNode = row.Positive(power),
                EnergyMj = row.Positive(energy),
            };

            // A row with a wrong cell is left out: scoring it without the cell would score another case.
            if (row.MistakeCount == before)
                cases.Add(read);
        }

        return new CaseFile<TrainingCase>(cases.ToImmutable(), row.Diagnostics);
    }
}
