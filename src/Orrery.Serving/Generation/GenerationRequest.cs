using Orrery.Catalog;
using Orrery.Models;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>A question about jobs of denoising steps: images or videos of one size, each a fixed number of passes over a latent of fixed length.</summary>
public sealed record GenerationRequest
{
    public required ModelArchitecture Model { get; init; }

    public required SystemDescription System { get; init; }

    public required int Chips { get; init; }

    /// <summary>Jobs at times of their own, or from clients that wait.</summary>
    public required ServingWorkload Workload { get; init; }

    /// <summary>What is made: <c>1024x1024</c>, <c>81 frames of 480x832</c>.</summary>
    public required string Product { get; init; }

    /// <summary>Patches of one latent.</summary>
    public required int Tokens { get; init; }

    /// <summary>Denoising steps of a job.</summary>
    public required int Steps { get; init; }

    /// <summary>Sequences of one job in a pass: two where guidance needs a pass without the text beside that with it.</summary>
    public required int PassesPerStep { get; init; }

    /// <summary>Most jobs worked on together.</summary>
    public required int MaxBatch { get; init; }

    /// <summary>Groups of ranks that each work on a batch of their own.</summary>
    public required int Replicas { get; init; }

    /// <summary>Ranks of a group that split every layer.</summary>
    public required int TensorParallel { get; init; }

    /// <summary>Ranks of a group that split the patches.</summary>
    public required int ContextParallel { get; init; }

    public required NumberFormat Precision { get; init; }

    /// <summary>Software whose kernels are priced, as people call it.</summary>
    public required string Stack { get; init; }

    /// <summary>Weights of one rank.</summary>
    public required double WeightBytes { get; init; }

    /// <summary>Most that one layer keeps on a rank while it works on a full batch.</summary>
    public required double WorkBytes { get; init; }

    /// <summary>Memory of one rank that both may take.</summary>
    public required double RoomBytes { get; init; }

    /// <summary>Ranks of one chip.</summary>
    public required int RanksPerChip { get; init; }

    /// <summary>Half-width of the 80 % interval of a pass, in logarithms.</summary>
    public required double HalfWidth { get; init; }

    public ServiceLevel? ServiceLevel { get; init; }

    /// <summary>Overrides the catalogue's price of one chip-hour.</summary>
    public double? UsdPerChipHour { get; init; }
}
