namespace Orrery.Serving;

/// <summary>
/// How the requests of one kind of trace file are written: columns of a table with a heading, or keys of JSON lines. One class a layout in
/// <c>Workload/Layouts</c>; <see cref="TraceLayouts"/> lists them.
/// </summary>
public abstract class TraceLayout
{
    /// <summary>Word by which people call it.</summary>
    public abstract string Name { get; }

    /// <summary>Columns or keys that hold the arrival; the first that a file has.</summary>
    public abstract string[] Arrival { get; }

    /// <summary>False where files of lengths alone are of this layout too.</summary>
    public virtual bool NeedsArrival => true;

    /// <summary>Columns or keys that hold the prompt's tokens.</summary>
    public abstract string[] Input { get; }

    /// <summary>Columns or keys that hold the generated tokens.</summary>
    public abstract string[] Output { get; }

    /// <summary>Columns or keys that say which conversation a request is a turn of; a turn is sent no sooner than the answer before it is there.</summary>
    public virtual string[] Conversation => [];

    /// <summary>Columns or keys that hold the images of a request; their tokens are among those of the prompt.</summary>
    public virtual string[] Images => [];

    /// <summary>Columns or keys that hold the class of priority, 0 the first to be served.</summary>
    public virtual string[] Priority => ["priority"];

    /// <summary>Ticks of one unit of a plain number in <see cref="Arrival"/>.</summary>
    public virtual double TicksPerUnit => RequestTrace.TicksPerSecond;

    /// <summary>Every line is a JSON object.</summary>
    public virtual bool IsJsonLines => false;

    /// <summary>Key of the list of prefix-block hashes; empty where there is none.</summary>
    public virtual string Blocks => "";

    /// <summary>Tokens of a prefix block.</summary>
    public virtual int BlockTokens => 0;

    /// <summary>True where a file with these columns is of this layout.</summary>
    public bool Fits(IReadOnlyList<string> columns) => Find(columns, Input) >= 0 && Find(columns, Output) >= 0 && (!NeedsArrival || Find(columns, Arrival) >= 0);

    /// <summary>The place of the first of <paramref name="names"/> among the columns; -1 where there is none.</summary>
    public static int Find(IReadOnlyList<string> columns, string[] names)
    {
        foreach (string name in names)
        {
            for (int column = 0; column < columns.Count; column++)
            {
                if (string.Equals(columns[column], name, StringComparison.OrdinalIgnoreCase))
                    return column;
            }
        }

        return -1;
    }
}
