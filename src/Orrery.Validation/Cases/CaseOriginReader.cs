using Orrery.Validation.Csv;

namespace Orrery.Validation.Cases;

/// <summary>Reads the columns that all case files share, and refuses a case id given twice.</summary>
internal sealed class CaseOriginReader
{
    private readonly CsvReader _row;
    private readonly TextPool _texts;
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private readonly int _id;
    private readonly int _group;
    private readonly int _stack;
    private readonly int _system;
    private readonly int _metric;
    private readonly int _expressible;
    private readonly int _whyNot;
    private readonly int _quality;

    public CaseOriginReader(CsvReader row, TextPool texts)
    {
        _row = row;
        _texts = texts;
        _id = row.RequiredColumn("case_id");
        _group = row.RequiredColumn("source_id");
        _stack = row.RequiredColumn("stack");
        _system = row.Column("system");
        _metric = row.RequiredColumn("primary_metric");
        _expressible = row.RequiredColumn("expressible");
        _whyNot = row.Column("why_not");
        _quality = row.Column("quality");
    }

    /// <summary>The origin of the current row, null with an error where it has none.</summary>
    public CaseOrigin? Read()
    {
        string id = _row[_id].Trim().ToString();
        if (id.Length == 0)
        {
            _row.CellError(_id, "expected the case's name");
            return null;
        }

        if (!_ids.Add(id))
        {
            _row.RowError(CsvCodes.Duplicate, $"the case '{id}' is given twice");
            return null;
        }

        string group = _texts.Of(_row[_group]);
        if (group.Length == 0)
        {
            _row.CellError(_group, "expected the name of the publication or table");
            return null;
        }

        if (_row.Flag(_expressible) is not { } isExpressible)
        {
            if (_row[_expressible].Trim().IsEmpty)
                _row.CellError(_expressible, "expected 1 or 0");
            return null;
        }

        return new CaseOrigin(
            id,
            group,
            _texts.Of(_row[_stack]),
            _texts.Of(_row[_system]),
            _texts.Of(_row[_metric]),
            isExpressible,
            _texts.Of(_row[_whyNot]),
            _texts.Of(_row[_quality]),
            _row.RowLine);
    }
}
