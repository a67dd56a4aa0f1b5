using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Fabric;
using Orrery.Units;

namespace Orrery.Interchange;

/// <summary>
/// An ASTRA-sim network as a system of ours: each dimension a level, a way through a switch two hops, all links of a member together its port. The library costs
/// nothing but the end-point delay; phases overlap as far as chunks let them.
/// </summary>
public static class AstraFabric
{
    private static readonly string[] RingAlgorithms = ["ring", "bidirectional-ring", "torus-rings", "direct"];

    /// <summary>The machine.</summary>
    public static SystemDescription SystemOf(AstraNetwork network, AstraSystem? system, string name)
    {
        ArgumentNullException.ThrowIfNull(network);
        LevelDescription[] levels = new LevelDescription[network.Dimensions.Length];
        for (int index = 0; index < levels.Length; index++)
        {
            AstraDimension dimension = network.Dimensions[index];
            (TopologyKind kind, int links, int hops) = dimension.Topology switch
            {
                AstraTopology.Switch => (TopologyKind.Switch, 1, 2),
                AstraTopology.FullyConnected => (TopologyKind.FullMesh, dimension.Size - 1, 1),
                _ => (TopologyKind.Ring, dimension.Size > 2 ? 2 : 1, 1),
            };
            levels[index] = new LevelDescription
            {
                Name = $"dimension {index}",
                Topology = kind,
                Size = dimension.Size,
                BandwidthPerChip = Of("bandwidth", new BytesPerSecond(dimension.Link.Value * links), name),
                Latency = Of("latency", new Seconds(dimension.Latency.Value * hops), name),
                LinksPerChip = links,
            };
        }

        return new SystemDescription
        {
            Id = name,
            Name = name,
            Chip = ChipOf(system, name),
            Levels = ImmutableArray.Create(levels),
            ChipsPerServer = network.Dimensions[0].Size,
            ChipsPerScaleUpDomain = network.Ranks / network.Dimensions[^1].Size,
            MaximumChips = network.Ranks,
            OverheadPowerPerChip = Of("overheadPower", default(Watts), name),
            PowerUsageEffectiveness = Of("powerUsageEffectiveness", 1.0, name),
            Prices = [],
            DefaultStack = "",
        };
    }

    /// <summary>What its end points cost. A collective that the system file names no algorithm for takes the fastest that suits the network.</summary>
    public static CommunicationLibrary LibraryOf(AstraNetwork network, AstraSystem? system, string name)
    {
        ArgumentNullException.ThrowIfNull(network);

        // Trees and exchanges at growing distance crowd the links of a ring, which formulas for a switch do not count.
        bool hasRing = network.Dimensions.Any(static dimension => dimension.Topology == AstraTopology.Ring);
        ImmutableArray<CollectiveAlgorithm> algorithms = hasRing ? [.. AlgorithmRegistry.All.Where(static one => RingAlgorithms.Contains(one.Name, StringComparer.Ordinal))] : AlgorithmRegistry.All;
        LibraryScope scope = new()
        {
            Step = Of("step", system?.EndpointDelay ?? Seconds.Zero, name),
            PerMessage = Of("perMessage", Seconds.Zero, name),
            Share = Of("share", 1.0, name),
            Sigma = Of("sigma", 0.0, name),
            CarriedSigma = Of("carriedSigma", 1.0, name),
            Choice = [new AlgorithmChoice(new Bytes(double.PositiveInfinity), int.MaxValue, algorithms)],
        };
        return new CommunicationLibrary
        {
            Name = name,
            Launch = Of("launch", Seconds.Zero, name),

            // With k chunks all phases but the slowest show a k-th of their time.
            Streaming = Of("streaming", 1 - (1.0 / (system?.Splits ?? 1)), name),
            SpansLevels = false,
            ScaleUp = scope,
            ScaleOut = scope,
        };
    }

    private static ChipDescription ChipOf(AstraSystem? system, string name) => new()
    {
        Id = name,
        Name = "NPU",
        Vendor = "",
        Architecture = ChipArchitecture.Gpu,
        Family = "",
        Peak = ImmutableSortedDictionary<NumberFormat, Sourced<FlopPerSecond>>.Empty.Add(NumberFormat.Bf16, Of("peak", system?.Peak ?? default, name)),
        MemoryCapacity = Of("memoryCapacity", default(Bytes), name),
        MemoryBandwidth = Of("memoryBandwidth", system?.Memory ?? default, name),
        OnChipMemory = Of("onChipMemory", default(Bytes), name),
        Cores = 1,
        RanksPerChip = 1,
        Clock = Of("clock", default(Hertz), name),
        Power = Of("power", default(Watts), name),
        IdlePowerFraction = Of("idlePower", 0.0, name),
        RuntimeReserve = Of("reserve", default(Bytes), name),
    };

    private static Sourced<T> Of<T>(string key, T value, string source) => new(key, [new Reading<T>("", value, Mark.Stated, source, "", "")], 0);
}
