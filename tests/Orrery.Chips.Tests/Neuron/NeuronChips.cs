using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Chips.Neuron;
using Orrery.Units;

namespace Orrery.Chips.Tests.Neuron;

/// <summary>Chips and constants of the size of the real ones, written out so that the tests do not move with the data files.</summary>
internal static class NeuronChips
{
    public static readonly ChipDescription Second = Chip(
        "second", 2, cores: 2, ranks: 2, memory: 820e9, peaks: [(NumberFormat.Bf16, 190e12), (NumberFormat.Fp32, 47.5e12), (NumberFormat.Fp8, 190e12)],
        Core(2, 2.8e9, 1.12e9, 1.4e9, 128, 128, 0, 0, false, 24, 17e9, 64, 0));

    public static readonly ChipDescription Third = Chip(
        "third", 3, cores: 8, ranks: 4, memory: 2.9e12, peaks: [(NumberFormat.Bf16, 667e12), (NumberFormat.Fp32, 181e12), (NumberFormat.Fp8, 1299e12)],
        Core(3, 2.4e9, 0.96e9, 1.2e9, 512, 128, 0, 0, false, 28, 23e9, 32, 3e-6));

    public static readonly ChipDescription Fourth = Chip(
        "fourth", 4, cores: 8, ranks: 4, memory: 4.9e12,
        peaks: [(NumberFormat.Bf16, 671e12), (NumberFormat.Fp32, 183e12), (NumberFormat.Mxfp8, 2517e12), (NumberFormat.Mxfp4, 2517e12)],
        Core(4, 2.4e9, 1.2e9, 1.2e9, 512, 256, 512, 512, true, 32, 33e9, 32, 3e-6));

    public static NeuronConstants Constants { get; } = new()
    {
        TensorShare = ImmutableSortedDictionary<NumberFormat, double>.Empty.Add(NumberFormat.Bf16, 0.9),
        MemoryShare = 0.9,
        InstructionOverhead = 110,
        Overlap = 4,
        DescriptorTime = 20e-9,
        TwoInputShare = 0.4,
        AttentionBlock = 2048,
        OptimizerPasses = 10,
    };

    public static NeuronAccuracy Accuracy { get; } = new(0.1, 0.25, 0.3, 0.2, "test");

    public static NeuronChipModel Model(ChipDescription chip, int ranks = 0) => new(chip, ranks == 0 ? chip.RanksPerChip : ranks, Constants, Accuracy);

    /// <summary>Trainium3's plain FP8 in both readings; <paramref name="chosen"/> 0 is the microscaling rate.</summary>
    public static ChipDescription FourthWithFp8(int chosen)
    {
        Reading<FlopPerSecond> full = new("full", new FlopPerSecond(2517e12), Mark.Stated, "test", "2026", "");
        Reading<FlopPerSecond> half = new("half", new FlopPerSecond(1260e12), Mark.Derived, "test", "2026", "");
        return Fourth with { Peak = Fourth.Peak.Add(NumberFormat.Fp8, new Sourced<FlopPerSecond>("peak.fp8", [full, half], chosen)) };
    }

    public static Sourced<T> Plain<T>(T value) => new("figure", [new Reading<T>("only", value, Mark.Stated, "test", "2026", "")], 0);

    private static ChipDescription Chip(string id, int version, int cores, int ranks, double memory, (NumberFormat Format, double Rate)[] peaks, NeuronCoreDescription core) => new()
    {
        Id = id,
        Name = id,
        Vendor = "test",
        Architecture = ChipArchitecture.Neuron,
        Family = "neuron",
        Peak = peaks.ToImmutableSortedDictionary(pair => pair.Format, pair => Plain(new FlopPerSecond(pair.Rate))),
        MemoryCapacity = Plain(new Bytes(96e9)),
        MemoryBandwidth = Plain(new BytesPerSecond(memory)),
        OnChipMemory = Plain(new Bytes(core.Sbuf.Value.Value * cores)),
        Cores = cores,
        RanksPerChip = ranks,
        Clock = core.TensorClock,
        Power = Plain(new Watts(500)),
        IdlePowerFraction = Plain(0.3),
        RuntimeReserve = Plain(new Bytes(1e9)),
        NeuronCore = core with { Version = version },
    };

    private static NeuronCoreDescription Core(
        int version, double tensor, double vector, double scalar, int vector16, int scalar16, int exponentials, int quantise, bool background, double sbuf,
        double engine, int subarray, double warmUp) => new()
    {
        Version = version,
        TensorClock = Plain(new Hertz(tensor)),
        VectorClock = Plain(new Hertz(vector)),
        ScalarClock = Plain(new Hertz(scalar)),
        VectorWidth16 = vector16,
        VectorWidth32 = 128,
        ScalarWidth16 = scalar16,
        ScalarWidth32 = 128,
        Sbuf = Plain(new Bytes(sbuf * 1024 * 1024)),
        Psum = Plain(new Bytes(2 * 1024 * 1024)),
        DmaEngines = 16,
        DmaEngineRate = Plain(new BytesPerSecond(engine)),
        DmaLatency = Plain(new Seconds(1.3e-6)),
        TensorPasses = ImmutableSortedDictionary<NumberFormat, double>.Empty,
        Partitions = 128,
        MovingColumns = 512,
        SmallestSubarray = subarray,
        InstructionInterval = 64,
        VectorExponentials = exponentials,
        QuantiseWidth = quantise,
        HasBackgroundTranspose = background,
        TensorWarmUp = Plain(new Seconds(warmUp)),
        DmaIssue = Plain(new Seconds(0.6e-6)),
        DmaPacket = Plain(new Bytes(4096)),
    };
}
