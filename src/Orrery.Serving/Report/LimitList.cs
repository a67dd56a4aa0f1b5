using System.Collections.Immutable;
using System.Globalization;

namespace Orrery.Serving;

/// <summary>Limits of a run with the share of its time that each takes.</summary>
internal sealed class LimitList
{
    /// <summary>Below this share of the time something is not worth a line.</summary>
    public const double Worth = 0.1;

    private const double MostlyIdle = 0.5;

    private const int Shown = 3;

    private readonly List<(double Share, string Text)> found = [];

    /// <summary>A limit that takes <paramref name="share"/> of the busy time, and what would help.</summary>
    public void Add(double share, string what, string remedy)
    {
        double shown = Math.Min(share, 1);
        if (share >= Worth)
            found.Add((shown, $"{what}, {Percent(shown)} of the busy time; {remedy}"));
    }

    /// <summary>The load, ahead of all others, where <paramref name="engines"/> stand still for most of the time.</summary>
    public void AddIdle(double idle, string engines, string work)
    {
        if (idle >= MostlyIdle)
            found.Add((1 + idle, $"load: the {engines} are idle {Percent(idle)} of the time; they could take more {work}"));
    }

    /// <summary>The strongest first.</summary>
    public ImmutableArray<string> Strongest()
    {
        found.Sort(static (left, right) => right.Share != left.Share ? right.Share.CompareTo(left.Share) : string.CompareOrdinal(left.Text, right.Text));
        return [.. found.Take(Shown).Select(static one => one.Text)];
    }

    private static string Percent(double share) => (share * 100).ToString("0", CultureInfo.InvariantCulture) + " %";
}
