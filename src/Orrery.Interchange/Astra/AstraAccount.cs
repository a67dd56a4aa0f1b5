using Orrery.Units;

namespace Orrery.Interchange;

/// <summary>
/// ASTRA-sim's time of one collective by the ring algorithm on one dimension, taken apart: what its model counts, part by part.
/// </summary>
/// <remarks>
/// A collective is cut into k chunks that follow one another. Each makes s steps (2 (n - 1) for an all-reduce, n - 1 for a gather or scatter, n (n - 1) / 2 for an exchange, whose
/// messages go round the ring from hand to hand), each of one message over h links (2 through a switch), at every one of which it is received whole before it is passed on:
/// k s h (latency + message / rate), every link's time cut to whole ns. The end points add their delay once for each step and once more, and a reduction moves each
/// message three times over the local memory: k r 3 (message / memory), cut to whole ns, with r = n - 1. Source: astra-sim/astra-sim, astra-sim/system/astraccl/native_collectives and
/// MemBus, and astra-sim/astra-network-analytical, congestion_aware/network/Link.cpp, at the commits in data/chakra/SOURCES.md.
/// </remarks>
/// <param name="Wire">Bytes on the first link of each step.</param>
/// <param name="StoreAndForward">Bytes again on each further link.</param>
/// <param name="Latency">Of all links of all steps of all chunks.</param>
/// <param name="EndPoints">Delay of the end points.</param>
/// <param name="Reduction">Local reduction over the memory bus.</param>
/// <param name="Rounding">Cutting to whole ns; not above 0.</param>
public readonly record struct AstraAccount(Seconds Wire, Seconds StoreAndForward, Seconds Latency, Seconds EndPoints, Seconds Reduction, Seconds Rounding)
{
    private const double NanosecondsPerSecond = 1e9;
    private const int MovesOfReduction = 3;

    public Seconds Total => Wire + StoreAndForward + Latency + EndPoints + Reduction + Rounding;

    /// <summary>The account of a collective of <paramref name="bytes"/> that each rank hands in; null for what is not one ring on one dimension with one chunk in flight.</summary>
    public static AstraAccount? Of(AstraNetwork network, AstraSystem system, ChakraCollective kind, double bytes)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(system);
        if (network.Dimensions.Length != 1 || system.ActiveChunks != 1)
            return null;
        AstraDimension dimension = network.Dimensions[0];
        int ranks = dimension.Size;
        (double steps, double reductions, double parts) = kind switch
        {
            ChakraCollective.AllReduce => (2.0 * (ranks - 1), ranks - 1.0, ranks),
            ChakraCollective.ReduceScatter => (ranks - 1.0, ranks - 1.0, ranks),
            ChakraCollective.AllGather => (ranks - 1.0, 0.0, 1.0),
            ChakraCollective.AllToAll => (ranks * (ranks - 1) / 2.0, 0.0, ranks),
            _ => (0, 0, 0),
        };
        if (steps == 0)
            return null;
        double links = dimension.Topology == AstraTopology.Switch ? 2 : 1;
        double message = Math.Floor(Math.Floor(bytes / system.Splits) / parts);
        double wire = message / dimension.Link.Value * NanosecondsPerSecond, latency = dimension.Latency.Value * NanosecondsPerSecond;
        double move = system.Memory.Value > 0 ? message / system.Memory.Value * NanosecondsPerSecond : 0;
        double cut = (Math.Floor(wire + latency) - wire - latency) * steps * links;
        double cutMoves = (Math.Floor(move) - move) * reductions * MovesOfReduction;
        double chunks = system.Splits / NanosecondsPerSecond;
        return new AstraAccount(
            new Seconds(chunks * steps * wire),
            new Seconds(chunks * steps * (links - 1) * wire),
            new Seconds(chunks * steps * links * latency),
            new Seconds(system.Splits * (steps + 1) * system.EndpointDelay.Value),
            new Seconds(chunks * reductions * MovesOfReduction * move),
            new Seconds(chunks * (cut + cutMoves)));
    }
}
