using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Fabric;
using Orrery.Units;

namespace Orrery.Interchange;

/// <summary>Which of the three answers prices communication.</summary>
public enum ReplayNetwork : byte
{
    Closed,
    Bound,
    Flow,

    /// <summary>Nothing is priced: recorded durations stand.</summary>
    Recorded,
}

/// <summary>What traces are replayed on: a machine with its library, or nothing but what was recorded.</summary>
public sealed record ReplayFabric
{
    /// <summary>As messages and reports call it.</summary>
    public required string Name { get; init; }

    /// <summary>The machine; null where recorded durations stand.</summary>
    public SystemDescription? System { get; init; }

    /// <summary>Prices collectives; null without a machine.</summary>
    public ClosedFormCollectives? Collectives { get; init; }

    public ReplayNetwork Network { get; init; }

    /// <summary>Ranks on one chip.</summary>
    public int RanksPerChip { get; init; } = 1;

    /// <summary>Dimensions that <c>involved_dim</c> speaks of; null where none are given.</summary>
    public AstraNetwork? Dimensions { get; init; }

    /// <summary>Algorithms and chunks where the machine is given by files of ASTRA-sim.</summary>
    public AstraSystem? Settings { get; init; }

    /// <summary>Memory beyond the chip's; null for that of the chip.</summary>
    public AstraMemory? Memory { get; init; }

    /// <summary>Process groups beside those that traces define.</summary>
    public ImmutableDictionary<string, ProcessGroup> Groups { get; init; } = ImmutableDictionary<string, ProcessGroup>.Empty;

    /// <summary>Operations of one rank at its peak; 0 where unknown.</summary>
    public FlopPerSecond Peak { get; init; }

    /// <summary>Bytes to and from the memory of one rank; 0 where unknown.</summary>
    public BytesPerSecond MemoryBandwidth { get; init; }

    /// <summary>True where the roofline takes the place of stated durations.</summary>
    public bool PrefersRoofline { get; init; }

    /// <summary>Recorded durations stand.</summary>
    public static ReplayFabric AsRecorded { get; } = new() { Name = "as recorded", Network = ReplayNetwork.Recorded };

    /// <summary>A machine of the catalogue.</summary>
    /// <param name="ranksPerChip">Ranks on one chip; 0 takes the chip's default.</param>
    public static ReplayFabric Of(SystemDescription system, ClosedFormCollectives collectives, ReplayNetwork network, int ranksPerChip = 0)
    {
        int ranks = Math.Max(1, ranksPerChip > 0 ? ranksPerChip : system.Chip.RanksPerChip);
        FlopPerSecond peak = system.Chip.Peak.TryGetValue(NumberFormat.Bf16, out Sourced<FlopPerSecond>? dense) ? dense.Value : default;
        return new ReplayFabric
        {
            Name = system.Id,
            System = system,
            Collectives = collectives,
            Network = network,
            RanksPerChip = ranks,
            Peak = new FlopPerSecond(peak.Value / ranks),
            MemoryBandwidth = new BytesPerSecond(system.Chip.MemoryBandwidth.Value.Value / ranks),
        };
    }

    /// <summary>A network of ASTRA-sim, with its system file where there is one.</summary>
    public static ReplayFabric Of(AstraNetwork dimensions, AstraSystem? settings, ReplayNetwork network, string name)
    {
        SystemDescription system = AstraFabric.SystemOf(dimensions, settings, name);
        return new ReplayFabric
        {
            Name = name,
            System = system,
            Collectives = new ClosedFormCollectives(system, AstraFabric.LibraryOf(dimensions, settings, name)),
            Network = network,
            Dimensions = dimensions,
            Settings = settings,
            Peak = settings?.Peak ?? default,
            MemoryBandwidth = settings?.Memory ?? default,
            PrefersRoofline = settings?.HasRoofline ?? false,
        };
    }
}
