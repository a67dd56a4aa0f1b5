using Orrery.Engine;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>Whole lengths drawn evenly from a share of the longest to all of it; a share of 1 is a fixed length and draws nothing.</summary>
public sealed class UniformLengths(double shortest) : LengthSpread
{
    public static ShapeKind<LengthSpread> Kind { get; } = new(
        "uniform",
        "evenly from the shortest to the longest",
        [new("shortest", QuantityKind.Number, 1e-6, 1, "shortest length as a share of the longest")],
        static values => new UniformLengths(values[0]));

    public override int Least(int most) => Math.Max(1, (int)(most * shortest));

    public override int Next(ref RandomStream random, int most)
    {
        int least = Least(most);
        return least >= most ? most : least + random.NextInt(most - least + 1);
    }
}
