using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Units;

namespace Orrery.Fabric.Tests;

/// <summary>Made-up systems with round figures.</summary>
internal static class Machines
{
    public static ChipDescription Chip(string id = "test-chip", string family = "test-family", ChipArchitecture architecture = ChipArchitecture.Gpu, int ranks = 1) => new()
    {
        Id = id,
        Name = id,
        Vendor = "test",
        Architecture = architecture,
        Family = family,
        Peak = ImmutableSortedDictionary<NumberFormat, Sourced<FlopPerSecond>>.Empty.Add(NumberFormat.Bf16, Known(new FlopPerSecond(1e15))),
        MemoryCapacity = Known(new Bytes(80e9)),
        MemoryBandwidth = Known(new BytesPerSecond(3e12)),
        OnChipMemory = Known(new Bytes(50e6)),
        Cores = 100,
        RanksPerChip = ranks,
        Clock = Known(new Hertz(1e9)),
        Power = Known(new Watts(700)),
        IdlePowerFraction = Known(0.1),
        RuntimeReserve = Known(new Bytes(1e9)),
    };

    public static LevelDescription Level(
        string name, TopologyKind topology, int size, double bandwidth, double latency = 1e-6, bool inSwitch = false, params int[] dimensions) => new()
    {
        Name = name,
        Topology = topology,
        Size = size,
        BandwidthPerChip = Known(new BytesPerSecond(bandwidth)),
        Latency = Known(new Seconds(latency)),
        ReducesInSwitch = inSwitch,
        Dimensions = [.. dimensions],
    };

    public static SystemDescription System(ChipDescription chip, int chipsPerServer, params LevelDescription[] levels) => new()
    {
        Id = "test-system",
        Name = "test-system",
        Chip = chip,
        Levels = [.. levels],
        ChipsPerServer = chipsPerServer,
        ChipsPerScaleUpDomain = chipsPerServer,
        OverheadPowerPerChip = Known(new Watts(300)),
        PowerUsageEffectiveness = Known(1.1),
        Prices = [],
        DefaultStack = "test",
    };

    /// <summary>Servers of eight on a switch, servers on a network.</summary>
    public static SystemDescription Gpus(double scaleUp = 400e9, double network = 50e9, bool inSwitch = false) => System(
        Chip(), 8,
        Level("server", TopologyKind.Switch, 8, scaleUp, inSwitch: inSwitch),
        Level("cluster", TopologyKind.Clos, 0, network, 5e-6));

    /// <summary>Four ranks a chip, four chips a server, eighteen servers a rack, two racks an UltraServer.</summary>
    public static SystemDescription Neurons() => System(
        Chip(architecture: ChipArchitecture.Neuron, ranks: 4), 4,
        Level("chip", TopologyKind.Switch, 4, 1e12, 0.5e-6),
        Level("server", TopologyKind.Switch, 4, 256e9),
        Level("rack", TopologyKind.Switch, 18, 320e9),
        Level("ultraserver", TopologyKind.FullMesh, 2, 128e9),
        Level("cluster", TopologyKind.Clos, 0, 25e9, 15e-6));

    public static Sourced<T> Known<T>(T value) => new("test", [new Reading<T>("test", value, Mark.Assumed, "made up", "2026-11-20", "")], 0);
}
