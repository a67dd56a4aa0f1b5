using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Cli.Verbs;
using Orrery.Models;
using Orrery.Training;
using Orrery.Units;

namespace Orrery.Cli.Tests.Reports;

/// <summary>Reports put together by hand, so that their text can be judged without a prediction behind it.</summary>
internal static class Samples
{
    public static TrainingReport Fits { get; } = Build();

    public static TrainingReport DoesNotFit { get; } = Fits with
    {
        Memory = Fits.Memory with { Activations = new(61.4e9) },
        Plan = Fits.Plan with { Recompute = Recompute.None },
        Request = Fits.Request with { Recompute = Recompute.None, Tokens = null },
        Chosen = [],
        PlansEvaluated = 1,
        Cost = new(31_104.5, 21.3, "reported", "capacity blocks, 2026-06-01", 46_900),
        Run = null,
        Limits = [],
        Provenance = [],
    };

    public static TrainingQuestion Ask(TrainingReport report) => new(
        report.Request,
        "closed",
        [],
        ["--model", "llama-3.1-405b", "--system", "trn3-gen2", "--chips", "2304", .. report.Request.Recompute is null ? [] : (string[])["--recompute", "none"]]);

    private static TrainingReport Build() => new()
    {
        Request = new TrainingRequest { Model = Model(), System = System(), Stack = Stack(), Chips = 2304, Tokens = 15e12 },
        Plan = new Plan
        {
            TensorParallel = 16,
            PipelineParallel = 18,
            DataParallel = 32,
            MicroBatch = 1,
            Recompute = Recompute.Selective,
            Zero = 1,
            SequenceParallel = true,
            Sequence = 8192,
        },
        Chosen = ["tp", "pp", "vpp", "dp", "cp", "ep", "micro-batch", "recompute", "zero"],
        PlansEvaluated = 1234,
        Ranks = 9216,
        RanksPerChip = 4,
        StepTime = new(41.25),
        StepTimeLow = new(35.0625),
        StepTimeHigh = new(48.675),
        Breakdown = new(
            new(30.9375), new(1.65), new(4.125), new(0), new(0), new(0.04125), new(3.09375), new(0.4125), new(0.20625), new(0.61875), new(0.165)),
        TokensPerStep = 2048 * 8192,
        Mfu = 0.4213,
        Hfu = 0.4391,
        ModelFlopPerChip = new(282.6e12),
        Memory = new(new(5.63e9), new(11.25e9), new(2.11e9), new(8.45e9), new(1.5e9), new(36 * 1073741824.0)),
        Energy = new(new(123.4e6), new(812), new(2.99e6)),
        Cost = new(null, null, "unknown", "no price published", 46_900),
        Run = new(15e12, new(36.9e6), new(1.1e14), null),
        Limits =
        [
            new("Tensor-parallel collectives are exposed", new(4.125), "halving TP to 8 would save about 2.1 s if memory allowed it: it needs 41 GiB a rank"),
            new("Pipeline bubble", new(3.09375), "four model chunks a rank (--vpp 7) would leave 0.9 s of it"),
        ],
        Uncertainties =
        [
            new("matrix products: constants of the family's other chips, since none are published for this one", 0.12),
            new("sources disagree on the link: 704 to 1,280 GB/s a direction", 0.05),
        ],
        Provenance =
        [
            "peak bf16 671 TFLOP/s: stated, vendor's data sheet, 2025-12-02",
            "memory bandwidth 4.9 TB/s: stated, vendor's data sheet, 2025-12-02; also 4.7 TB/s reported",
            "link 1.28 TB/s: derived",
            "stack constants: calibrated on 21 rows, 2026-11-20",
            "power 1,000 W: assumed",
        ],
        Diagnostics = [],
    };

    private static ModelArchitecture Model() => new()
    {
        Name = "llama-3.1-405b",
        ModelType = "llama",
        Hidden = 16384,
        LayerKinds = [],
        LayerOrder = [],
        Vocabulary = 128256,
        MaxPositions = 131072,
    };

    private static SystemDescription System() => new()
    {
        Id = "trn3-gen2",
        Name = "Trainium3 UltraServer",
        Chip = Chip(),
        Levels = [],
        ChipsPerServer = 4,
        ChipsPerScaleUpDomain = 144,
        OverheadPowerPerChip = Figure("overhead", new Watts(200)),
        PowerUsageEffectiveness = Figure("pue", 1.2),
        Prices = [],
        DefaultStack = "neuron-nxd",
    };

    private static StackDescription Stack() => new()
    {
        Id = "neuron-nxd",
        Name = "NxD Training",
        Covers = [],
        Attention = "flash",
        Constants = ImmutableSortedDictionary<string, ConstantReading>.Empty,
    };

    private static ChipDescription Chip() => new()
    {
        Id = "trainium3",
        Name = "Trainium3",
        Vendor = "AWS",
        Architecture = ChipArchitecture.Neuron,
        Family = "neuron",
        Peak = ImmutableSortedDictionary<NumberFormat, Sourced<FlopPerSecond>>.Empty,
        MemoryCapacity = Figure("memory", new Bytes(144e9)),
        MemoryBandwidth = Figure("bandwidth", new BytesPerSecond(4.9e12)),
        OnChipMemory = Figure("sbuf", new Bytes(256e6)),
        Cores = 8,
        RanksPerChip = 4,
        Clock = Figure("clock", new Hertz(2.4e9)),
        Power = Figure("power", new Watts(1000)),
        IdlePowerFraction = Figure("idle", 0.2),
        RuntimeReserve = Figure("reserve", new Bytes(1e9)),
    };

    private static Sourced<T> Figure<T>(string key, T value) => new(key, [new Reading<T>("sample", value, Mark.Assumed, "", "", "")], 0);
}
