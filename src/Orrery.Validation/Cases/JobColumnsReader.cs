using Orrery.Validation.Csv;

namespace Orrery.Validation.Cases;

/// <summary>Reads the inputs of a training or memory case; columns that a file lacks are not stated.</summary>
internal sealed class JobColumnsReader
{
    // Above any machine or network; they keep sums of products inside 64 bits.
    private const int MostLayers = 10_000;
    private const int MostWidth = 1 << 24;
    private const int MostRanks = 1 << 24;

    private readonly CsvReader _row;
    private readonly TextPool _texts;
    private readonly int[] _columns;

    internal static readonly string[] Names =
    [
        "task", "model", "model_config", "params_b", "active_params_b", "layers", "hidden", "heads", "kv_heads", "head_dim", "ffn", "vocab", "experts",
        "topk", "moe_ffn", "gated_mlp", "seq", "global_batch_seqs", "micro_batch_seqs", "grad_accum", "tp", "sequence_parallel", "pp", "vp", "dp", "cp",
        "ep", "fsdp_shard", "zero", "optimizer", "recompute", "precision", "chip", "chip_mem_gb", "chips", "parallel_unit", "units", "nodes", "network",
        "framework", "software_version", "notes",
    ];

    private static readonly HashSet<string> Required = new(StringComparer.Ordinal)
    {
        "model", "model_config", "layers", "hidden", "heads", "kv_heads", "ffn", "vocab", "seq", "global_batch_seqs", "micro_batch_seqs", "tp", "pp", "vp",
        "dp", "cp", "ep", "recompute", "precision", "chip", "chips",
    };

    public JobColumnsReader(CsvReader row, TextPool texts, bool isOwn = false)
    {
        _row = row;
        _texts = texts;
        _columns = new int[Names.Length];
        for (int index = 0; index < Names.Length; index++)
            _columns[index] = !isOwn && Required.Contains(Names[index]) ? row.RequiredColumn(Names[index]) : row.Column(Names[index]);
    }

    public JobColumns Read() => new()
    {
        Task = Text("task"),
        Model = Text("model"),
        ModelConfig = Text("model_config"),
        ParamsBillion = _row.Positive(Column("params_b")),
        ActiveParamsBillion = _row.Positive(Column("active_params_b")),
        Layers = Count("layers", MostLayers),
        Hidden = Count("hidden", MostWidth),
        Heads = Count("heads", MostWidth),
        KvHeads = Count("kv_heads", MostWidth),
        HeadDim = Count("head_dim", MostWidth),
        Ffn = Count("ffn", MostWidth),
        Vocab = Count("vocab", MostWidth),
        Experts = Count("experts", MostWidth),
        TopK = Count("topk", MostWidth),
        MoeFfn = Count("moe_ffn", MostWidth),
        GatedMlp = _row.Flag(Column("gated_mlp")),
        Seq = Count("seq", int.MaxValue),
        GlobalBatchSeqs = Count("global_batch_seqs", int.MaxValue),
        MicroBatchSeqs = Count("micro_batch_seqs", int.MaxValue),
        GradAccum = Count("grad_accum", int.MaxValue),
        Tp = Count("tp", MostRanks),
        SequenceParallel = _row.Flag(Column("sequence_parallel")),
        Pp = Count("pp", MostRanks),
        Vp = _row.Integer(Column("vp"), 0, MostLayers),
        Dp = Count("dp", MostRanks),
        Cp = Count("cp", MostRanks),
        Ep = Count("ep", MostRanks),
        FsdpShard = _row.Integer(Column("fsdp_shard"), 0, MostRanks),
        Zero = Zero(),
        Optimizer = Text("optimizer"),
        Recompute = Text("recompute"),
        Precision = Text("precision"),
        Chip = Text("chip"),
        ChipMemoryGb = _row.Positive(Column("chip_mem_gb")),
        Chips = Count("chips", MostRanks),
        ParallelUnit = Text("parallel_unit"),
        Units = Count("units", MostRanks),
        Nodes = Count("nodes", MostRanks),
        Network = Text("network"),
        Framework = Text("framework"),
        SoftwareVersion = Text("software_version"),
        Notes = Text("notes"),
    };

    private int Column(string name) => _columns[Array.IndexOf(Names, name)];

    private string Text(string name) => _texts.Of(_row[Column(name)]);

    /// <summary>The stage; sources that describe a scheme begin with the stage it is like (<c>2-like (...)</c>).</summary>
    private int? Zero()
    {
        int column = Column("zero");
        ReadOnlySpan<char> text = _row[column].Trim();
        return text.Length > 1 && text[0] is >= '0' and <= '3' && text[1] is ('-' or ' ') ? text[0] - '0' : _row.Integer(column, 0, 3);
    }

    private int? Count(string name, int maximum) => _row.Integer(Column(name), 1, maximum);
}
