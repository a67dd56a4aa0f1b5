using Orrery.Engine;

namespace Orrery.Serving;

/// <summary>How the lengths of made-up prompts and answers are spread below the longest. One class a spread; <see cref="LengthSpreads"/> lists them.</summary>
public abstract class LengthSpread
{
    /// <summary>The shortest length there is, at least 1.</summary>
    public virtual int Least(int most) => 1;

    /// <summary>One length from <see cref="Least"/> to <paramref name="most"/> tokens.</summary>
    public abstract int Next(ref RandomStream random, int most);
}
