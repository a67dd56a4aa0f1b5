using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>Where the chips of one end of a transfer meet the fabric.</summary>
/// <param name="System">Id of the system.</param>
/// <param name="Level">Its level that carries the transfer.</param>
/// <param name="LineRate">Of one chip into the level, one direction.</param>
/// <param name="Share">Of the line rate that the chip's communication library achieves there.</param>
/// <param name="Latency">Of the level and of the library's step.</param>
public sealed record TransferPort(string System, string Level, BytesPerSecond LineRate, double Share, Seconds Latency)
{
    /// <summary>What one chip moves through the port.</summary>
    public BytesPerSecond Rate => LineRate * Share;
}
