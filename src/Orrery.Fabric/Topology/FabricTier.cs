namespace Orrery.Fabric;

/// <summary>The uplinks of one layer of switches of a Clos network.</summary>
/// <param name="Chips">Chips below one switch.</param>
/// <param name="IsRails">True where those are the chips at one place of their members.</param>
/// <param name="Groups">Switches of the layer.</param>
/// <param name="Paths">Uplinks of each.</param>
/// <param name="Rate">Of one uplink, one direction.</param>
/// <param name="FirstLink">Of two for each uplink, up and down.</param>
internal sealed record FabricTier(int Chips, bool IsRails, int Groups, int Paths, double Rate, int FirstLink)
{
    /// <summary>The switch a chip is below; <paramref name="stride"/> chips make one member of the level.</summary>
    public int GroupOf(int chip, int stride) => IsRails ? (chip % stride * (Groups / stride)) + (chip / stride / Chips) : chip / Chips;

    public int Up(int group, int path) => FirstLink + (((group * Paths) + path) * 2);

    public int Down(int group, int path) => Up(group, path) + 1;
}
