using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog.Yaml;
using Orrery.Units;

namespace Orrery.Catalog.Loading;

/// <summary>Reads <c>data/stacks/ID.yaml</c> and lays the calibration of the stack over it.</summary>
internal static class StackLoader
{
    private static readonly ImmutableArray<string> AttentionWords = ["flash", "unfused"];
    private static readonly ImmutableArray<string> RecomputeWords = ["none", "selective", "full"];

    public static StackDescription? Load(string id, YamlNode? root, DiagnosticList diagnostics, StackVocabulary vocabulary, AssumptionSet assumptions)
    {
        MappingReader? top = MappingReader.OfRoot(root, diagnostics);
        if (top is null)
        {
            return null;
        }

        FigureReader figures = new(id, top, assumptions);
        figures.CheckId();
        ImmutableSortedDictionary<string, ConstantReading>.Builder constants = Defaults(vocabulary);
        if (top.Group("constants") is { } own)
        {
            ReadConstants(own, figures, vocabulary, constants, $"{id}");
        }

        StackDescription stack = new()
        {
            Id = id,
            Name = top.RequiredText("name", "the name people print"),
            BasedOn = top.Text("basedOn", ""),
            Covers = ReadCovers(top),
            Attention = AttentionWords[top.Word("attention", AttentionWords)],
            DefaultRecompute = RecomputeWords[top.Word("defaultRecompute", RecomputeWords, fallback: 0)],
            DefaultSequenceParallel = top.Flag("defaultSequenceParallel", fallback: false),
            Schedules = ReadSchedules(top),
            VocabularyPadding = top.Integer("vocabularyPadding", 1, 1 << 20, 1),
            PadsVocabularyOnlyWhenSplit = top.Flag("padsVocabularyOnlyWhenSplit", fallback: false),
            GradientBytes = top.Quantity("gradientBytes", QuantityKind.Number, 1, 8) ?? 4,
            RecomputeSkipsLastProduct = top.Flag("recomputeSkipsLastProduct", fallback: false),
            PacesWholeDomain = top.Flag("pacesWholeDomain", fallback: false),
            OverlapsTensorParallel = top.Flag("overlapsTensorParallel", fallback: true),
            KeepsDropoutMasks = top.Flag("keepsDropoutMasks", fallback: false),
            KeepsNarrowInputs = top.Flag("keepsNarrowInputs", fallback: false),
            ShardsGradientsEveryMicroBatch = top.Flag("shardsGradientsEveryMicroBatch", fallback: false),
            Constants = constants.ToImmutable(),
            OnChip = ReadOnChip(top, figures, vocabulary, id),
            ReleaseConstants = ReadReleases(top, figures, vocabulary, id),
            ResidualSigma = top.Has("residualSigma") ? figures.Number(top, "residualSigma", 0, 10).Value : 0,
        };
        figures.Finish();
        return diagnostics.HasErrors ? null : stack with { Figures = figures.Figures };
    }

    /// <summary>Only what name resolution needs, forgiving of everything else.</summary>
    public static ImmutableArray<string> Covers(YamlNode? root)
    {
        DiagnosticList ignored = new("");
        return MappingReader.OfRoot(root, ignored) is { } top ? ReadCovers(top) : [];
    }

    /// <summary>Lays fitted constants over those of the file; complains where they do not fit the vocabulary.</summary>
    public static StackDescription Merge(StackDescription stack, CalibrationFile calibration, StackVocabulary vocabulary, DiagnosticList diagnostics)
    {
        if (calibration.Fits.IsEmpty)
        {
            return stack;
        }

        ImmutableSortedDictionary<string, ConstantReading>.Builder constants = stack.Constants.ToBuilder();
        ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, ConstantReading>>.Builder onChip = stack.OnChip.ToBuilder();
        foreach (CalibrationFit fit in calibration.Fits)
        {
            ImmutableSortedDictionary<string, ConstantReading>.Builder target = fit.Scope.Length == 0 ? constants
                : onChip.TryGetValue(fit.Scope, out ImmutableSortedDictionary<string, ConstantReading>? scoped) ? scoped.ToBuilder()
                : ImmutableSortedDictionary.CreateBuilder<string, ConstantReading>(StringComparer.Ordinal);
            string source = string.Create(CultureInfo.InvariantCulture, $"fitted {calibration.Date} on {fit.RowsFitted} rows of {string.Join(", ", fit.Source)}");
            foreach ((string name, CalibratedConstant constant) in fit.Constants)
            {
                if (vocabulary.Find(name) is not { } word)
                {
                    diagnostics.Error(DiagnosticCode.UnknownConstant, default, $"'{name}' is not a stack constant; {Suggestion.Of(name, [.. vocabulary.Constants.Select(one => one.Name)])}");
                }
                else if (constant.Unit != word.Unit || constant.Value < word.Low || constant.Value > word.High)
                {
                    diagnostics.Error(
                        DiagnosticCode.ConstantOutOfRange,
                        default,
                        $"'{name}' is {ConstantUnit.Text(constant.Value, constant.Unit)}; its physical range is {ConstantUnit.Text(word.Low, word.Unit)} to {ConstantUnit.Text(word.High, word.Unit)}");
                }
                else
                {
                    target[name] = new(name, constant.Value, constant.Low, constant.High, Mark.Calibrated, source) { Unit = word.Unit };
                }
            }

            if (fit.Scope.Length > 0)
            {
                onChip[fit.Scope] = target.ToImmutable();
            }
        }

        CalibrationFit widest = calibration.Fits[0];
        foreach (CalibrationFit fit in calibration.Fits)
        {
            // The unscoped fit speaks for the stack; without one the widest does, which errs to the honest side.
            bool better = fit.Scope.Length == 0 ? widest.Scope.Length > 0 || fit.ResidualSigma > widest.ResidualSigma : widest.Scope.Length > 0 && fit.ResidualSigma > widest.ResidualSigma;
            widest = better ? fit : widest;
        }

        return stack with
        {
            Constants = constants.ToImmutable(),
            OnChip = onChip.ToImmutable(),
            ResidualSigma = widest.ResidualSigma,
            ResidualSigmas = Spreads(calibration),
            FittedOn = FittedOn(calibration),
            FittedChips = Union(calibration, static fit => fit.Chips),
            FittedFamilies = Union(calibration, static fit => fit.Families),
        };
    }

    /// <summary>Lays the switches of the releases that cover <paramref name="name"/> over the constants, general patterns first.</summary>
    public static StackDescription Apply(StackDescription stack, string name)
    {
        ImmutableSortedDictionary<string, ConstantReading>.Builder? constants = null;
        foreach (ReleaseConstants release in stack.ReleaseConstants)
        {
            if (CoveredName.Matches(release.Pattern, name))
            {
                constants ??= stack.Constants.ToBuilder();
                foreach ((string key, ConstantReading reading) in release.Constants)
                {
                    constants[key] = reading;
                }
            }
        }

        return constants is null ? stack : stack with { Constants = constants.ToImmutable() };
    }

    /// <summary>The widest spread of each fit, by name. Fits of one name for several chips were made together, on the same rows.</summary>
    private static ImmutableArray<FitSpread> Spreads(CalibrationFile calibration)
    {
        List<FitSpread> spreads = [];
        foreach (CalibrationFit fit in calibration.Fits)
        {
            int known = spreads.FindIndex(one => one.Fit == fit.Operator);
            if (known < 0)
            {
                spreads.Add(new(fit.Operator, fit.ResidualSigma, fit.RowsFitted));
            }
            else
            {
                FitSpread one = spreads[known];
                spreads[known] = new(one.Fit, Math.Max(one.Sigma, fit.ResidualSigma), Math.Max(one.Rows, fit.RowsFitted));
            }
        }

        spreads.Sort(static (one, other) => string.CompareOrdinal(one.Fit, other.Fit));
        return [.. spreads];
    }

    private static ImmutableArray<string> Union(CalibrationFile calibration, Func<CalibrationFit, ImmutableArray<string>> words)
    {
        SortedSet<string> all = new(StringComparer.Ordinal);
        foreach (CalibrationFit fit in calibration.Fits)
        {
            foreach (string word in words(fit))
            {
                all.Add(word);
            }
        }

        return [.. all];
    }

    private static string FittedOn(CalibrationFile calibration)
    {
        SortedSet<string> sources = new(StringComparer.Ordinal);
        foreach (CalibrationFit fit in calibration.Fits)
        {
            sources.UnionWith(fit.Source);
        }

        int rows = 0;
        foreach (FitSpread fit in Spreads(calibration))
        {
            rows += fit.Rows;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{rows} rows of {string.Join(", ", sources)} ({calibration.Date})");
    }

    /// <summary>Words of schedules; what they mean is not known here. Left out, the two that every pipeline has.</summary>
    private static ImmutableArray<string> ReadSchedules(MappingReader top) =>
        top.Has("schedules") ? [.. top.Texts("schedules").Select(static word => word.Text.Trim())] : ["1f1b", "interleaved"];

    private static ImmutableArray<string> ReadCovers(MappingReader top)
    {
        ImmutableArray<string>.Builder covers = ImmutableArray.CreateBuilder<string>();
        foreach (YamlScalar pattern in top.Texts("covers"))
        {
            string text = pattern.Text.Trim();
            if (text.Length == 0 || text.Count(static letter => letter == '*') > 1)
            {
                top.Diagnostics.Error(DiagnosticCode.UnknownWord, pattern.Position, $"'{pattern.Shortened}' in 'covers' must be a name, or a name with one '*' for any letters");
            }

            covers.Add(text);
        }

        return covers.ToImmutable();
    }

    private static ImmutableSortedDictionary<string, ConstantReading>.Builder Defaults(StackVocabulary vocabulary)
    {
        ImmutableSortedDictionary<string, ConstantReading>.Builder constants = ImmutableSortedDictionary.CreateBuilder<string, ConstantReading>(StringComparer.Ordinal);
        foreach (StackConstantDefinition word in vocabulary.Constants)
        {
            constants[word.Name] = new(word.Name, word.Default, word.Low, word.High, Mark.Assumed, "default of the vocabulary of stack constants") { Unit = word.Unit };
        }

        return constants;
    }

    private static void ReadConstants(
        MappingReader group,
        FigureReader figures,
        StackVocabulary vocabulary,
        ImmutableSortedDictionary<string, ConstantReading>.Builder into,
        string keyPrefix)
    {
        foreach (YamlEntry entry in group.Mapping.Entries)
        {
            string name = entry.Key.Text;
            if (vocabulary.Find(name) is not { } word)
            {
                group.Diagnostics.Error(
                    DiagnosticCode.UnknownConstant,
                    entry.Key.Position,
                    $"'{entry.Key.Shortened}' is not a stack constant; {Suggestion.Of(name, [.. vocabulary.Constants.Select(one => one.Name)])}");
                group.Node(name);
                continue;
            }

            if (entry.Value is YamlScalar scalar)
            {
                group.Node(name);
                group.Diagnostics.Error(
                    DiagnosticCode.FigureWithoutSource,
                    scalar.Position,
                    $"'{group.PathOf(name)}' has no source; write {{value: {scalar.Shortened}, mark: reported, source: NAME}}");
                continue;
            }

            if (group.Group(name) is not { } one)
            {
                continue;
            }

            double value = ConstantUnit.Read(one, "value", word.Unit, word.Low, word.High);
            Reading<string> reading = figures.Structure(one, $"{keyPrefix}.{name}", ConstantUnit.Text(value, word.Unit));
            one.Finish();
            into[name] = new(name, value, word.Low, word.High, reading.Mark, reading.Source) { Unit = word.Unit };
        }
    }

    private static ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, ConstantReading>> ReadOnChip(MappingReader top, FigureReader figures, StackVocabulary vocabulary, string id)
    {
        ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, ConstantReading>>.Builder onChip =
            ImmutableSortedDictionary.CreateBuilder<string, ImmutableSortedDictionary<string, ConstantReading>>(StringComparer.Ordinal);
        if (top.Group("onChip") is { } chips)
        {
            foreach (YamlEntry entry in chips.Mapping.Entries)
            {
                if (chips.Group(entry.Key.Text) is { } group)
                {
                    ImmutableSortedDictionary<string, ConstantReading>.Builder constants = ImmutableSortedDictionary.CreateBuilder<string, ConstantReading>(StringComparer.Ordinal);
                    ReadConstants(group, figures, vocabulary, constants, $"{id}.onChip.{entry.Key.Text}");
                    onChip[entry.Key.Text] = constants.ToImmutable();
                }
            }
        }

        return onChip.ToImmutable();
    }

    private static ImmutableArray<ReleaseConstants> ReadReleases(MappingReader top, FigureReader figures, StackVocabulary vocabulary, string id)
    {
        List<ReleaseConstants> found = [];
        if (top.Group("releases") is { } patterns)
        {
            foreach (YamlEntry entry in patterns.Mapping.Entries)
            {
                if (patterns.Group(entry.Key.Text) is { } group)
                {
                    ImmutableSortedDictionary<string, ConstantReading>.Builder constants = ImmutableSortedDictionary.CreateBuilder<string, ConstantReading>(StringComparer.Ordinal);
                    ReadConstants(group, figures, vocabulary, constants, $"{id}.releases.{entry.Key.Text}");
                    found.Add(new(entry.Key.Text, constants.ToImmutable()));
                }
            }
        }

        // The longest pattern speaks last; of two exact or equally long ones the later in the file.
        return [.. found.OrderBy(one => CoveredName.Strength(one.Pattern))];
    }
}
