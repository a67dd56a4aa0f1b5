namespace Orrery.Fabric;

/// <summary>
/// The way of a message: the links it crosses, each with the share of the message that crosses it (below 1 where it is split over equal ways).
/// A buffer that is filled again and again.
/// </summary>
public sealed class Route
{
    private int[] _links = new int[16];
    private double[] _shares = new double[16];

    /// <summary>Links crossed, with those of all parts of a split message.</summary>
    public int Count { get; private set; }

    /// <summary>Time of the first byte, without software.</summary>
    public double Latency { get; internal set; }

    /// <summary>The outermost level crossed; -1 for none.</summary>
    public int Level { get; internal set; } = -1;

    /// <summary>True where a fault made the message leave its usual way.</summary>
    public bool IsDetour { get; internal set; }

    public ReadOnlySpan<int> Links => _links.AsSpan(0, Count);

    public ReadOnlySpan<double> Shares => _shares.AsSpan(0, Count);

    internal void Clear()
    {
        Count = 0;
        Latency = 0;
        Level = -1;
        IsDetour = false;
    }

    /// <summary>Adds a link; a link crossed twice, by two parts of a message, is kept once.</summary>
    internal void Add(int link, double share)
    {
        for (int index = 0; index < Count; index++)
        {
            if (_links[index] == link)
            {
                _shares[index] += share;
                return;
            }
        }

        if (Count == _links.Length)
        {
            Array.Resize(ref _links, Count * 2);
            Array.Resize(ref _shares, Count * 2);
        }

        _links[Count] = link;
        _shares[Count++] = share;
    }

    /// <summary>Forgets the links from <paramref name="count"/> on.</summary>
    internal void Truncate(int count) => Count = count;
}
