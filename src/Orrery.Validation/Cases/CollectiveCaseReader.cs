using Orrery.Validation.Csv;

namespace Orrery.Validation.Cases;

/// <summary>Reads collective cases one at a time.</summary>
public sealed class CollectiveCaseReader
{
    private readonly CsvReader _row;
    private readonly TextPool _texts = new();
    private readonly CaseOriginReader _origins;
    private readonly int _operation;
    private readonly int _algorithm;
    private readonly int _library;
    private readonly int _chip;
    private readonly int _chips;
    private readonly int _nodes;
    private readonly int _ranks;
    private readonly int _devices;
    private readonly int _link;
    private readonly int _bytes;
    private readonly int _type;
    private readonly int _time;
    private readonly int _algorithmRate;
    private readonly int _busRate;
    private readonly int _notes;
    private readonly int _convention;

    public CollectiveCaseReader(CsvReader row)
    {
        _row = row;
        _origins = new CaseOriginReader(row, _texts);
        _operation = row.RequiredColumn("op");
        _algorithm = row.Column("algorithm");
        _library = row.Column("library");
        _chip = row.RequiredColumn("chip");
        _chips = row.Column("chips");
        _nodes = row.RequiredColumn("nodes");
        _ranks = row.RequiredColumn("ranks");
        _devices = row.Column("devices_per_node");
        _link = row.Column("link");
        _bytes = row.RequiredColumn("message_bytes");
        _type = row.RequiredColumn("dtype");
        _time = row.RequiredColumn("time_us");
        _algorithmRate = row.Column("algbw_GBps");
        _busRate = row.Column("busbw_GBps");
        _notes = row.Column("notes");
        _convention = row.Column("size_convention");
    }

    /// <summary>The next case that could be read, null at the end.</summary>
    public CollectiveCase? Next()
    {
        while (!_row.Header.IsEmpty && _row.ReadRow())
        {
            int before = _row.MistakeCount;
            if (_origins.Read() is not { } origin)
                continue;
            CollectiveCase read = new()
            {
                Origin = origin,
                Operation = _texts.Of(_row[_operation]),
                Algorithm = _texts.Of(_row[_algorithm]),
                Library = _texts.Of(_row[_library]),
                Chip = _texts.Of(_row[_chip]),
                Chips = _row.Integer(_chips, 0) ?? 0,
                Nodes = _row.Integer(_nodes, 0) ?? 0,
                Ranks = _row.Integer(_ranks, 0) ?? 0,
                DevicesPerNode = _row.Integer(_devices, 0) ?? 0,
                Link = _texts.Of(_row[_link]),
                MessageBytes = _row.Positive(_bytes),
                DataType = _texts.Of(_row[_type]),
                TimeUs = _row.Number(_time, 0),
                AlgorithmGBps = _row.Number(_algorithmRate, 0),
                BusGBps = _row.Number(_busRate, 0),
                SizeConvention = _convention < 0 ? "" : _texts.Of(_row[_convention]),
                Notes = _notes < 0 ? "" : _texts.Of(_row[_notes]),
            };
            if (_row.MistakeCount == before)
                return read;
        }

        return null;
    }
}
