using Orrery.Units;

namespace Orrery.Interchange;

/// <summary>How the members of a network dimension are joined.</summary>
public enum AstraTopology : byte
{
    Ring,
    FullyConnected,
    Switch,
}

/// <summary>One dimension of a network of ASTRA-sim's analytical back end.</summary>
/// <param name="Topology">How its members are joined.</param>
/// <param name="Size">Members.</param>
/// <param name="Link">Rate of one link in one direction.</param>
/// <param name="Latency">Of one hop; a way through a switch is two.</param>
public readonly record struct AstraDimension(AstraTopology Topology, int Size, BytesPerSecond Link, Seconds Latency);
