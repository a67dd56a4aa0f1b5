using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Chips;
using Orrery.Fabric;
using Orrery.Models;
using Orrery.Operators;
using Orrery.Training;
using Orrery.Units;

namespace Orrery.Training.Tests;

/// <summary>A small machine and models for tests: a roofline chip and a fabric of latency and bandwidth, so that expected times can be worked out by hand.</summary>
internal static class Bench
{
    public const double Peak = 100e12;
    public const double Memory = 1e12;

    public static Sourced<T> Fixed<T>(T value) => new("test", [new Reading<T>("test", value, Mark.Assumed, "test", "2026-01", "")], 0);

    public static ChipDescription Chip(double peak = Peak, double memory = Memory, double capacity = 80e9) => new()
    {
        Id = "test-chip",
        Name = "test chip",
        Vendor = "nobody",
        Architecture = ChipArchitecture.Gpu,
        Family = "test",
        Peak = ImmutableSortedDictionary<NumberFormat, Sourced<FlopPerSecond>>.Empty
            .Add(NumberFormat.Bf16, Fixed(new FlopPerSecond(peak)))
            .Add(NumberFormat.Fp32, Fixed(new FlopPerSecond(peak / 8))),
        MemoryCapacity = Fixed(new Bytes(capacity)),
        MemoryBandwidth = Fixed(new BytesPerSecond(memory)),
        OnChipMemory = Fixed(new Bytes(40e6)),
        Cores = 100,
        RanksPerChip = 1,
        Clock = Fixed(new Hertz(1e9)),
        Power = Fixed(new Watts(500)),
        IdlePowerFraction = Fixed(0.2),
        RuntimeReserve = Fixed(new Bytes(1e9)),
    };

    public static SystemDescription System(ChipDescription? chip = null, int chipsPerServer = 8) => new()
    {
        Id = "test-system",
        Name = "test system",
        Chip = chip ?? Chip(),
        ChipsPerServer = chipsPerServer,
        ChipsPerScaleUpDomain = chipsPerServer,
        OverheadPowerPerChip = Fixed(new Watts(300)),
        PowerUsageEffectiveness = Fixed(1.1),
        Prices = [new PriceReading("test", 2.0, Mark.Assumed, "2026-01", "test")],
        DefaultStack = "test-stack",
        Levels =
        [
            new LevelDescription { Name = "server", Topology = TopologyKind.Switch, Size = chipsPerServer, BandwidthPerChip = Fixed(new BytesPerSecond(300e9)), Latency = Fixed(new Seconds(2e-6)) },
            new LevelDescription { Name = "cluster", Topology = TopologyKind.Clos, Size = 0, BandwidthPerChip = Fixed(new BytesPerSecond(25e9)), Latency = Fixed(new Seconds(5e-6)) },
        ],
    };

    public static StackDescription Stack() => new()
    {
        Id = "test-stack",
        Name = "test stack",
        Covers = ["test-stack"],
        Attention = "flash",
        Constants = ImmutableSortedDictionary<string, ConstantReading>.Empty,
    };

    public static ModelArchitecture Model(int layers = 32, int hidden = 4096, int heads = 32, int vocabulary = 32000, int experts = 0)
    {
        var layer = new LayerDescription(
            new AttentionDescription(AttentionKind.Grouped, heads, heads, hidden / heads, 0, false, false, QkNormKind.None, true),
            new FeedForwardDescription(4 * hidden, true, false, experts, experts > 0 ? 2 : 0, 0, 0),
            2,
            false);
        return new ModelArchitecture
        {
            Name = "test-model",
            ModelType = "llama",
            Hidden = hidden,
            LayerKinds = [layer],
            LayerOrder = ImmutableArray.CreateRange(new byte[layers]),
            Vocabulary = vocabulary,
            MaxPositions = 131072,
        };
    }

    /// <summary>Defaults of the vocabulary, read from the data file's own text so that tests run on what ships.</summary>
    public static double[] Defaults()
    {
        double[] values = new double[StackConstants.Count];
        foreach (string line in File.ReadLines(Path.Combine(DataRoot(), "stacks", "constants.yaml")))
        {
            int at = line.IndexOf("name: ", StringComparison.Ordinal);
            if (at < 0)
                continue;
            string name = line[(at + 6)..line.IndexOf(',', at)];
            int d = line.IndexOf("default: ", StringComparison.Ordinal) + 9;
            double value = double.Parse(line[d..line.IndexOf(',', d)], global::System.Globalization.CultureInfo.InvariantCulture);
            for (int i = 0; i < values.Length; i++)
            {
                if (StackConstants.NameOf((StackConstant)i) == name)
                    values[i] = value;
            }
        }

        return values;
    }

    public static string DataRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            string candidate = Path.Combine(at.FullName, "data", "stacks");
            if (Directory.Exists(candidate))
                return Path.Combine(at.FullName, "data");
        }

        throw new DirectoryNotFoundException("data");
    }

    public static TrainingContext Context(ModelArchitecture? model = null, SystemDescription? system = null, double[]? constants = null)
    {
        SystemDescription machine = system ?? System();
        return new TrainingContext(model ?? Model(), machine, Stack(), constants ?? Defaults(), new RooflineChip(machine.Chip), new AlphaBetaFabric(machine));
    }

    private sealed class RooflineChip(ChipDescription chip) : ChipModel(chip, 1)
    {
        public override OperatorCost Cost(in Operator work)
        {
            double flop = work.FlopCount;
            double bytes = work.Kind == OperatorKind.Matmul
                ? 2.0 * work.Groups * ((work.M * work.K) + (work.K * work.N) + (work.M * work.N))
                : work.MemoryBytes;
            double matrix = work.Kind is OperatorKind.Matmul ? flop / Chip.Peak[NumberFormat.Bf16].Value.Value : 0;
            double time = Math.Max(matrix, bytes / Chip.MemoryBandwidth.Value.Value);
            return new OperatorCost(new Seconds(3e-6), new Seconds(time), new Seconds(matrix), default, new Bytes(bytes), new Flop(flop));
        }

        public override double Sigma(in Operator work) => 0.1;

        public override string Provenance(in Operator work) => "test";
    }

    private sealed class AlphaBetaFabric(SystemDescription system) : CollectiveModel
    {
        public override CollectiveCost Cost(in Collective collective, RankGroup group)
        {
            int n = group.Size;
            if (n <= 1)
                return default;
            int level = 0;
            for (int l = 0; l < group.Fanout.Length; l++)
            {
                if (group.Fanout[l] > 1)
                    level = l;
            }

            LevelDescription link = system.Levels[Math.Min(level, system.Levels.Length - 1)];
            double factor = collective.Kind == CollectiveKind.AllReduce ? 2.0 * (n - 1) / n : collective.Kind == CollectiveKind.PointToPoint ? 1 : (n - 1.0) / n;
            double latency = link.Latency.Value.Value * (collective.Kind == CollectiveKind.PointToPoint ? 1 : Math.Log2(n));
            double time = latency + (factor * collective.Size.Value / link.BandwidthPerChip.Value.Value);
            return new CollectiveCost(new Seconds(time), new Seconds(time), "ring", link.Name, new Seconds(latency));
        }

        public override double Sigma(in Collective collective, RankGroup group) => 0.1;
    }
}
