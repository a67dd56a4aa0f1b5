namespace Orrery.Fabric;

/// <summary>
/// Rings through all members of a closed two-dimensional torus that share no link: two, each of which can be walked both ways, use every link of
/// every member.
/// </summary>
/// <remarks>
/// The product of two rings splits into two Hamiltonian cycles (Kotzig, 1973). Built from the rows and the columns: wherever the four sides of a square
/// belong two to each, they may change owners; changes that join cycles are made until one of each is left.
/// </remarks>
internal static class TorusCycles
{
    /// <summary>The two cycles, as lists of members numbered x + width * y. Both sides must be at least three.</summary>
    public static int[][] Find(int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 3);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 3);

        // Owner of the link from (x, y) to the right and upwards: true is the cycle grown from the rows.
        bool[] right = new bool[width * height], up = new bool[width * height];
        Array.Fill(right, true);
        int[] scratch = new int[width * height];
        int cycles = Count(right, up, width, height, scratch);
        while (cycles > 2)
        {
            int next = Improve(right, up, width, height, cycles, scratch);
            if (next == cycles)
                throw new InvalidOperationException($"no change joins the cycles of a torus of {width} x {height}");
            cycles = next;
        }

        return [Walk(right, up, width, height, true), Walk(right, up, width, height, false)];
    }

    /// <summary>Makes the first change, or pair of changes, that leaves fewer cycles; returns how many are left.</summary>
    private static int Improve(bool[] right, bool[] up, int width, int height, int cycles, int[] scratch)
    {
        int squares = width * height;
        for (int first = 0; first < squares; first++)
        {
            if (!Swap(right, up, width, height, first))
                continue;
            int left = Count(right, up, width, height, scratch);
            if (left < cycles)
                return left;
            Swap(right, up, width, height, first);
        }

        for (int first = 0; first < squares; first++)
        {
            if (!Swap(right, up, width, height, first))
                continue;
            for (int second = 0; second < squares; second++)
            {
                if (second == first || !Swap(right, up, width, height, second))
                    continue;
                int left = Count(right, up, width, height, scratch);
                if (left < cycles)
                    return left;
                Swap(right, up, width, height, second);
            }

            Swap(right, up, width, height, first);
        }

        return cycles;
    }

    /// <summary>Exchanges the owners of a square's sides; false where its opposite sides do not belong two to each.</summary>
    private static bool Swap(bool[] right, bool[] up, int width, int height, int corner)
    {
        int x = corner % width, y = corner / width;
        int above = x + (width * ((y + 1) % height)), beside = ((x + 1) % width) + (width * y);
        if (right[corner] != right[above] || up[corner] != up[beside] || right[corner] == up[corner])
            return false;
        right[corner] = right[above] = !right[corner];
        up[corner] = up[beside] = !up[corner];
        return true;
    }

    private static int Count(bool[] right, bool[] up, int width, int height, int[] seen)
    {
        int cycles = 0;
        foreach (bool owner in (ReadOnlySpan<bool>)[true, false])
        {
            Array.Clear(seen);
            for (int start = 0; start < seen.Length; start++)
            {
                if (seen[start] != 0)
                    continue;
                cycles++;
                int at = start, from = -1;
                do
                {
                    seen[at] = 1;
                    int next = Next(right, up, width, height, owner, at, from);
                    from = at;
                    at = next;
                }
                while (at != start);
            }
        }

        return cycles;
    }

    private static int[] Walk(bool[] right, bool[] up, int width, int height, bool owner)
    {
        int[] cycle = new int[width * height];
        int at = 0, from = -1;
        for (int index = 0; index < cycle.Length; index++)
        {
            cycle[index] = at;
            int next = Next(right, up, width, height, owner, at, from);
            from = at;
            at = next;
        }

        return cycle;
    }

    /// <summary>The neighbour of a member in the owner's cycle that it was not reached from.</summary>
    private static int Next(bool[] right, bool[] up, int width, int height, bool owner, int at, int from)
    {
        int x = at % width, y = at / width;
        int east = ((x + 1) % width) + (width * y), west = ((x + width - 1) % width) + (width * y);
        int north = x + (width * ((y + 1) % height)), south = x + (width * ((y + height - 1) % height));
        if (right[at] == owner && east != from)
            return east;
        if (right[west] == owner && west != from)
            return west;
        if (up[at] == owner && north != from)
            return north;
        return south;
    }
}
