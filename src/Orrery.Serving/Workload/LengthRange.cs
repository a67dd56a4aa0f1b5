using Orrery.Engine;

namespace Orrery.Serving;

/// <summary>Lengths drawn evenly from <paramref name="Share"/> of <paramref name="Most"/> to all of it; a share of 1 is a fixed length.</summary>
public readonly record struct LengthRange(int Most, double Share = 1)
{
    /// <summary>Shortest length.</summary>
    public int Least => Math.Max(1, (int)(Most * Share));

    /// <summary>One length.</summary>
    public int Next(ref RandomStream random) => Least >= Most ? Most : Least + random.NextInt(Most - Least + 1);
}
