using Orrery.Engine;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>
/// Lengths whose logarithm is normal, as those of conversations nearly are: <c>median x longest x exp(sigma z)</c>, drawn again where they are longer than
/// the longest, rounded up to whole tokens. A median of at most the longest keeps half of the draws or more.
/// </summary>
public sealed class LognormalLengths(double median, double sigma) : LengthSpread
{
    public static ShapeKind<LengthSpread> Kind { get; } = new(
        "lognormal",
        "many short and few long, none beyond the longest",
        [
            new("median", QuantityKind.Number, 1e-6, 1, "median as a share of the longest, before those beyond it are drawn again"),
            new("sigma", QuantityKind.Number, 0.01, 5, "standard deviation of the logarithm"),
        ],
        static values => new LognormalLengths(values[0], values[1]));

    public override int Next(ref RandomStream random, int most)
    {
        while (true)
        {
            double length = Math.Ceiling(most * median * Math.Exp(sigma * random.NextNormal()));
            if (length <= most)
                return Math.Max(1, (int)length);
        }
    }
}
