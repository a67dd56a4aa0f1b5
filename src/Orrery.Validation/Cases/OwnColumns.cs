using Orrery.Units;
using Orrery.Validation.Csv;

namespace Orrery.Validation.Cases;

/// <summary>What a file of one's own step times says about its rows, with the gaps filled that a published file may not have.</summary>
internal sealed class OwnColumns
{
    /// <summary>Measured columns that give a step time, best first.</summary>
    private static readonly string[] Metrics = ["iteration_time_s", "tokens_per_s_per_chip", "tokens_per_s", "samples_per_s", "model_tflops_per_chip", "hw_tflops_per_chip"];

    private static readonly string[] Origins = ["case_id", "source_id", "stack", "system", "primary_metric", "expressible", "why_not", "quality"];

    /// <summary>Columns that published files have and no fit reads.</summary>
    private static readonly string[] Unread =
    [
        "mfu_pct", "hfu_pct", "time_to_train_min", "peak_mem_gib_per_chip", "avg_power_w_per_node", "energy_mj", "source", "locator", "published", "confidence",
        "verified",
    ];

    private readonly CsvReader _row;
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private readonly string _source;
    private readonly int[] _metrics;
    private readonly int _id;
    private readonly int _group;
    private readonly int _stack;
    private readonly int _system;
    private readonly int _metric;
    private readonly int _expressible;

    private OwnColumns(CsvReader row)
    {
        _row = row;
        string name = Path.GetFileName(row.FileName);
        _source = name.Split('.')[0];
        _metrics = [.. Metrics.Select(row.Column)];
        _id = row.Column("case_id");
        _group = row.Column("source_id");
        _stack = row.Column("stack");
        _system = row.Column("system");
        _metric = row.Column("primary_metric");
        _expressible = row.Column("expressible");
    }

    /// <summary>Looks at the header: a column nobody knows is most likely a slip of the pen, and without a measured column there is nothing to fit.</summary>
    public static OwnColumns Check(CsvReader row)
    {
        string[] known = [.. JobColumnsReader.Names, .. Metrics, .. Origins, .. Unread];
        OwnColumns own = new(row);
        if (row.Header.IsEmpty)
            return own;
        foreach (string name in row.Header)
        {
            if (name.Length > 0 && !known.Contains(name, StringComparer.Ordinal))
                row.HeaderError(name, $"there is no column '{name}'{EditDistance.Hint(name, known)}; data/validation/README.md lists them");
        }

        foreach (string needed in (ReadOnlySpan<string>)["system", "chips", "seq"])
            row.RequiredColumn(needed);
        if (row.Column("model_config") < 0 && row.Column("layers") < 0)
            row.HeaderError("", "no column says the model; expected 'model_config' (a folder of data/models) or the columns of its shape ('layers', 'hidden', 'heads'...)");
        if (Array.TrueForAll(own._metrics, static column => column < 0))
            row.HeaderError("", $"no column holds what was measured; expected one of {string.Join(", ", Metrics)}");
        return own;
    }

    /// <summary>The origin of the current row; null with an error where it measures nothing or is given twice.</summary>
    public CaseOrigin? Origin()
    {
        string id = Text(_id);
        if (id.Length == 0)
            id = $"{_source}:{_row.RowLine}";
        if (!_ids.Add(id))
        {
            _row.RowError(CsvCodes.Duplicate, $"the case '{id}' is given twice");
            return null;
        }

        string metric = Text(_metric);
        for (int i = 0; metric.Length == 0 && i < Metrics.Length; i++)
        {
            if (_metrics[i] >= 0 && !_row[_metrics[i]].Trim().IsEmpty)
                metric = Metrics[i];
        }

        if (metric.Length == 0)
        {
            if (Array.Exists(_metrics, static column => column >= 0))
                _row.RowError(CsvCodes.BadCell, $"the row has no measured figure; expected one of {string.Join(", ", Metrics)}");
            return null;
        }

        string group = Text(_group);
        return new CaseOrigin(id, group.Length > 0 ? group : _source, Text(_stack), Text(_system), metric, _row.Flag(_expressible) ?? true, "", "", _row.RowLine);
    }

    private string Text(int column) => column < 0 ? "" : _row[column].Trim().ToString();
}
