using Orrery.Validation.Csv;

namespace Orrery.Validation.Cases;

/// <summary>Reads kernel cases one at a time, so that a table of any length can be scored without holding it.</summary>
public sealed class KernelCaseReader
{
    private readonly CsvReader _row;
    private readonly TextPool _texts = new();
    private readonly CaseOriginReader _origins;
    private readonly int _kernel;
    private readonly int _kind;
    private readonly int _chip;
    private readonly int _model;
    private readonly int[] _shape;
    private readonly int _gated;
    private readonly int _distribution;
    private readonly int _type;
    private readonly int _accumulator;
    private readonly int _kvType;
    private readonly int _library;
    private readonly int _time;
    private readonly int _tflops;
    private readonly int _percent;
    private readonly int _rate;
    private readonly int _bytes;

    private static readonly string[] ShapeNames =
    [
        "m", "n", "k", "batch", "seq_q", "seq_kv", "heads", "kv_heads", "head_dim", "window", "tokens", "hidden", "moe_ffn", "experts", "topk", "groups",
        "tp", "ep",
    ];

    public KernelCaseReader(CsvReader row)
    {
        _row = row;
        _origins = new CaseOriginReader(row, _texts);
        _kernel = row.Column("kernel");
        _kind = row.RequiredColumn("kernel_kind");
        _chip = row.RequiredColumn("chip");
        _model = row.Column("model");
        _shape = [.. ShapeNames.Select(row.RequiredColumn)];
        _gated = row.Column("gated");
        _distribution = row.Column("distribution");
        _type = row.RequiredColumn("dtype");
        _accumulator = row.Column("accum_dtype");
        _kvType = row.Column("kv_dtype");
        _library = row.Column("kernel_library");
        _time = row.RequiredColumn("time_us");
        _tflops = row.Column("achieved_tflops");
        _percent = row.Column("pct_of_peak");
        _rate = row.Column("achieved_GBps");
        _bytes = row.Column("bytes");
    }

    /// <summary>The next case that could be read, null at the end.</summary>
    public KernelCase? Next()
    {
        while (!_row.Header.IsEmpty && _row.ReadRow())
        {
            int before = _row.MistakeCount;
            if (_origins.Read() is not { } origin)
                continue;
            KernelCase read = new()
            {
                Origin = origin,
                Kernel = _texts.Of(_row[_kernel]),
                Kind = _texts.Of(_row[_kind]),
                Chip = _texts.Of(_row[_chip]),
                Model = _texts.Of(_row[_model]),
                M = Shape(0),
                N = Shape(1),
                K = Shape(2),
                Batch = Shape(3),
                SeqQ = Shape(4),
                SeqKv = Shape(5),
                Heads = Shape(6),
                KvHeads = Shape(7),
                HeadDim = Shape(8),
                Window = Shape(9),
                Tokens = Shape(10),
                Hidden = Shape(11),
                MoeFfn = Shape(12),
                Experts = Shape(13),
                TopK = Shape(14),
                Groups = Shape(15),
                Tp = Shape(16),
                Ep = Shape(17),
                IsGated = _row.Flag(_gated) ?? false,
                Distribution = _texts.Of(_row[_distribution]),
                DataType = _texts.Of(_row[_type]),
                AccumulatorType = _texts.Of(_row[_accumulator]),
                KvDataType = _texts.Of(_row[_kvType]),
                Library = _texts.Of(_row[_library]),
                TimeUs = _row.Positive(_time),
                AchievedTflops = _row.Positive(_tflops),
                PercentOfPeak = _row.Number(_percent, 0),
                AchievedGBps = _row.Positive(_rate),
                Bytes = _row.Positive(_bytes),
            };
            if (_row.MistakeCount == before)
                return read;
        }

        return null;
    }

    private int Shape(int index) => _row.Integer(_shape[index], 0) ?? 0;
}
