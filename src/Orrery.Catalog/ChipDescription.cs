using System.Collections.Immutable;
using Orrery.Units;

namespace Orrery.Catalog;

/// <summary>Which machine model answers for the chip.</summary>
public enum ChipArchitecture : byte
{
    /// <summary>Streaming multiprocessors with matrix units behind an L2 cache (NVIDIA, AMD).</summary>
    Gpu,

    /// <summary>AWS NeuronCores: 128x128 systolic array, software-managed SBUF and PSUM, DMA engines.</summary>
    Neuron,

    /// <summary>Google TensorCores: systolic MXUs with VMEM.</summary>
    Tpu,
}

/// <summary>Silicon of one accelerator. Loaded from <c>data/chips/ID.yaml</c>; bandwidths are one direction.</summary>
public sealed record ChipDescription
{
    public required string Id { get; init; }

    /// <summary>Name people print, and other names of the validation files (<c>A100-SXM-80GB</c>).</summary>
    public required string Name { get; init; }

    public ImmutableArray<string> Aliases { get; init; } = [];

    public required string Vendor { get; init; }

    public required ChipArchitecture Architecture { get; init; }

    /// <summary>Chips that share constants where one has none (<c>ampere</c>, <c>hopper</c>, <c>blackwell</c>, <c>neuron</c>).</summary>
    public required string Family { get; init; }

    /// <summary>Dense peaks by format; a format that is absent is not supported in hardware.</summary>
    public required ImmutableSortedDictionary<NumberFormat, Sourced<FlopPerSecond>> Peak { get; init; }

    public required Sourced<Bytes> MemoryCapacity { get; init; }

    public required Sourced<BytesPerSecond> MemoryBandwidth { get; init; }

    /// <summary>Last-level cache, or software-managed on-chip memory of the whole chip.</summary>
    public required Sourced<Bytes> OnChipMemory { get; init; }

    /// <summary>Multiprocessors (GPU), physical NeuronCores, TensorCores.</summary>
    public required int Cores { get; init; }

    /// <summary>Ranks the runtime schedules on one chip by default (4 on Trainium2 and 3 at LNC=2).</summary>
    public required int RanksPerChip { get; init; }

    /// <summary>Ranks per chip by logical-core setting (<c>lnc</c>); empty where there is no such setting.</summary>
    public ImmutableArray<LncSetting> RanksByLnc { get; init; } = [];

    /// <summary>Ranks on one chip at the logical-core setting <paramref name="lnc"/>; null with <paramref name="objection"/> where the chip has no such setting.</summary>
    public int? RanksAt(int lnc, out string objection)
    {
        objection = "";
        foreach (LncSetting setting in RanksByLnc)
        {
            if (setting.Setting == lnc)
                return setting.RanksPerChip;
        }

        string known = RanksByLnc.IsEmpty
            ? $"{Name} has no logical-core setting"
            : "expected " + string.Join(" or ", RanksByLnc.Select(static setting => setting.Setting));
        objection = $"no logical-core setting {lnc}; {known}";
        return null;
    }

    public required Sourced<Hertz> Clock { get; init; }

    public required Sourced<Watts> Power { get; init; }

    /// <summary>Idle share of the rated power; an assumption unless marked otherwise.</summary>
    public required Sourced<double> IdlePowerFraction { get; init; }

    /// <summary>Memory the runtime keeps for itself on each rank.</summary>
    public required Sourced<Bytes> RuntimeReserve { get; init; }

    /// <summary>Exponentials a core computes in one clock; 0 where not published.</summary>
    public Sourced<double>? ExponentialsPerClock { get; init; }

    /// <summary>Engines of a NeuronCore; null for other architectures.</summary>
    public NeuronCoreDescription? NeuronCore { get; init; }

    /// <summary>Units of a TensorCore; null for other architectures.</summary>
    public TensorCoreDescription? TensorCore { get; init; }

    /// <summary>Every figure of the file as it was written, in file order, with source and mark: what <c>orrery show</c> prints.</summary>
    public ImmutableArray<Sourced<string>> Figures { get; init; } = [];

    /// <summary>Smallest launch a first-order user should expect to see noted: preview chips are marked in every report.</summary>
    public bool IsPreview { get; init; }
}

/// <summary>The engines of one physical NeuronCore. Sources are in the chip file.</summary>
public sealed record NeuronCoreDescription
{
    public required int Version { get; init; }

    public required Sourced<Hertz> TensorClock { get; init; }

    public required Sourced<Hertz> VectorClock { get; init; }

    public required Sourced<Hertz> ScalarClock { get; init; }

    /// <summary>Elements a cycle on the vector engine for 16-bit and for 32-bit data.</summary>
    public required int VectorWidth16 { get; init; }

    public required int VectorWidth32 { get; init; }

    public required int ScalarWidth16 { get; init; }

    public required int ScalarWidth32 { get; init; }

    public required Sourced<Bytes> Sbuf { get; init; }

    public required Sourced<Bytes> Psum { get; init; }

    public required int DmaEngines { get; init; }

    /// <summary>Sustained rate of one DMA engine.</summary>
    public required Sourced<BytesPerSecond> DmaEngineRate { get; init; }

    /// <summary>Semaphore-to-start latency of a transfer.</summary>
    public required Sourced<Seconds> DmaLatency { get; init; }

    /// <summary>Passes of the array a product of this format takes, relative to BF16 (4 for FP32, 0.5 for double-row FP8, 0.25 for MX).</summary>
    public required ImmutableSortedDictionary<NumberFormat, double> TensorPasses { get; init; }

    /// <summary>Rows and columns of the tensor array, and partitions of the on-chip memories.</summary>
    public required int Partitions { get; init; }

    /// <summary>Most columns one product instruction moves through the array.</summary>
    public required int MovingColumns { get; init; }

    /// <summary>Fewest array rows that a product can use alone, leaving the rest to others.</summary>
    public required int SmallestSubarray { get; init; }

    /// <summary>Fewest cycles between two instructions of one engine.</summary>
    public required int InstructionInterval { get; init; }

    /// <summary>Exponentials a cycle: of the vector engine where positive, else the scalar engine computes them at its own width.</summary>
    public required int VectorExponentials { get; init; }

    /// <summary>Elements a cycle the vector engine turns into a microscaling format; 0 where it has no such instruction.</summary>
    public required int QuantiseWidth { get; init; }

    /// <summary>Whether a transpose runs beside a product on the tensor engine.</summary>
    public required bool HasBackgroundTranspose { get; init; }

    /// <summary>Time the tensor engine runs at half rate after idling; 0 where it does not.</summary>
    public required Sourced<Seconds> TensorWarmUp { get; init; }

    /// <summary>Time to issue one transfer.</summary>
    public required Sourced<Seconds> DmaIssue { get; init; }

    /// <summary>Contiguous bytes a partition from which a DMA engine holds <see cref="DmaEngineRate"/>.</summary>
    public required Sourced<Bytes> DmaPacket { get; init; }
}
