using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Chips.Tpu;
using Orrery.Units;

namespace Orrery.Chips.Tests.Tpu;

/// <summary>TPUs of round figures, written out so that the tests do not move with the data files.</summary>
internal static class TpuChips
{
    /// <summary>Two cores as one device: 8 arrays of 128 x 128 at 1 GHz are 262.144 TFLOPS; 8-bit products at twice the rate.</summary>
    public static readonly ChipDescription Narrow = Chip("narrow", side: 128, units: 4, cores: 2, ranks: 1, rate: 262.144e12);

    /// <summary>The same rate from 2 arrays of 256 x 256, a core and a device a chiplet.</summary>
    public static readonly ChipDescription Wide = Chip("wide", side: 256, units: 1, cores: 2, ranks: 2, rate: 262.144e12);

    /// <summary>Nothing lost anywhere, so that times are those of the units.</summary>
    public static TpuConstants Ideal { get; } = new()
    {
        Launch = 1e-6,
        MatrixShare = 1,
        MemoryShare = 1,
        Overlap = 12,
        LeadBytes = 1,
        ResidentShare = 0.5,
        ScoreOperations = 10,
        ScoreGradientOperations = 14,
        AttentionBlock = 512,
        ElementOperations = 8,
        OptimizerOperations = 20,
    };

    public static TpuChipModel Model(ChipDescription chip, TpuConstants? constants = null) =>
        new(chip, chip.RanksPerChip, constants ?? Ideal, new TpuAccuracy(0.1, 0.25, 0.2, "test"));

    private static ChipDescription Chip(string id, int side, int units, int cores, int ranks, double rate) => new()
    {
        Id = id,
        Name = id,
        Vendor = "test",
        Architecture = ChipArchitecture.Tpu,
        Family = "tpu",
        Peak = new (NumberFormat Format, double Rate)[] { (NumberFormat.Bf16, rate), (NumberFormat.Int8, 2 * rate), (NumberFormat.Fp32, rate / 6) }
            .ToImmutableSortedDictionary(one => one.Format, one => Plain(new FlopPerSecond(one.Rate))),
        MemoryCapacity = Plain(new Bytes(16e9)),
        MemoryBandwidth = Plain(new BytesPerSecond(1e12)),
        OnChipMemory = Plain(new Bytes(128e6)),
        Cores = cores,
        RanksPerChip = ranks,
        Clock = Plain(new Hertz(1e9)),
        Power = Plain(new Watts(200)),
        IdlePowerFraction = Plain(0.4),
        RuntimeReserve = Plain(new Bytes(1e8)),
        TensorCore = new()
        {
            MatrixUnits = units,
            ArraySide = side,
            VectorMemory = Plain(new Bytes(64 << 20)),
            VectorOperations = 4096,
            Sublanes = 8,
        },
    };

    private static Sourced<T> Plain<T>(T value) => new("figure", [new Reading<T>("only", value, Mark.Stated, "test", "2026", "")], 0);
}
