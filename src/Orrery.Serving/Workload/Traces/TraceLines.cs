using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Orrery.Catalog;

namespace Orrery.Serving;

/// <summary>The requests of one file so far, and what was wrong with it.</summary>
internal sealed partial class TraceLines
{
    private readonly TraceLayout layout;
    private readonly TraceLimits limits;
    private readonly string file;
    private readonly int arrival;
    private readonly int input;
    private readonly int output;
    private readonly int conversation;
    private readonly int images;
    private readonly int priority;
    private readonly int columnCount;
    private readonly RequestTraceBuilder requests;
    private readonly List<Diagnostic> found = [];
    private readonly SortedDictionary<string, int> counts = new(StringComparer.Ordinal);
    private readonly List<int> blocks = [];
    private TraceClock clock;
    private long last = long.MinValue;
    private int mistakes;
    private int tooLong;
    private (int Line, int Column, double Tokens) firstTooLong;

    public TraceLines(TraceLayout layout, List<string> columns, in TraceLimits limits, string file)
    {
        this.layout = layout;
        this.limits = limits;
        this.file = file;
        arrival = TraceLayout.Find(columns, layout.Arrival);
        input = TraceLayout.Find(columns, layout.Input);
        output = TraceLayout.Find(columns, layout.Output);
        conversation = TraceLayout.Find(columns, layout.Conversation);
        images = TraceLayout.Find(columns, layout.Images);
        priority = TraceLayout.Find(columns, layout.Priority);
        columnCount = columns.Count;
        clock = new TraceClock(layout.TicksPerUnit);
        requests = new RequestTraceBuilder(layout.BlockTokens);
    }

    /// <summary>Nothing more is to be read.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Reads and judges one line.</summary>
    public void Take(ReadOnlySpan<byte> line, int number)
    {
        blocks.Clear();
        TraceRow row = new() { Input = double.NaN, Output = double.NaN };
        bool isRead = layout.IsJsonLines ? Json(line, number, ref row) : Cells(line, number, ref row);
        if (!isRead || !IsLength(row.Input, row.InputAt, number, layout.Input[0], line) || !IsLength(row.Output, row.OutputAt, number, layout.Output[0], line)
            || !AreImages(row, number, line) || !IsClass(row, number, line) || !IsServed(row, number))
        {
            return;
        }

        // A service that refused to answer still read the prompt: its first token is the last.
        int generated = Math.Max(1, (int)row.Output);
        if (row.Input + generated > limits.ContextTokens)
        {
            if (tooLong++ == 0)
                firstTooLong = (number, row.InputAt, row.Input + generated);
            return;
        }

        if (requests.Count >= limits.MostRequests)
        {
            // Fewer than usual are what a person asked for.
            if (limits.MostRequests >= TraceLimits.UsualRequests && IsShown(ServingCode.TooManyRequests, Severity.Warning))
                Say(ServingCode.TooManyRequests, number, 1, $"the trace goes on after {limits.MostRequests:#,0} requests; the rest is not read", Severity.Warning);
            IsFull = true;
            return;
        }

        if (row.Time < last && IsShown(ServingCode.UnsortedTrace, Severity.Warning))
            Say(ServingCode.UnsortedTrace, number, 1, "the request arrives before one above it; the trace is sorted by arrival", Severity.Warning);
        last = Math.Max(last, row.Time);
        requests.Add(row.Time, (int)row.Input, generated, CollectionsMarshal.AsSpan(blocks), (int)row.Images, row.Conversation, (byte)row.Priority);
    }

    /// <summary>Says what makes the rest unreadable.</summary>
    public void Stop(string code, int line, string message)
    {
        IsShown(code);
        Say(code, line, 1, message);
        IsFull = true;
    }

    /// <summary>The trace, or null where there are errors.</summary>
    public Result<RequestTrace> Finish()
    {
        bool hasErrors = mistakes > 0;
        if (tooLong > 0)
        {
            // What a context cannot hold is no mistake of the file: one line for all of them.
            Say(
                ServingCode.PromptTooLong, firstTooLong.Line, firstTooLong.Column,
                string.Create(CultureInfo.InvariantCulture, $"{tooLong:#,0} request{(tooLong == 1 ? "" : "s")} with more tokens of prompt and answer than the context of {limits.ContextTokens:#,0} {(tooLong == 1 ? "is" : "are")} left out; the first has {firstTooLong.Tokens:#,0}"),
                Severity.Warning);
        }

        foreach ((string code, int count) in counts)
        {
            if (count > TraceReader.MostShown)
                found.Add(new Diagnostic(hasErrors ? Severity.Error : Severity.Warning, code, file, 0, 0, $"{count - TraceReader.MostShown:#,0} more of {code} are not shown"));
        }

        if (!hasErrors && requests.Count == 0)
        {
            hasErrors = true;
            found.Add(new Diagnostic(Severity.Error, ServingCode.EmptyTrace, file, 0, 0, "the trace holds no request that can be served"));
        }

        return new Result<RequestTrace>(hasErrors ? null : requests.ToTrace(empties: true), [.. found]);
    }

    /// <summary>Counts a mistake; true where it is among the first of its kind, whose messages are worth making.</summary>
    private bool IsShown(string code, Severity severity = Severity.Error)
    {
        int count = counts.GetValueOrDefault(code) + 1;
        counts[code] = count;
        if (severity == Severity.Error && ++mistakes == TraceLimits.MostMistakes)
            IsFull = true;
        return count <= TraceReader.MostShown;
    }

    /// <summary>Says a mistake that <see cref="IsShown"/> let through.</summary>
    private void Say(string code, int line, int column, string message, Severity severity = Severity.Error) =>
        found.Add(new Diagnostic(severity, code, file, line, Math.Max(1, column), message));

    private bool IsLength(double value, int place, int line, string name, ReadOnlySpan<byte> text)
    {
        if (value is >= 0 and <= TraceLimits.AbsurdTokens && value == Math.Floor(value))
            return true;
        if (IsShown(ServingCode.BadLength))
            Say(ServingCode.BadLength, line, place, place == 0 ? $"'{name}' is missing; expected a number of tokens" : $"'{name}' is '{ValueAt(text, place)}'; expected whole tokens from 0 to {TraceLimits.AbsurdTokens:#,0}");
        return false;
    }

    private bool AreImages(in TraceRow row, int line, ReadOnlySpan<byte> text)
    {
        if (row.Images is >= 0 and <= TraceLimits.AbsurdImages && row.Images == Math.Floor(row.Images))
            return true;
        if (IsShown(ServingCode.BadLength))
            Say(ServingCode.BadLength, line, row.ImagesAt, $"'{layout.Images[0]}' is '{ValueAt(text, row.ImagesAt)}'; expected whole images from 0 to {TraceLimits.AbsurdImages:#,0}");
        return false;
    }

    private bool IsClass(in TraceRow row, int line, ReadOnlySpan<byte> text)
    {
        if (row.Priority is >= 0 and < RequestTrace.MostClasses && row.Priority == Math.Floor(row.Priority))
            return true;
        if (IsShown(ServingCode.BadPriorities))
            Say(ServingCode.BadPriorities, line, row.PriorityAt, $"'{layout.Priority[0]}' is '{ValueAt(text, row.PriorityAt)}'; expected a class from 0, the first served, to {RequestTrace.MostClasses - 1}");
        return false;
    }

    /// <summary>False for requests that are left out, which is said.</summary>
    private bool IsServed(in TraceRow row, int line)
    {
        if (row.Input == 0)
        {
            if (IsShown(ServingCode.EmptyPrompt, Severity.Warning))
                Say(ServingCode.EmptyPrompt, line, row.InputAt, $"'{layout.Input[0]}' is 0: a request that failed where it was recorded; it is left out", Severity.Warning);
            return false;
        }

        if (!row.IsBeyond)
            return true;
        if (IsShown(ServingCode.TraceTooLarge, Severity.Warning))
            Say(ServingCode.TraceTooLarge, line, 1, $"the request is more than {TraceLimits.LongestSpan / 86400:0} days from the first, which the clock of a run does not span; it is left out", Severity.Warning);
        return false;
    }

    /// <summary>What stands at a place, up to the next mark of a table or an object.</summary>
    private string ValueAt(ReadOnlySpan<byte> line, int place)
    {
        ReadOnlySpan<byte> rest = line[Math.Clamp(place - 1, 0, line.Length)..];
        int length = layout.IsJsonLines ? rest.IndexOfAny(",}]"u8) : rest.IndexOf((byte)',');
        return TraceHeading.Shown(length < 0 ? rest : rest[..length]);
    }

    /// <summary>A number for a name, never 0; two names of a file share one in a chance of some billions.</summary>
    private static ulong Numbered(ReadOnlySpan<byte> name)
    {
        // FNV-1a of 64 bits.
        ulong number = 14695981039346656037;
        foreach (byte letter in name)
            number = (number ^ letter) * 1099511628211;
        return number == 0 ? 1 : number;
    }
}
