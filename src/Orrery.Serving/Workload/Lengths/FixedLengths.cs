using Orrery.Engine;

namespace Orrery.Serving;

/// <summary>All as long as the longest.</summary>
public sealed class FixedLengths : LengthSpread
{
    public static ShapeKind<LengthSpread> Kind { get; } = new("fixed", "all as long as the longest", [], static _ => new FixedLengths());

    public override int Least(int most) => most;

    public override int Next(ref RandomStream random, int most) => most;
}
