namespace Orrery.Fabric;

/// <summary>One exchange of a sequence at growing distance: members that differ in one digit of their place along a side.</summary>
/// <param name="Side">Side of the torus; 0 elsewhere.</param>
/// <param name="Distance">Place value of the digit.</param>
/// <param name="Radix">Members that exchange with one another.</param>
/// <param name="Gray">True where places are counted so that neighbours on a ring of four differ in one digit.</param>
/// <param name="Share">Of the vector that a member starts with, what goes to each partner.</param>
internal readonly record struct ExchangeDigit(int Side, int Distance, int Radix, bool Gray, double Share)
{
    /// <summary>The partner of the member at a place, <paramref name="turn"/> digits on.</summary>
    public int Partner(int place, int turn)
    {
        int label = Gray ? Label(place) : place;
        int digit = label / Distance % Radix;
        int other = label + ((((digit + turn) % Radix) - digit) * Distance);
        return Gray ? Label(other) : other;
    }

    /// <summary>Links to the farthest partner on a side.</summary>
    public int Hops(int length, bool closed)
    {
        if (Gray)
            return 1;
        int farthest = (Radix - 1) * Distance;
        if (!closed)
            return farthest;
        int most = 0;
        for (int turn = 1; turn < Radix; turn++)
            most = Math.Max(most, Math.Min(turn * Distance, length - (turn * Distance)));
        return most;
    }

    // The order 0, 1, 3, 2 is its own inverse.
    private static int Label(int place) => place switch { 2 => 3, 3 => 2, _ => place };
}
