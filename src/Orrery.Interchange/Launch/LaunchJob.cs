using Orrery.Catalog;
using Orrery.Models;
using Orrery.Training;

namespace Orrery.Interchange.Launch;

/// <summary>What launch arguments need to know of a job beside its plan.</summary>
public sealed record LaunchJob
{
    /// <summary>Layers of the network; 0 where it is not known.</summary>
    public int Layers { get; init; }

    /// <summary>True where some layer routes to experts; without any, EP and ETP say nothing.</summary>
    public bool HasExperts { get; init; }

    /// <summary>Ranks of the whole job; 0 where only the arguments can tell.</summary>
    public int Ranks { get; init; }

    public int RanksPerChip { get; init; } = 1;

    /// <summary>Ranks that one server runs.</summary>
    public int RanksPerServer { get; init; } = 1;

    /// <summary>Ranks that reach each other without leaving the scale-up network.</summary>
    public int RanksPerDomain { get; init; } = 1;

    /// <summary>NeuronCores a logical core joins; null where the chip has no such setting.</summary>
    public int? LogicalCore { get; init; }

    /// <summary>The job of <paramref name="model"/> on <paramref name="chips"/> chips; 0 chips where nobody has said how many.</summary>
    /// <param name="logicalCore">Asked for; null is the chip's default, which <see cref="LogicalCore"/> then holds where the chip has one.</param>
    public static LaunchJob Of(ModelArchitecture model, SystemDescription system, int chips, int? logicalCore)
    {
        int ranksPerChip = system.Chip.RanksPerChip;
        int? setting = null;
        foreach ((int joined, int ranks) in system.Chip.RanksByLnc)
        {
            if (logicalCore is null ? ranks == ranksPerChip : joined == logicalCore)
                (setting, ranksPerChip) = (joined, ranks);
        }

        return new()
        {
            Layers = model.Layers,
            HasExperts = model.HasExperts,
            Ranks = chips * ranksPerChip,
            RanksPerChip = ranksPerChip,
            RanksPerServer = system.ChipsPerServer * ranksPerChip,
            RanksPerDomain = system.ChipsPerScaleUpDomain * ranksPerChip,
            LogicalCore = setting,
        };
    }
}
