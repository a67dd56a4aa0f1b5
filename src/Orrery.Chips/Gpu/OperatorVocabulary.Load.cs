using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Catalog.Yaml;
using Orrery.Units;

namespace Orrery.Chips.Gpu;

public sealed partial record OperatorVocabulary
{
    private static readonly ImmutableArray<string> KernelWords = ["grouped", "single", "faster"];
    private static readonly ImmutableArray<string> ScaleWords = ["linear", "logarithmic"];
    private static readonly ImmutableArray<string> AbsentWords = ["never", "low", "high"];

    /// <summary>Reads the file from disk.</summary>
    public static Result<OperatorVocabulary> Read(string path, string? displayName = null)
    {
        DiagnosticList diagnostics = new(displayName ?? path);
        return Read(YamlReader.ReadFile(path, diagnostics), diagnostics);
    }

    /// <summary>Reads a text, for tests.</summary>
    public static Result<OperatorVocabulary> Parse(string text, string displayName)
    {
        DiagnosticList diagnostics = new(displayName);
        return Read(YamlReader.Read(text, diagnostics), diagnostics);
    }

    private static Result<OperatorVocabulary> Read(YamlNode? root, DiagnosticList diagnostics)
    {
        if (MappingReader.OfRoot(root, diagnostics) is not { } top)
            return new(null, diagnostics.InOrder());
        ImmutableArray<double> edges = Ascending(top, "spreadEdges", QuantityKind.Duration);
        MappingReader? gemm = top.RequiredGroup(GemmName, "the matrix product");
        MappingReader? prefill = top.RequiredGroup(PrefillName, "attention over whole sequences");
        MappingReader? decode = top.RequiredGroup(DecodeName, "attention of one new token");
        MappingReader? latentPrefill = top.RequiredGroup(LatentPrefillName, "attention over whole sequences with keys wider than values");
        MappingReader? latentDecode = top.RequiredGroup(LatentDecodeName, "attention of one new token over latent vectors");
        MappingReader? experts = top.RequiredGroup(ExpertsName, "layers of routed experts");
        MappingReader? elementwise = top.RequiredGroup(ElementwiseName, "kernels bounded by memory");
        ImmutableSortedDictionary<string, ImmutableArray<string>> fittedOn = Lists(top, "fittedOn");
        ImmutableSortedDictionary<string, ImmutableArray<string>> chips = Lists(top, "nearestChips");
        ImmutableSortedDictionary<string, ImmutableArray<string>> sisters = top.Has("sisters") ? Lists(top, "sisters") : ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty;
        ImmutableSortedDictionary<string, ImmutableArray<string>> formats = Lists(top, "nearestFormats");
        ImmutableArray<AttentionKernelRule> kernels = Rules(top);
        ImmutableArray<string> libraries = [.. top.Texts("libraries").Select(static scalar => scalar.Text)];
        MappingReader? sigma = top.RequiredGroup("borrowedSigma", "the spread added for borrowed constants");
        top.Finish();
        if (gemm is null || prefill is null || decode is null || latentPrefill is null || latentDecode is null || experts is null || elementwise is null || sigma is null)
            return new(null, diagnostics.InOrder());
        OperatorVocabulary vocabulary = new()
        {
            SpreadEdges = edges,
            Gemm = ReadGemm(gemm),
            GemmConstants = Constants<GemmConstant>(gemm),
            Prefill = ReadPrefill(prefill),
            PrefillConstants = Constants<PrefillConstant>(prefill),
            Decode = ReadDecode(decode),
            DecodeKernels = Kernels(decode),
            DecodeConstants = Constants<DecodeConstant>(decode),
            LatentPrefillConstants = Constants<PrefillConstant>(latentPrefill),
            LatentDecode = ReadLatentDecode(latentDecode),
            LatentDecodeKernels = LatentKernels(latentDecode),
            LatentDecodeConstants = Constants<LatentDecodeConstant>(latentDecode),
            Experts = ReadExperts(experts),
            ExpertKernels = ExpertRules(experts),
            ExpertFormats = ExpertFormatRules(experts),
            ExpertConstants = Constants<ExpertConstant>(experts),
            AttentionKernels = kernels,
            Libraries = libraries,
            ElementwiseCachedShare = elementwise.RequiredQuantity("cachedShare", QuantityKind.Number, 0, 1),
            ElementwiseConstants = Constants<ElementwiseConstant>(elementwise),
            FittedOn = fittedOn,
            NearestChips = chips,
            Sisters = sisters,
            NearestFormats = formats,
            ChipSigma = sigma.RequiredQuantity("chip", QuantityKind.Number, 0, 10),
            FamilySigma = sigma.RequiredQuantity("family", QuantityKind.Number, 0, 10),
            FormatSigma = sigma.RequiredQuantity("format", QuantityKind.Number, 0, 10),
            TypicalSigma = sigma.RequiredQuantity("typical", QuantityKind.Number, 0, 10),
        };
        gemm.Finish();
        prefill.Finish();
        decode.Finish();
        latentPrefill.Finish();
        latentDecode.Finish();
        experts.Finish();
        elementwise.Finish();
        sigma.Finish();
        return new(diagnostics.HasErrors ? null : vocabulary, diagnostics.InOrder());
    }

    private static GemmStructure ReadGemm(MappingReader group) => new(
        Tiles(group),
        Integers(group, "splits"),
        group.Integer("depthStep", 1, 4096, null),
        group.RequiredQuantity("powerRamp", QuantityKind.Duration, 1e-9, 1),
        group.RequiredQuantity("cachedShare", QuantityKind.Number, 0, 1));

    private static PrefillStructure ReadPrefill(MappingReader group) => new(
        Integers(group, "tiles"),
        group.Integer("keyStep", 1, 4096, null),
        group.Integer("narrowHead", 1, 4096, null),
        group.RequiredQuantity("backwardProducts", QuantityKind.Number, 1, 10),
        group.RequiredQuantity("cachedShare", QuantityKind.Number, 0, 1));

    private static DecodeStructure ReadDecode(MappingReader group) => new(
        Integers(group, "splits"),
        group.Integer("groupedTile", 1, 4096, null),
        group.Integer("singleTile", 1, 4096, null),
        group.Integer("groupedHeads", 1, 4096, null),
        group.Integer("largestGroup", 1, 4096, null),
        DecodeKernel.Single,
        DecodeKernel.Faster);

    private static ImmutableArray<DecodeRule> Kernels(MappingReader group)
    {
        ImmutableArray<DecodeRule>.Builder kernels = ImmutableArray.CreateBuilder<DecodeRule>();
        foreach (MappingReader entry in group.Groups("kernels"))
        {
            kernels.Add(new(
                entry.Text("library"),
                [.. entry.Texts("families").Select(static scalar => scalar.Text)],
                (DecodeKernel)entry.Word("withoutGroup", KernelWords),
                (DecodeKernel)entry.Word("withGroup", KernelWords),
                entry.Integer("largestGroup", 0, 4096, 0),
                entry.Flag("isSplit", true)));
            entry.Finish();
        }

        return kernels.ToImmutable();
    }

    private static LatentDecodeStructure ReadLatentDecode(MappingReader group) => new(
        Integers(group, "splits"),
        group.Integer("tile", 1, 4096, null),
        group.Integer("heads", 1, 4096, null),
        HasNarrowCache: true);

    private static ImmutableArray<LatentDecodeRule> LatentKernels(MappingReader group)
    {
        ImmutableArray<LatentDecodeRule>.Builder kernels = ImmutableArray.CreateBuilder<LatentDecodeRule>();
        foreach (MappingReader entry in group.Groups("kernels"))
        {
            kernels.Add(new(
                [.. entry.Texts("families").Select(static scalar => scalar.Text)],
                entry.Flag("isSplit", true),
                entry.Flag("hasNarrowCache", true)));
            entry.Finish();
        }

        return kernels.ToImmutable();
    }

    private static ExpertStructure ReadExperts(MappingReader group)
    {
        ImmutableArray<int> rows = Integers(group, "tileRows");
        if (rows.Length > GemmModel.MostTiles)
            group.Diagnostics.Error(DiagnosticCode.OutOfRange, group.Position, $"'{group.PathOf("tileRows")}' must hold at most {GemmModel.MostTiles} heights");
        return new(rows, Integers(group, "tileColumns"), group.RequiredQuantity("powerRamp", QuantityKind.Duration, 1e-9, 1));
    }

    private static ImmutableArray<ExpertRule> ExpertRules(MappingReader group)
    {
        ImmutableArray<ExpertRule>.Builder rules = ImmutableArray.CreateBuilder<ExpertRule>();
        foreach (MappingReader entry in group.Groups("kernels"))
        {
            rules.Add(new(
                [.. entry.Texts("families").Select(static scalar => scalar.Text)],
                [.. entry.Texts("formats").Select(static scalar => scalar.Text)],
                entry.Integer("tilesFromMean", -1, 16, -1),
                entry.Has("tileColumns") ? Integers(entry, "tileColumns") : []));
            entry.Finish();
        }

        return rules.ToImmutable();
    }

    private static ImmutableArray<ExpertFormatRule> ExpertFormatRules(MappingReader group)
    {
        ImmutableArray<ExpertFormatRule>.Builder rules = ImmutableArray.CreateBuilder<ExpertFormatRule>();
        if (!group.Has("runsAs"))
            return [];
        foreach (MappingReader entry in group.Groups("runsAs"))
        {
            rules.Add(new(
                [.. entry.Texts("families").Select(static scalar => scalar.Text)],
                Format(entry, "weights"),
                Format(entry, "as")));
            entry.Finish();
        }

        return rules.ToImmutable();
    }

    private static NumberFormat Format(MappingReader entry, string key)
    {
        string word = entry.RequiredText(key, "a number format, such as mxfp4");
        if (!NumberFormats.TryParse(word, out NumberFormat format) && word.Length > 0)
            entry.Diagnostics.Error(DiagnosticCode.UnknownWord, entry.Position, $"'{word}' is no number format");
        return format;
    }

    private static ImmutableArray<AttentionKernelRule> Rules(MappingReader top)
    {
        ImmutableArray<AttentionKernelRule>.Builder rules = ImmutableArray.CreateBuilder<AttentionKernelRule>();
        foreach (MappingReader entry in top.Groups("attentionKernels"))
        {
            rules.Add(new AttentionKernelRule(
                entry.RequiredText("name", "a short name"),
                [.. entry.Texts("families").Select(static scalar => scalar.Text)],
                entry.Integer("headDimAbove", 0, 65536, 0),
                entry.Flag("isWindowed", false)));
            entry.Finish();
        }

        if (rules.Count >= GpuChipModel.MostAttentionKernels)
            top.Diagnostics.Error(DiagnosticCode.OutOfRange, top.Position, $"'attentionKernels' may hold at most {GpuChipModel.MostAttentionKernels - 1} rules");
        return rules.ToImmutable();
    }

    /// <summary>Constants of one operator, placed by the names of <typeparamref name="TPlace"/>.</summary>
    private static ImmutableArray<OperatorConstant> Constants<TPlace>(MappingReader group)
        where TPlace : struct, Enum
    {
        string[] names = [.. Enum.GetNames<TPlace>().Select(static name => char.ToLowerInvariant(name[0]) + name[1..])];
        var placed = new OperatorConstant?[names.Length];
        foreach (MappingReader entry in group.Groups("constants"))
        {
            int place = entry.Word("name", [.. names]);
            OperatorConstant constant = Constant(entry);
            if (placed[place] is not null)
                entry.Diagnostics.Error(DiagnosticCode.DuplicateName, entry.Position, $"'{constant.Name}' is there twice");
            placed[place] = constant;
        }

        for (int place = 0; place < names.Length; place++)
        {
            if (placed[place] is null)
                group.Diagnostics.Error(DiagnosticCode.UnknownConstant, group.Position, $"'{group.Path}' lacks the constant '{names[place]}'");
        }

        return group.Diagnostics.HasErrors ? [] : [.. placed.Select(static constant => constant!)];
    }

    private static OperatorConstant Constant(MappingReader entry)
    {
        string unit = entry.RequiredText("unit", "a base unit such as '1', 's' or 'B/s'");
        if (!QuantityText.TryKindOf(unit, out QuantityKind kind))
            entry.Diagnostics.Error(DiagnosticCode.UnknownWord, entry.Position, $"'{entry.PathOf("unit")}' is '{unit}'; {Suggestion.Of(unit, [.. QuantityText.BaseUnits])}");
        double low = entry.RequiredQuantity("low", kind, 0, 1e300);
        double high = entry.RequiredQuantity("high", kind, 0, 1e300);
        double typical = entry.RequiredQuantity("typical", kind, low, Math.Max(low, high));
        bool isLogarithmic = entry.Word("scale", ScaleWords, 0) == 1;
        int absent = entry.Word("absent", AbsentWords, 0);
        OperatorConstant constant = new(
            entry.Text("name"),
            kind,
            low,
            high,
            typical,
            isLogarithmic,
            absent switch { 1 => low, 2 => high, _ => null },
            entry.RequiredText("meaning", "what the constant stands for"));
        if (high <= low || (isLogarithmic && low <= 0))
            entry.Diagnostics.Error(DiagnosticCode.ConstantOutOfRange, entry.Position, $"the range of '{constant.Name}' is empty, or logarithmic and reaches 0");
        entry.Finish();
        return constant;
    }

    private static ImmutableArray<(int Rows, int Columns)> Tiles(MappingReader group)
    {
        ImmutableArray<(int, int)>.Builder tiles = ImmutableArray.CreateBuilder<(int, int)>();
        foreach (YamlScalar scalar in group.Texts("tiles"))
        {
            string[] sides = scalar.Text.Split('x');
            if (sides.Length == 2
                && int.TryParse(sides[0], NumberStyles.None, CultureInfo.InvariantCulture, out int rows) && rows is > 0 and <= 4096
                && int.TryParse(sides[1], NumberStyles.None, CultureInfo.InvariantCulture, out int columns) && columns is > 0 and <= 4096)
            {
                tiles.Add((rows, columns));
            }
            else
            {
                group.Diagnostics.Error(DiagnosticCode.BadInteger, scalar.Position, $"'{group.PathOf("tiles")}' holds '{scalar.Shortened}'; expected rows and columns such as 128x256");
            }
        }

        if (tiles.Count is 0 or > GemmModel.MostTiles)
            group.Diagnostics.Error(DiagnosticCode.OutOfRange, group.Position, $"'{group.PathOf("tiles")}' must hold 1 to {GemmModel.MostTiles} tiles");
        return tiles.ToImmutable();
    }

    private static ImmutableArray<int> Integers(MappingReader group, string key)
    {
        ImmutableArray<double> values = Ascending(group, key, QuantityKind.Number);
        foreach (double value in values)
        {
            if (value != Math.Floor(value) || value is < 1 or > 1 << 20)
                group.Diagnostics.Error(DiagnosticCode.BadInteger, group.Position, $"'{group.PathOf(key)}' must hold whole numbers from 1");
        }

        return [.. values.Select(static value => (int)Math.Clamp(value, 1, 1 << 20))];
    }

    private static ImmutableArray<double> Ascending(MappingReader group, string key, QuantityKind kind)
    {
        ImmutableArray<double>.Builder values = ImmutableArray.CreateBuilder<double>();
        foreach (YamlScalar scalar in group.Texts(key))
        {
            if (!Quantity.TryParse(scalar.Text, kind, out double value, out string problem))
                group.Diagnostics.Error(DiagnosticCode.BadQuantity, scalar.Position, $"'{group.PathOf(key)}' {problem}");
            else if (values.Count > 0 && value <= values[^1])
                group.Diagnostics.Error(DiagnosticCode.OutOfRange, scalar.Position, $"'{group.PathOf(key)}' must ascend; found '{scalar.Shortened}'");
            else
                values.Add(value);
        }

        if (values.Count == 0)
            group.Missing(key, "a list that ascends");
        return values.ToImmutable();
    }

    private static ImmutableSortedDictionary<string, ImmutableArray<string>> Lists(MappingReader top, string key)
    {
        ImmutableSortedDictionary<string, ImmutableArray<string>>.Builder lists =
            ImmutableSortedDictionary.CreateBuilder<string, ImmutableArray<string>>(StringComparer.Ordinal);
        if (top.RequiredGroup(key, "lists of names") is { } group)
        {
            foreach (YamlEntry entry in group.Mapping.Entries)
                lists[entry.Key.Text] = [.. group.Texts(entry.Key.Text).Select(static scalar => scalar.Text)];
        }

        return lists.ToImmutable();
    }
}
