using Orrery.Engine;

namespace Orrery.Serving;

/// <summary>Lengths of at most <paramref name="Most"/> tokens, spread as <paramref name="Spread"/> says.</summary>
public readonly record struct LengthRange(int Most, LengthSpread Spread)
{
    /// <summary>Lengths drawn evenly from <paramref name="share"/> of <paramref name="most"/> to all of it; a share of 1 is a fixed length.</summary>
    public LengthRange(int most, double share = 1)
        : this(most, new UniformLengths(share))
    {
    }

    /// <summary>Shortest length.</summary>
    public int Least => Spread.Least(Most);

    /// <summary>One length.</summary>
    public int Next(ref RandomStream random) => Spread.Next(ref random, Most);
}
