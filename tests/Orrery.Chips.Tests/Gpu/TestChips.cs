using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Chips.Gpu;
using Orrery.Units;

namespace Orrery.Chips.Tests.Gpu;

/// <summary>Round figures for tests; the catalogue's chips are in <c>data/chips</c>.</summary>
internal static class TestChips
{
    public static ChipDescription Make(string id = "test", string family = "hopper", double bandwidth = 3e12, double peak = 1e15, int cores = 128, bool hasFp8 = true)
    {
        ImmutableSortedDictionary<NumberFormat, Sourced<FlopPerSecond>> peaks = ImmutableSortedDictionary<NumberFormat, Sourced<FlopPerSecond>>.Empty
            .Add(NumberFormat.Bf16, Figure(new FlopPerSecond(peak)))
            .Add(NumberFormat.Tf32, Figure(new FlopPerSecond(peak / 2)));
        if (hasFp8)
            peaks = peaks.Add(NumberFormat.Fp8, Figure(new FlopPerSecond(2 * peak)));
        return new ChipDescription
        {
            Id = id,
            Name = id,
            Vendor = "test",
            Architecture = ChipArchitecture.Gpu,
            Family = family,
            Peak = peaks,
            MemoryCapacity = Figure(new Bytes(80e9)),
            MemoryBandwidth = Figure(new BytesPerSecond(bandwidth)),
            OnChipMemory = Figure(new Bytes(50e6)),
            Cores = cores,
            RanksPerChip = 1,
            Clock = Figure(new Hertz(1.8e9)),
            Power = Figure(new Watts(700)),
            IdlePowerFraction = Figure(0.2),
            RuntimeReserve = Figure(new Bytes(1e9)),
            ExponentialsPerClock = Figure(16.0),
        };
    }

    public static OperatorVocabulary Vocabulary { get; } = Read();

    public static string DataFolder
    {
        get
        {
            string folder = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(folder, "Orrery.slnx")))
                folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("not inside the repository");
            return Path.Combine(folder, "data");
        }
    }

    /// <summary>Typical values of the constants of an operator, in order.</summary>
    public static double[] Typical(ImmutableArray<OperatorConstant> places) => [.. places.Select(place => place.Typical)];

    private static Sourced<T> Figure<T>(T value) => new("test", [new Reading<T>("test", value, Mark.Assumed, "test", "2026-11-20", "")], 0);

    private static OperatorVocabulary Read()
    {
        Result<OperatorVocabulary> read = OperatorVocabulary.Read(Path.Combine(DataFolder, "calibration", "operators.yaml"));
        return read.Value ?? throw new InvalidOperationException(string.Join('\n', read.Diagnostics));
    }
}
