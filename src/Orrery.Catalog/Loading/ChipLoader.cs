using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Orrery.Catalog.Yaml;
using Orrery.Units;

namespace Orrery.Catalog.Loading;

/// <summary>Reads <c>data/chips/ID.yaml</c>. Ranges are those of any accelerator that could be built this decade; a slip of a prefix falls outside.</summary>
internal static class ChipLoader
{
    private static readonly ImmutableArray<string> Architectures = ["gpu", "neuron", "tpu"];

    public static ChipDescription? Load(string id, YamlNode? root, DiagnosticList diagnostics, AssumptionSet assumptions)
    {
        MappingReader? top = MappingReader.OfRoot(root, diagnostics);
        if (top is null)
        {
            return null;
        }

        FigureReader figures = new(id, top, assumptions);
        figures.CheckId();
        string name = top.RequiredText("name", "the name people print");
        ImmutableArray<string> aliases = top.Words("aliases");
        string vendor = top.RequiredText("vendor", "the maker");
        ChipArchitecture architecture = (ChipArchitecture)top.Word("architecture", Architectures);
        string family = top.RequiredText("family", "a family such as hopper or neuron");
        bool preview = top.Flag("preview", fallback: false);
        ImmutableSortedDictionary<NumberFormat, Sourced<FlopPerSecond>> peak = ReadPeak(top, figures);
        Sourced<Bytes> capacity = figures.Data(top, "memoryCapacity", 1e6, 1e14);
        Sourced<BytesPerSecond> bandwidth = figures.DataRate(top, "memoryBandwidth", 1e8, 1e15);
        Sourced<Bytes> onChip = figures.Data(top, "onChipMemory", 1e3, 1e12);
        int cores = figures.Integer(top, "cores", 1, 1_000_000);
        int ranks = figures.Integer(top, "ranksPerChip", 1, 1024);
        ImmutableArray<LncSetting> byLnc = ReadRanksByLnc(top, figures, ranks);
        ChipDescription chip = new()
        {
            Id = id,
            Name = name,
            Aliases = aliases,
            Vendor = vendor,
            Architecture = architecture,
            Family = family,
            IsPreview = preview,
            Peak = peak,
            MemoryCapacity = capacity,
            MemoryBandwidth = bandwidth,
            OnChipMemory = onChip,
            Cores = cores,
            RanksPerChip = ranks,
            RanksByLnc = byLnc,
            Clock = figures.Frequency(top, "clock", 1e6, 2e10),
            Power = figures.Power(top, "power", 1, 1e5),
            IdlePowerFraction = figures.Number(top, "idlePowerFraction", 0, 1),
            RuntimeReserve = figures.Data(top, "runtimeReserve", 0, 1e13),
            ExponentialsPerClock = figures.OptionalNumber(top, "exponentialsPerClock", 0, 1e6),
            NeuronCore = ReadNeuronCore(top, figures, architecture),
            TensorCore = ReadTensorCore(top, figures, architecture),
        };
        CheckMemory(top, chip);
        figures.Finish();
        return diagnostics.HasErrors ? null : chip with { Figures = figures.Figures };
    }

    private static ImmutableSortedDictionary<NumberFormat, Sourced<FlopPerSecond>> ReadPeak(MappingReader top, FigureReader figures)
    {
        ImmutableSortedDictionary<NumberFormat, Sourced<FlopPerSecond>>.Builder peak = ImmutableSortedDictionary.CreateBuilder<NumberFormat, Sourced<FlopPerSecond>>();
        if (top.RequiredGroup("peak", "dense peaks by number format") is not { } group)
        {
            return peak.ToImmutable();
        }

        foreach (YamlEntry entry in group.Mapping.Entries)
        {
            if (ReadFormat(entry.Key, "peak", top.Diagnostics) is { } format)
            {
                peak[format] = figures.WorkRate(group, entry.Key.Text, 1e9, 1e19);
            }
        }

        if (peak.Count == 0 && !top.Diagnostics.HasErrors)
        {
            top.Diagnostics.Error(DiagnosticCode.MissingKey, group.Position, "'peak' is empty; expected dense peaks by number format");
        }

        return peak.ToImmutable();
    }

    private static NumberFormat? ReadFormat(YamlScalar key, string path, DiagnosticList diagnostics)
    {
        if (NumberFormats.TryParse(key.Text, out NumberFormat format))
        {
            return format;
        }

        string[] known = [.. Enum.GetValues<NumberFormat>().Select(one => one.Text())];
        diagnostics.Error(DiagnosticCode.UnknownWord, key.Position, $"'{key.Shortened}' in '{path}' is not a number format; {Suggestion.Of(key.Text, known)}");
        return null;
    }

    private static ImmutableArray<LncSetting> ReadRanksByLnc(MappingReader top, FigureReader figures, int ranksPerChip)
    {
        List<TableEntry> table = figures.Table(top, "ranksByLnc", 1, 1024);
        if (table.Count == 0)
        {
            return [];
        }

        LncSetting[] settings = new LncSetting[table.Count];
        bool known = false;
        for (int index = 0; index < settings.Length; index++)
        {
            int setting = top.ReadInteger(table[index].Key, "ranksByLnc", 1, 64) ?? 1;
            settings[index] = new(setting, (int)table[index].Value);
            known |= settings[index].RanksPerChip == ranksPerChip;
        }

        if (!known && !top.Diagnostics.HasErrors)
        {
            top.Diagnostics.Error(DiagnosticCode.InconsistentChip, top.Node("ranksByLnc")!.Position, $"'ranksByLnc' does not hold the {ranksPerChip} ranks of 'ranksPerChip'");
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(settings);
    }

    private static NeuronCoreDescription? ReadNeuronCore(MappingReader top, FigureReader figures, ChipArchitecture architecture)
    {
        if (architecture != ChipArchitecture.Neuron)
        {
            if (top.Has("neuronCore"))
            {
                top.Diagnostics.Error(DiagnosticCode.InconsistentChip, top.Node("neuronCore")?.Position ?? top.Position, "'neuronCore' belongs to chips of the architecture 'neuron'");
            }

            return null;
        }

        if (top.RequiredGroup("neuronCore", "the engines of one NeuronCore") is not { } core)
        {
            return null;
        }

        ImmutableSortedDictionary<NumberFormat, double>.Builder passes = ImmutableSortedDictionary.CreateBuilder<NumberFormat, double>();
        foreach (TableEntry entry in figures.Table(core, "tensorPasses", 1e-3, 1e3))
        {
            if (ReadFormat(entry.Key, "neuronCore.tensorPasses", top.Diagnostics) is { } format)
            {
                passes[format] = entry.Value;
            }
        }

        NeuronCoreDescription read = new()
        {
            Version = figures.Integer(core, "version", 1, 100),
            TensorClock = figures.Frequency(core, "tensorClock", 1e6, 2e10),
            VectorClock = figures.Frequency(core, "vectorClock", 1e6, 2e10),
            ScalarClock = figures.Frequency(core, "scalarClock", 1e6, 2e10),
            VectorWidth16 = figures.Integer(core, "vectorWidth16", 1, 1 << 20),
            VectorWidth32 = figures.Integer(core, "vectorWidth32", 1, 1 << 20),
            ScalarWidth16 = figures.Integer(core, "scalarWidth16", 1, 1 << 20),
            ScalarWidth32 = figures.Integer(core, "scalarWidth32", 1, 1 << 20),
            Sbuf = figures.Data(core, "sbuf", 1e3, 1e12),
            Psum = figures.Data(core, "psum", 1e3, 1e12),
            DmaEngines = figures.Integer(core, "dmaEngines", 1, 4096),
            DmaEngineRate = figures.DataRate(core, "dmaEngineRate", 1e6, 1e14),
            DmaLatency = figures.Duration(core, "dmaLatency", 0, 1e-3),
            TensorPasses = passes.ToImmutable(),
            Partitions = figures.Integer(core, "partitions", 1, 1 << 16),
            MovingColumns = figures.Integer(core, "movingColumns", 1, 1 << 20),
            SmallestSubarray = figures.Integer(core, "smallestSubarray", 1, 1 << 16),
            InstructionInterval = figures.Integer(core, "instructionInterval", 1, 1 << 16),
            VectorExponentials = figures.Integer(core, "vectorExponentials", 0, 1 << 20),
            QuantiseWidth = figures.Integer(core, "quantiseWidth", 0, 1 << 20),
            HasBackgroundTranspose = figures.Integer(core, "backgroundTranspose", 0, 1) == 1,
            TensorWarmUp = figures.Duration(core, "tensorWarmUp", 0, 1e-3),
            DmaIssue = figures.Duration(core, "dmaIssue", 0, 1e-3),
            DmaPacket = figures.Data(core, "dmaPacket", 1, 1e9),
        };
        if (passes.Count == 0)
        {
            core.Missing("tensorPasses", "passes of the array by number format");
        }

        core.Finish();
        return read;
    }

    private static TensorCoreDescription? ReadTensorCore(MappingReader top, FigureReader figures, ChipArchitecture architecture)
    {
        if (architecture != ChipArchitecture.Tpu)
        {
            if (top.Has("tensorCore"))
            {
                top.Diagnostics.Error(DiagnosticCode.InconsistentChip, top.Node("tensorCore")?.Position ?? top.Position, "'tensorCore' belongs to chips of the architecture 'tpu'");
            }

            return null;
        }

        if (top.RequiredGroup("tensorCore", "the units of one TensorCore") is not { } core)
        {
            return null;
        }

        TensorCoreDescription read = new()
        {
            MatrixUnits = figures.Integer(core, "matrixUnits", 1, 1024),
            ArraySide = figures.Integer(core, "arraySide", 8, 1 << 14),
            VectorMemory = figures.Data(core, "vectorMemory", 1e3, 1e12),
            VectorOperations = figures.Integer(core, "vectorOperations", 1, 1 << 24),
            Sublanes = figures.Integer(core, "sublanes", 1, 1 << 10),
        };
        core.Finish();
        return read;
    }

    private static void CheckMemory(MappingReader top, ChipDescription chip)
    {
        if (!top.Diagnostics.HasErrors && chip.RuntimeReserve.Value * chip.RanksPerChip >= chip.MemoryCapacity.Value)
        {
            top.Diagnostics.Error(DiagnosticCode.InconsistentChip, top.Node("runtimeReserve")!.Position, "'runtimeReserve' of all ranks leaves no memory on the chip");
        }
    }
}
