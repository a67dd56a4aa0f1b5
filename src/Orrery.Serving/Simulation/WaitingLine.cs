namespace Orrery.Serving;

/// <summary>
/// Requests that wait to be admitted: by class, then by arrival. With ageing a class is a head start of so much time instead, so nobody is overtaken by
/// those that come later than that.
/// </summary>
internal sealed class WaitingLine
{
    private readonly RequestBook book;
    private readonly IntQueue[] classes;
    private readonly Int128 headStart;

    /// <summary>A line of the requests of <paramref name="book"/>.</summary>
    /// <param name="ageing">Ticks that make up for one class; 0 is none.</param>
    public WaitingLine(RequestBook book, long ageing)
    {
        this.book = book;
        classes = new IntQueue[book.Trace.Classes];
        for (int one = 0; one < classes.Length; one++)
            classes[one] = new IntQueue();
        // Longer than any run: classes are strict.
        headStart = ageing > 0 ? ageing : Int128.One << 64;
    }

    public int Count { get; private set; }

    /// <summary>Requests have classes, so who is first is not only a matter of arrival.</summary>
    public bool HasClasses => classes.Length > 1;

    /// <summary>The next to be admitted.</summary>
    public int Next => classes.Length == 1 ? classes[0][0] : classes[First()][0];

    /// <summary>The <paramref name="place"/>-th of those that wait, class by class.</summary>
    public int this[int place]
    {
        get
        {
            int one = 0;
            while (place >= classes[one].Count)
                place -= classes[one++].Count;
            return classes[one][place];
        }
    }

    public void Add(int request)
    {
        classes[classes.Length == 1 ? 0 : book.Trace.PriorityOf(request)].Add(request);
        Count++;
    }

    public int Take()
    {
        Count--;
        return classes[classes.Length == 1 ? 0 : First()].Take();
    }

    /// <summary>True where <paramref name="request"/> is served before <paramref name="other"/>, and loses its blocks after it.</summary>
    public bool IsBefore(int request, int other)
    {
        Int128 one = Key(request);
        Int128 two = Key(other);
        return one < two || (one == two && request < other);
    }

    private Int128 Key(int request) => book.Arrivals[request] + (headStart * book.Trace.PriorityOf(request));

    private int First()
    {
        int best = -1;
        for (int one = 0; one < classes.Length; one++)
        {
            if (classes[one].Count > 0 && (best < 0 || IsBefore(classes[one][0], classes[best][0])))
                best = one;
        }

        return best;
    }
}
