using System.Collections.Concurrent;
using Orrery.Operators;

namespace Orrery.Chips.Gpu;

/// <summary>The load of the busiest rank as the blocks of a grouped product see it.</summary>
/// <param name="Pairs">Token-expert pairs.</param>
/// <param name="Active">Experts that have tokens.</param>
/// <param name="Local">Experts of the rank.</param>
/// <param name="Most">Tokens of the fullest expert.</param>
/// <param name="RowBlocks">For each tile height, tiles that cover the tokens of every expert.</param>
internal sealed record ExpertBlocks(long Pairs, int Active, int Local, int Most, long[] RowBlocks)
{
    /// <summary>Loads are pure and asked for again and again; they are few for one job.</summary>
    private static readonly ConcurrentDictionary<(long Tokens, ExpertRouting Routing, ExpertStructure Structure), ExpertBlocks> Known = new();

    /// <summary>Counted once for each number of tokens and routing.</summary>
    public static ExpertBlocks Of(long tokens, in ExpertRouting routing, ExpertStructure structure)
    {
        if (Known.TryGetValue((tokens, routing, structure), out ExpertBlocks? known))
            return known;
        return Known[(tokens, routing, structure)] = Count(ExpertLoad.Busiest(tokens, routing), structure);
    }

    private static ExpertBlocks Count(int[] load, ExpertStructure structure)
    {
        var blocks = new long[structure.TileRows.Length];
        long pairs = 0;
        int active = 0;
        int most = 0;
        foreach (int rows in load)
        {
            pairs += rows;
            active += rows > 0 ? 1 : 0;
            most = Math.Max(most, rows);
            for (int tile = 0; tile < blocks.Length; tile++)
                blocks[tile] += (rows + structure.TileRows[tile] - 1) / structure.TileRows[tile];
        }

        return new ExpertBlocks(pairs, active, load.Length, most, blocks);
    }
}
