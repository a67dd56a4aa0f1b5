using System.Collections.Immutable;
using Orrery.Units;

namespace Orrery.Catalog;

/// <summary>How the members of a level are wired.</summary>
public enum TopologyKind : byte
{
    Switch,
    FullMesh,
    Ring,
    Torus2D,
    Torus3D,

    /// <summary>Folded Clos of switches, non-blocking unless oversubscribed.</summary>
    Clos,
}

/// <summary>How a message finds its way through a level.</summary>
public enum Routing : byte
{
    /// <summary>What is usual for the topology: one side of a torus after the other; over all paths of a Clos network at once.</summary>
    Usual,

    /// <summary>Split evenly over every shortest way.</summary>
    Shortest,

    /// <summary>One side after the other, inner levels first.</summary>
    DimensionOrdered,

    /// <summary>Each pair of ends keeps to one of the equal paths, picked by a hash.</summary>
    EqualCost,
}

/// <summary>One layer of switches of a Clos network.</summary>
/// <param name="Chips">Chips below one switch of this layer (or one group of switches that work as one); with rails, chips of one rail.</param>
/// <param name="Oversubscription">Bandwidth of those chips over that of the uplinks; 1 is non-blocking.</param>
/// <param name="Paths">Equal uplinks, of which <see cref="Routing.EqualCost"/> picks one.</param>
public sealed record ClosTier(int Chips, double Oversubscription, int Paths);

/// <summary>
/// One level of the hierarchy. <see cref="Size"/> members of the level below form one member of this level; the innermost level joins ranks
/// of a chip where a chip has several.
/// </summary>
public sealed record LevelDescription
{
    /// <summary><c>chip</c>, <c>server</c>, <c>rack</c>, <c>ultraserver</c>, <c>cluster</c>.</summary>
    public required string Name { get; init; }

    public required TopologyKind Topology { get; init; }

    /// <summary>Members of the level below; 0 means as many as the job has (outermost level).</summary>
    public required int Size { get; init; }

    /// <summary>Sides of a torus; empty otherwise.</summary>
    public ImmutableArray<int> Dimensions { get; init; } = [];

    /// <summary>Sides of a torus, or of a ring, that are lines; empty where every side closes.</summary>
    public ImmutableArray<bool> OpenSides { get; init; } = [];

    /// <summary>Shapes in which less than one <see cref="SliceBlock"/> of a torus can be had, or less than the whole where there are no blocks.</summary>
    public ImmutableArray<ImmutableArray<int>> Slices { get; init; } = [];

    /// <summary>Sides of the block that larger slices are multiples of; empty where there is none.</summary>
    public ImmutableArray<int> SliceBlock { get; init; } = [];

    /// <summary>Bandwidth of one chip into this level, one direction, all its links together.</summary>
    public required Sourced<BytesPerSecond> BandwidthPerChip { get; init; }

    public required Sourced<Seconds> Latency { get; init; }

    public int LinksPerChip { get; init; } = 1;

    /// <summary>Reduction inside the switch (NVLink SHARP and the like).</summary>
    public bool ReducesInSwitch { get; init; }

    /// <summary>Capacity above over capacity below; 1 is non-blocking.</summary>
    public double Oversubscription { get; init; } = 1;

    /// <summary>Parallel switches or networks over which the links of every chip are spread evenly; one that fails takes its share of each port.</summary>
    public int Planes { get; init; } = 1;

    public Routing Routing { get; init; }

    /// <summary>Layers of switches of a Clos network, innermost first; empty for one layer below each member where it is oversubscribed.</summary>
    public ImmutableArray<ClosTier> Tiers { get; init; } = [];

    /// <summary>True where chips at the same place of their members share the innermost switches of a Clos network.</summary>
    public bool HasRails { get; init; }
}

/// <summary>A dated price of one chip-hour.</summary>
public sealed record PriceReading(string Plan, double? UsdPerChipHour, Mark Mark, string Date, string Source);

/// <summary>Chips in a hierarchy of levels. Loaded from <c>data/systems/ID.yaml</c>.</summary>
public sealed record SystemDescription
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public ImmutableArray<string> Aliases { get; init; } = [];

    public required ChipDescription Chip { get; init; }

    /// <summary>Innermost first; the last is the scale-out network.</summary>
    public required ImmutableArray<LevelDescription> Levels { get; init; }

    /// <summary>Chips in one host.</summary>
    public required int ChipsPerServer { get; init; }

    /// <summary>Chips that the scale-up fabric joins.</summary>
    public required int ChipsPerScaleUpDomain { get; init; }

    /// <summary>Largest number of chips that can be had as one job; 0 is no stated limit.</summary>
    public int MaximumChips { get; init; }

    /// <summary>Smallest allocation; the number of chips must be a multiple, or be below it and divide it.</summary>
    public int AllocationUnit { get; init; } = 1;

    /// <summary>Bandwidth between one chip and its host's memory, one direction; null where no source states it.</summary>
    public Sourced<BytesPerSecond>? HostBandwidthPerChip { get; init; }

    /// <summary>
    /// Calibration of collectives whose constants between servers hold here, such as <c>efa.a100-80</c>, measured on this network or on one of the same
    /// make; empty where the library's mechanism answers.
    /// </summary>
    public string NetworkFit { get; init; } = "";

    /// <summary>Everything in a server but the chips: hosts, switches, NICs, fans, conversion; per chip.</summary>
    public required Sourced<Watts> OverheadPowerPerChip { get; init; }

    /// <summary>Facility power over IT power.</summary>
    public required Sourced<double> PowerUsageEffectiveness { get; init; }

    /// <summary>First is the default; an unknown price has a null figure.</summary>
    public required ImmutableArray<PriceReading> Prices { get; init; }

    /// <summary>Every figure of the file as it was written, in file order, with source and mark: what <c>orrery show</c> prints.</summary>
    public ImmutableArray<Sourced<string>> Figures { get; init; } = [];

    /// <summary>The software stack used when none is asked for.</summary>
    public required string DefaultStack { get; init; }

    /// <summary>Collectives as the owner of the machine measured them; null for the catalogue's own.</summary>
    public CommunicationOverlay? Communication { get; init; }
}
