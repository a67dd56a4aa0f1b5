using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Catalog.Yaml;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>The serving stacks of a data folder, <c>data/serving</c>. A file is read when it is asked for.</summary>
public sealed partial class ServingCatalog(string dataRoot)
{
    private const string Extension = ".yaml";
    private const string VocabularyName = "constants";

    private static readonly ImmutableArray<string> MarkWords = ["stated", "reported", "derived", "calibrated", "assumed", "unknown"];
    private static readonly ImmutableArray<string> ArchitectureWords = ["gpu", "neuron", "tpu"];

    private readonly Dictionary<string, Result<ServingStack>> known = new(StringComparer.Ordinal);
    private Result<ImmutableWords>? vocabulary;

    /// <summary>Ids of stacks, sorted.</summary>
    public ImmutableArray<string> Ids { get; } = Names(Path.Combine(dataRoot, "serving"));

    /// <summary>The stack of that name; every word of the vocabulary has a value.</summary>
    public Result<ServingStack> Stack(string name)
    {
        var problems = new List<Diagnostic>();
        Result<ServingStack>? best = null;
        int length = 0;
        foreach (string id in Ids)
        {
            Result<ServingStack> stack = Load(id);
            int fits = stack.Value?.FitsName(name) ?? 0;
            if (stack.Value is null)
                problems.AddRange(stack.Diagnostics);
            if (fits > length)
                (best, length) = (stack, fits);
        }

        if (best is not null)
            return best;
        if (problems.Count > 0)
            return new(null, [.. problems]);
        return new(null, [new Diagnostic(Severity.Error, ServingCode.UnknownStack, "--stack", 0, 0, $"there is no serving stack '{Short(name)}'; {Suggestion.Of(name, [.. Ids])}")]);
    }

    /// <summary>The stack that systems of this architecture take when none is asked for.</summary>
    public Result<ServingStack> DefaultFor(ChipArchitecture architecture)
    {
        foreach (string id in Ids)
        {
            Result<ServingStack> stack = Load(id);
            if (stack.Value is null)
                return stack;
            if (stack.Value.DefaultFor.Contains(architecture))
                return stack;
        }

        return new(null, [new Diagnostic(Severity.Error, ServingCode.UnknownStack, "--stack", 0, 0, $"no serving stack is the default for {architecture} chips")]);
    }

    /// <summary>Words, units and ranges of the constants.</summary>
    public ImmutableArray<ConstantRange> Vocabulary() => Words().Value?.Words ?? [];

    /// <summary>
    /// Constants of a stack for a class of models on a chip, in SI units: the vocabulary's default, then the stack's own, its family's, then the fit.
    /// </summary>
    public ServingConstants ConstantsOf(ServingStack stack, string modelClass, ChipDescription chip) => ConstantsOf(stack, stack.FitFor(modelClass, chip), chip);

    /// <summary>The same with a given fit; null is none.</summary>
    public ServingConstants ConstantsOf(ServingStack stack, CalibrationFit? fit, ChipDescription chip)
    {
        ImmutableArray<ConstantRange> words = Vocabulary();
        Span<double> values = stackalloc double[ServingConstants.Count];
        for (int place = 0; place < values.Length; place++)
        {
            ConstantRange word = words[place];
            double value = word.Default;
            if (stack.Constants.TryGetValue(word.Name, out double own))
                value = own;
            if (stack.OnFamily.TryGetValue(chip.Family, out ImmutableSortedDictionary<string, double>? family) && family.TryGetValue(word.Name, out double ofFamily))
                value = ofFamily;
            if (fit is not null && fit.Constants.TryGetValue(word.Name, out CalibratedConstant? fitted))
                value = fitted.Value;
            values[place] = value * word.Scale;
        }

        return new ServingConstants(values);
    }

    /// <summary>The vocabulary's defaults: a stack of which nothing is known.</summary>
    public ServingConstants Generic()
    {
        ImmutableArray<ConstantRange> words = Vocabulary();
        Span<double> values = stackalloc double[ServingConstants.Count];
        for (int place = 0; place < values.Length; place++)
            values[place] = words[place].Default * words[place].Scale;
        return new ServingConstants(values);
    }

    /// <summary>Where the calibration of a stack lies.</summary>
    public string CalibrationPath(string id) => Path.Combine(dataRoot, "calibration", "serving", id + Extension);

    private Result<ServingStack> Load(string id)
    {
        if (known.TryGetValue(id, out Result<ServingStack>? stack))
            return stack;
        stack = Words() is { Value: null } broken ? new(null, broken.Diagnostics) : Read(id);
        known[id] = stack;
        return stack;
    }

    private Result<ServingStack> Read(string id)
    {
        DiagnosticList diagnostics = new($"data/serving/{id}{Extension}");
        if (MappingReader.OfRoot(YamlReader.ReadFile(Path.Combine(dataRoot, "serving", id + Extension), diagnostics), diagnostics) is not { } top)
            return new(null, diagnostics.InOrder());
        top.Text("id");
        ServingStack stack = new()
        {
            Id = id,
            Name = top.RequiredText("name", "the name people print"),
            Covers = top.Words("covers"),
            Architectures = Architectures(top, "architectures"),
            DefaultFor = Architectures(top, "defaultFor"),
            Batching = BatchingPolicies.All[top.Word("batching", BatchingPolicies.Names)].Name,
            OverlapsHost = Figure(top, "overlapsHost", 0, 1) > 0,
            TokenBudget = (int)Figure(top, "tokenBudget", 1, 1 << 24),
            Pace = new AdmissionPace
            {
                PollIterations = top.Has("pollIterations") ? (int)Figure(top, "pollIterations", 1, 10_000) : 1,
                HoldIterations = top.Has("holdIterations") ? (int)Figure(top, "holdIterations", 0, 10_000) : 0,
                HoldShare = top.Has("holdShare") ? Figure(top, "holdShare", 0, 1) : double.PositiveInfinity,
            },
            MaxBatch = (int)Figure(top, "maxBatch", 1, 1 << 16),
            BlockTokens = (int)Figure(top, "blockTokens", 1, 1 << 16),
            ReservesOutput = Figure(top, "reservesOutput", 0, 1) > 0,
            Watermark = Figure(top, "watermark", 0, 0.5),
            MemoryShare = Figure(top, "memoryShare", 0.1, 1),
            SharesFreeMemory = top.Has("sharesFreeMemory") && Figure(top, "sharesFreeMemory", 0, 1) > 0,
            Workspace = new Bytes(Figure(top, "workspace", 0, 1e12, QuantityKind.Data)),
            KernelsPerDenseLayer = (int)Figure(top, "kernelsPerDenseLayer", 0, 100),
            KernelsPerExpertLayer = (int)Figure(top, "kernelsPerExpertLayer", 0, 100),
            ExpertSkew = top.Has("expertSkew") ? Figure(top, "expertSkew", 0, 0.9) : 0,
            ExpertImbalance = top.Has("expertImbalance") ? Figure(top, "expertImbalance", 1, 1024) : 1,
            ShortestBucket = top.Has("shortestBucket") ? (int)Figure(top, "shortestBucket", 1, 1 << 20) : 0,
            DecodesAtLongest = top.Has("decodesAtLongest") && Figure(top, "decodesAtLongest", 0, 1) > 0,
            CompilePerLayer = new Seconds(top.Has("compilePerLayer") ? Figure(top, "compilePerLayer", 0, 3600, QuantityKind.Duration) : 0),
            LoadRate = new BytesPerSecond(top.Has("loadRate") ? Figure(top, "loadRate", 1e6, 1e13, QuantityKind.DataRate) : 0),
            GraphSwitch = new Seconds(top.Has("graphSwitch") ? Figure(top, "graphSwitch", 0, 10, QuantityKind.Duration) : 0),
            KvMoment = top.Has("kvLayerwise") && Figure(top, "kvLayerwise", 0, 1) > 0 ? KvMoment.Layers : KvMoment.After,
            AnswersBegin = top.Has("answersBegin") && Figure(top, "answersBegin", 0, 1) > 0,
            Defaults = !top.Has("draftTokens") ? EngineDefaults.None : new EngineDefaults(
                (int)Figure(top, "draftTokens", 1, Speculation.MostTokens),
                Figure(top, "acceptance", 0, 1),
                Figure(top, "swaps", 0, 1) > 0,
                new Bytes(Figure(top, "swapSpace", 0, 1e15, QuantityKind.Data)),
                new Bytes(Figure(top, "hostCache", 0, 1e15, QuantityKind.Data)),
                new Seconds(Figure(top, "ageing", 0, 1e6, QuantityKind.Duration))),
            UnfittedSigma = Figure(top, "unfittedSigma", 0, 2),
            UnfittedFirstTokenSigma = top.Has("unfittedFirstTokenSigma") ? Figure(top, "unfittedFirstTokenSigma", 0, 2) : 0,
            AllReduce = Reducing(top),
            SlowCaches = Slow(top),
            Constants = Constants(top.Group("constants")),
            OnFamily = OnFamily(top),
            Fits = Fits(id, diagnostics),
        };
        if (top.Group("sources") is { } sources)
            _ = sources.Mapping.Entries.Length;
        top.Finish();
        return new(diagnostics.HasErrors ? null : stack, diagnostics.InOrder());
    }

    private static ImmutableArray<ReducingKernel> Reducing(MappingReader top)
    {
        ImmutableArray<ReducingKernel>.Builder kernels = ImmutableArray.CreateBuilder<ReducingKernel>();
        foreach (MappingReader one in top.Groups("allReduce"))
        {
            kernels.Add(new ReducingKernel(
                one.RequiredText("library", "software that collectives were measured of"),
                one.Words("families"),
                one.Quantity("upTo", QuantityKind.Data, 1, 1e15) ?? double.PositiveInfinity,
                one.Integer("mostRanks", 1, int.MaxValue, int.MaxValue)));
            one.Text("source");
            one.Text("note");
            one.Finish();
        }

        return kernels.ToImmutable();
    }

    private static ImmutableArray<SlowCache> Slow(MappingReader top)
    {
        ImmutableArray<SlowCache>.Builder caches = ImmutableArray.CreateBuilder<SlowCache>();
        foreach (MappingReader one in top.Groups("slowCaches"))
        {
            caches.Add(new SlowCache(one.Words("families"), Format(one, "cache"), Format(one, "readAs")));
            one.Text("source");
            one.RequiredText("note", "how it is known");
            one.Finish();
        }

        return caches.ToImmutable();
    }

    private static NumberFormat Format(MappingReader group, string key)
    {
        string word = group.RequiredText(key, "a number format");
        if (NumberFormats.TryParse(word, out NumberFormat format))
            return format;
        group.Diagnostics.Error(DiagnosticCode.UnknownWord, group.Position, $"'{word}' is no number format; {Suggestion.Of(word, [.. Enum.GetValues<NumberFormat>().Select(static known => known.Text())])}");
        return NumberFormat.Bf16;
    }

    private ImmutableArray<CalibrationFit> Fits(string id, DiagnosticList diagnostics)
    {
        string path = CalibrationPath(id);
        if (!File.Exists(path))
            return [];
        Result<CalibrationFile> file = CalibrationFile.Read(path, $"data/calibration/serving/{id}{Extension}");
        diagnostics.AddRange(file.Diagnostics);
        return file.Value?.Fits ?? [];
    }

    private ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, double>> OnFamily(MappingReader top)
    {
        var families = ImmutableSortedDictionary.CreateBuilder<string, ImmutableSortedDictionary<string, double>>(StringComparer.Ordinal);
        if (top.Group("onFamily") is { } all)
        {
            foreach (YamlEntry entry in all.Mapping.Entries)
                families[entry.Key.Text] = Constants(all.Group(entry.Key.Text));
        }

        return families.ToImmutable();
    }

    private ImmutableSortedDictionary<string, double> Constants(MappingReader? group)
    {
        var constants = ImmutableSortedDictionary.CreateBuilder<string, double>(StringComparer.Ordinal);
        if (group is null)
            return constants.ToImmutable();
        foreach (ConstantRange word in Vocabulary())
        {
            if (group.Has(word.Name))
                constants[word.Name] = Figure(group, word.Name, word.Low, word.High);
        }

        group.Finish();
        return constants.ToImmutable();
    }

    private Result<ImmutableWords> Words()
    {
        if (vocabulary is not null)
            return vocabulary;
        DiagnosticList diagnostics = new($"data/serving/{VocabularyName}{Extension}");
        MappingReader? top = MappingReader.OfRoot(YamlReader.ReadFile(Path.Combine(dataRoot, "serving", VocabularyName + Extension), diagnostics), diagnostics);
        var words = new ConstantRange?[ServingConstants.Count];
        foreach (MappingReader entry in top?.Groups("constants") ?? [])
        {
            string name = entry.RequiredText("name", "the name of a constant");
            string unit = entry.Text("unit", "1");
            double scale = unit switch { "us" => 1e-6, "ms" => 1e-3, "s" or "1" => 1, _ => 0 };
            if (scale == 0)
                diagnostics.Error(DiagnosticCode.UnknownWord, entry.Position, $"'{unit}' is no unit of a constant; expected us, ms, s or 1");
            double low = entry.RequiredQuantity("low", QuantityKind.Number, 0, 1e9);
            double high = entry.RequiredQuantity("high", QuantityKind.Number, 0, 1e9);
            double value = entry.RequiredQuantity("default", QuantityKind.Number, low, Math.Max(low, high));
            double spread = entry.RequiredQuantity("spread", QuantityKind.Number, 1e-9, 1e9);
            string meaning = entry.RequiredText("meaning", "what it is");
            bool isOptional = entry.Flag("optional", fallback: false);
            entry.Text("source");
            entry.Finish();
            for (int place = 0; place < words.Length; place++)
            {
                if (name == ServingConstants.NameOf((ServingConstant)place))
                    words[place] = new ConstantRange(name, unit, scale, low, high, value, meaning, isOptional, spread);
            }
        }

        for (int place = 0; place < words.Length; place++)
        {
            if (top is not null && words[place] is null)
                top.Missing(ServingConstants.NameOf((ServingConstant)place), "its unit, range and default");
        }

        vocabulary = new(diagnostics.HasErrors || top is null ? null : new ImmutableWords([.. words!]), diagnostics.InOrder());
        return vocabulary;
    }

    private static ImmutableArray<ChipArchitecture> Architectures(MappingReader top, string key)
    {
        ImmutableArray<ChipArchitecture>.Builder found = ImmutableArray.CreateBuilder<ChipArchitecture>();
        foreach (YamlScalar word in top.Texts(key))
        {
            int place = ArchitectureWords.IndexOf(word.Text);
            if (place < 0)
                top.Diagnostics.Error(DiagnosticCode.UnknownWord, word.Position, $"'{word.Text}' is no architecture; {Suggestion.Of(word.Text, ArchitectureWords)}");
            else
                found.Add((ChipArchitecture)place);
        }

        return found.ToImmutable();
    }

    /// <summary>A number with its mark and source, or the mark's reason.</summary>
    private static double Figure(MappingReader group, string key, double low, double high, QuantityKind kind = QuantityKind.Number)
    {
        if (group.RequiredGroup(key, "{value, mark, source, note}") is not { } figure)
            return low;
        double value = figure.RequiredQuantity("value", kind, low, high);
        Mark mark = (Mark)figure.Word("mark", MarkWords);
        string source = figure.Text("source");
        string note = figure.Text("note");
        if (source.Length == 0 && mark != Mark.Assumed)
            figure.Missing("source", "who says so");
        if (note.Length == 0 && mark is Mark.Assumed or Mark.Derived && note.Length == 0)
            figure.Missing("note", "how it was derived, or why it is assumed");
        figure.Finish();
        return value;
    }

    private static ImmutableArray<string> Names(string folder)
    {
        if (!Directory.Exists(folder))
            return [];
        string[] names = [.. Directory.GetFiles(folder, "*" + Extension).Select(static path => Path.GetFileNameWithoutExtension(path)!).Where(static name => name != VocabularyName)];
        Array.Sort(names, StringComparer.Ordinal);
        return [.. names];
    }

    private static string Short(string name) => string.Create(CultureInfo.InvariantCulture, $"{(name.Length > 60 ? name[..60] : name)}");

    /// <summary>A list that can be absent.</summary>
    private sealed record ImmutableWords(ImmutableArray<ConstantRange> Words);
}
