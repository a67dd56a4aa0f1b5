using System.Collections.Immutable;

namespace Orrery.Fabric;

/// <summary>
/// Rings over the members of a torus, and how they share its links: sides are nested, each walked to and fro inside the next, so that every hop but the last goes to a neighbour;
/// starts are turned round every closed side, and each ring is walked both ways.
/// </summary>
/// <param name="Orders">Which side is nested innermost, for each family of rings; the others follow in turn. Families carry equal parts.</param>
/// <param name="Load">Bytes on the busiest link over those a member sends, each way.</param>
internal sealed record RingOrders(ImmutableArray<int> Orders, double Load)
{
    /// <summary>The families that crowd the busiest link least: one innermost side alone, or all of them.</summary>
    public static RingOrders Of(LevelShape shape, bool isOutermost)
    {
        int sides = shape.Sides.Length;
        RingOrders best = new([0], Busiest(shape, [0], isOutermost));
        for (int first = 1; first < sides; first++)
            best = Better(best, shape, [first], isOutermost);
        if (sides > 1)
        {
            int[] all = new int[sides];
            for (int side = 0; side < sides; side++)
                all[side] = side;
            best = Better(best, shape, ImmutableArray.Create(all), isOutermost);
        }

        return best;
    }

    /// <summary>Strides that walk a full mesh of so many members in one ring each, no link in two of them.</summary>
    public static int[] Strides(int members)
    {
        List<int> strides = [];
        for (int stride = 1; stride < Math.Max(2, members); stride++)
        {
            int a = stride, b = members;
            while (b != 0)
                (a, b) = (b, a % b);
            if (a == 1)
                strides.Add(stride);
        }

        return [.. strides];
    }

    private static RingOrders Better(RingOrders best, LevelShape shape, ImmutableArray<int> orders, bool isOutermost)
    {
        double load = Busiest(shape, orders, isOutermost);
        return load < best.Load * (1 - 1e-9) ? new RingOrders(orders, load) : best;
    }

    private static double Busiest(LevelShape shape, ImmutableArray<int> orders, bool isOutermost)
    {
        int sides = shape.Sides.Length;
        Span<double> load = stackalloc double[sides];
        foreach (int first in orders)
        {
            double turned = 1;

            // Over an odd number of domains the last ends beside where the first began.
            bool closes = isOutermost && shape.Sides[(first + sides - 1) % sides] % 2 == 1 && sides > 1;
            bool allClosed = true;
            for (int nest = 0; nest < sides; nest++)
            {
                int side = (first + nest) % sides;
                int length = shape.Sides[side];
                bool closed = shape.Closed[side], last = isOutermost && nest == sides - 1;
                // A line is walked back at the end; a side of two at another place than there, where places are not turned.
                double hops = closed ? (last || (closes && nest == 0) ? 1 : (length - 1.0) / length) : last && (length > 2 || allClosed) ? 1 + shape.Back(side) : 1;
                load[side] += hops / (allClosed ? turned : 1);
                turned *= length;
                allClosed &= closed;
            }
        }

        double worst = 0;
        foreach (double one in load)
            worst = Math.Max(worst, one / (2 * orders.Length));
        return worst;
    }
}
