using Orrery.Validation.Cases;
using Orrery.Validation.Csv;

namespace Orrery.Validation.Inference;

/// <summary>Reads inference cases one at a time.</summary>
public sealed class InferenceCaseReader
{
    private const int MostTokens = 1 << 26;
    private const int MostRanks = 1 << 20;

    private readonly CsvReader _row;
    private readonly TextPool _texts = new();
    private readonly CaseOriginReader _origins;
    private readonly Dictionary<string, int> _columns = new(StringComparer.Ordinal);

    public InferenceCaseReader(CsvReader row)
    {
        _row = row;
        _origins = new CaseOriginReader(row, _texts);
        foreach (string name in (ReadOnlySpan<string>)["model", "model_config", "input_tokens", "output_tokens", "concurrency", "tp", "weight_dtype", "chip"])
            _columns[name] = row.RequiredColumn(name);
    }

    /// <summary>The next case that could be read, null at the end.</summary>
    public InferenceCase? Next()
    {
        while (!_row.Header.IsEmpty && _row.ReadRow())
        {
            int before = _row.MistakeCount;
            if (_origins.Read() is not { } origin)
                continue;
            InferenceCase read = new()
            {
                Origin = origin,
                Model = Text("model"),
                ModelConfig = Text("model_config"),
                Phase = Text("phase"),
                Mode = Text("mode"),
                Framework = Text("framework"),
                Chip = Text("chip"),
                WeightType = Text("weight_dtype"),
                ExpertType = Text("moe_dtype"),
                KvType = Text("kv_dtype"),
                Speculative = Text("speculative"),
                Locator = Text("locator"),
                Published = Text("published"),
                Chips = Count("chips", MostRanks),
                InputTokens = Mean("input_tokens"),
                OutputTokens = Mean("output_tokens"),
                MaxSequence = Count("max_seq", MostTokens),
                Batch = Count("batch", MostRanks),
                Concurrency = Count("concurrency", MostRanks),
                Requests = Count("num_requests", MostTokens),
                TensorParallel = Count("tp", MostRanks),
                PipelineParallel = Count("pp", MostRanks),
                DataParallel = Count("dp", MostRanks),
                ExpertParallel = Count("ep", MostRanks),
                ExpertTensorParallel = Count("moe_tp", MostRanks),
                AttentionDataParallel = Count("attention_dp", MostRanks),
                FirstTokenMs = _row.Positive(Column("ttft_ms_p50")),
                PerTokenMs = _row.Positive(Column("tpot_ms_p50")),
                PowerShare = _row.Positive(Column("gpu_power_avg_frac_tdp")),
                PeakPowerShare = _row.Positive(Column("gpu_power_peak_frac_tdp")),
                OutputTokensPerSecond = _row.Positive(Column("output_tokens_per_s")),
            };
            if (_row.MistakeCount == before)
                return read;
        }

        return null;
    }

    private int Column(string name)
    {
        if (!_columns.TryGetValue(name, out int column))
        {
            column = _row.Column(name);
            _columns[name] = column;
        }

        return column;
    }

    private string Text(string name) => _texts.Of(_row[Column(name)]);

    /// <summary>Lengths may be means over requests.</summary>
    private int? Mean(string name) => _row.Number(Column(name), 1, MostTokens) is { } mean ? (int)Math.Round(mean) : null;

    private int? Count(string name, int most) => _row.Integer(Column(name), 1, most);
}
