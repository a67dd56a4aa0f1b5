using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Orrery.Catalog.Yaml;
using Orrery.Units;

namespace Orrery.Catalog.Text;

/// <summary>The catalogue as text for people: what <c>orrery list</c> and <c>orrery show</c> print. Plain, aligned, no colours, ends in a line feed.</summary>
public static class CatalogText
{
    private static readonly string[] MarkWords = ["stated", "reported", "derived", "calibrated", "assumed", "unknown"];

    /// <summary>Chips with the figures people compare first.</summary>
    public static Result<string> ListChips(DataCatalog catalog)
    {
        TextTable table = new(8);
        table.Add("chip", "name", "BF16", "FP8", "memory", "bandwidth", "power", "ranks");
        ImmutableArray<Diagnostic>.Builder diagnostics = ImmutableArray.CreateBuilder<Diagnostic>();
        foreach (string id in catalog.ChipIds)
        {
            Result<ChipDescription> result = catalog.Chip(id);
            diagnostics.AddRange(result.Diagnostics);
            if (result.Value is { } chip)
            {
                table.Add(id, chip.Name, Peak(chip, NumberFormat.Bf16), Peak(chip, NumberFormat.Mxfp8, NumberFormat.Fp8), Memory(chip), Quantity.Format(chip.MemoryBandwidth.Value), Quantity.Format(chip.Power.Value), Count(chip.RanksPerChip));
            }
        }

        return Finish(table, diagnostics);
    }

    /// <summary>Systems with their size and price.</summary>
    public static Result<string> ListSystems(DataCatalog catalog)
    {
        TextTable table = new(7);
        table.Add("system", "name", "chip", "chips a server", "scale-up domain", "price per chip-hour", "default stack");
        ImmutableArray<Diagnostic>.Builder diagnostics = ImmutableArray.CreateBuilder<Diagnostic>();
        foreach (string id in catalog.SystemIds)
        {
            Result<SystemDescription> result = catalog.System(id);
            diagnostics.AddRange(result.Diagnostics);
            if (result.Value is { } system)
            {
                table.Add(id, system.Name, system.Chip.Id, Count(system.ChipsPerServer), Count(system.ChipsPerScaleUpDomain), Price(system.Prices[0]), system.DefaultStack);
            }
        }

        return Finish(table, diagnostics);
    }

    /// <summary>Stacks with what they cover and how well they are known.</summary>
    public static Result<string> ListStacks(DataCatalog catalog)
    {
        TextTable table = new(4);
        table.Add("stack", "name", "covers", "fitted on");
        ImmutableArray<Diagnostic>.Builder diagnostics = ImmutableArray.CreateBuilder<Diagnostic>();
        foreach (string id in catalog.StackIds)
        {
            Result<StackDescription> result = catalog.Stack(id);
            diagnostics.AddRange(result.Diagnostics);
            if (result.Value is { } stack)
            {
                table.Add(id, stack.Name, string.Join(", ", stack.Covers), stack.FittedOn.Length > 0 ? stack.FittedOn : "nothing: defaults");
            }
        }

        return Finish(table, diagnostics);
    }

    /// <summary>Names of the models.</summary>
    public static string ListModels(DataCatalog catalog)
    {
        StringBuilder text = new("model\n");
        foreach (string id in catalog.ModelIds)
        {
            text.Append(id).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>
    /// One chip, system or stack with the source and mark of every figure. Ids come before other names, chips before systems before stacks.
    /// Models are not looked for: they belong to another project.
    /// </summary>
    public static Result<string> Show(DataCatalog catalog, string name)
    {
        bool isSystem = !catalog.ChipIds.Contains(name) && catalog.SystemIds.Contains(name);
        bool isStack = !catalog.ChipIds.Contains(name) && !isSystem && catalog.StackIds.Contains(name);
        if (!isSystem && !isStack)
        {
            Result<ChipDescription> chip = catalog.Chip(name);
            if (!IsUnknown(chip))
            {
                return new(chip.Value is null ? null : Show(chip.Value), chip.Diagnostics);
            }
        }

        if (!isStack)
        {
            Result<SystemDescription> system = catalog.System(name);
            if (!IsUnknown(system))
            {
                return new(system.Value is null ? null : Show(system.Value), system.Diagnostics);
            }
        }

        Result<StackDescription> stack = catalog.Stack(name);
        if (!IsUnknown(stack))
        {
            return new(stack.Value is null ? null : Show(stack.Value), stack.Diagnostics);
        }

        string[] known = [.. catalog.ChipIds, .. catalog.SystemIds, .. catalog.StackIds, .. catalog.ModelIds];
        string shown = DiagnosticList.OneLine(name.Length <= 60 ? name : name[..57] + "...");
        string hint = EditDistance.Nearest(name, known) is { } nearest ? $"did you mean '{nearest}'?" : "`orrery list chips` and its like print the names";
        return new(null, [new(Severity.Error, DiagnosticCode.UnknownName, "show", 0, 0, $"nothing is called '{shown}'; {hint}")]);
    }

    /// <summary>One chip.</summary>
    public static string Show(ChipDescription chip)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{chip.Id}: {chip.Name}, a chip of {chip.Vendor} ({chip.Architecture.ToString().ToLowerInvariant()}, family {chip.Family}){(chip.IsPreview ? ", announced only" : "")}\n");
        AppendAliases(text, chip.Aliases);
        AppendFigures(text, chip.Id, chip.Figures);
        return text.ToString();
    }

    /// <summary>One system; its chip is named, not repeated.</summary>
    public static string Show(SystemDescription system)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{system.Id}: {system.Name}, a system of {system.Chip.Name} chips (orrery show {system.Chip.Id}); default stack {system.DefaultStack}\n");
        AppendAliases(text, system.Aliases);
        AppendFigures(text, system.Id, system.Figures);
        return text.ToString();
    }

    /// <summary>One stack: how it works and every constant with its range.</summary>
    public static string Show(StackDescription stack)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{stack.Id}: {stack.Name}, a software stack\n");
        text.Append("covers: ").AppendJoin(", ", stack.Covers).Append('\n');
        text.Append(CultureInfo.InvariantCulture, $"fitted on: {(stack.FittedOn.Length > 0 ? $"{stack.FittedOn}; residual spread {Quantity.FormatPercent(stack.ResidualSigma)}" : "nothing: every constant is a default or a planning value")}\n\n");
        TextTable settings = new(2);
        settings.Add("attention", stack.Attention);
        settings.Add("recompute by default", stack.DefaultRecompute);
        settings.Add("sequence parallelism", stack.DefaultSequenceParallel ? "on by default" : "off by default");
        settings.Add("vocabulary padded to", stack.VocabularyPadding == 1 ? "nothing" : $"a multiple of {Count(stack.VocabularyPadding)}{(stack.PadsVocabularyOnlyWhenSplit ? ", only where tensor parallelism splits it" : " for each tensor-parallel rank")}");
        settings.Add("gradients reduced in", $"{Quantity.FormatNumber(stack.GradientBytes)} bytes an element{(stack.ShardsGradientsEveryMicroBatch ? ", after every micro-batch under ZeRO-2" : "")}");
        settings.Add("dropout masks", stack.KeepsDropoutMasks ? "kept" : "not kept");
        settings.Add("inputs of narrow products", stack.KeepsNarrowInputs ? "kept as they were cast" : "kept in 16 bits");
        settings.AppendTo(text, "  ");
        text.Append('\n');
        AppendConstants(text, "constant", stack.Constants);
        foreach ((string chip, ImmutableSortedDictionary<string, ConstantReading> constants) in stack.OnChip)
        {
            text.Append('\n');
            AppendConstants(text, $"on {chip}", constants);
        }

        foreach (ReleaseConstants release in stack.ReleaseConstants)
        {
            text.Append('\n');
            AppendConstants(text, $"in {release.Pattern}", release.Constants);
        }

        return text.ToString();
    }

    private static void AppendConstants(StringBuilder text, string title, ImmutableSortedDictionary<string, ConstantReading> constants)
    {
        TextTable table = new(5);
        table.Add(title, "value", "range", "mark", "source");
        foreach ((string name, ConstantReading reading) in constants)
        {
            string mark = MarkWords[(int)reading.Mark] + (reading.IsAtLimit ? ", at its limit" : "");
            table.Add(name, ConstantUnit.Text(reading.Value, reading.Unit), $"{Quantity.FormatNumber(reading.Low)} to {Quantity.FormatNumber(reading.High)}", mark, reading.Source);
        }

        table.AppendTo(text, "  ");
    }

    private static void AppendAliases(StringBuilder text, ImmutableArray<string> aliases)
    {
        if (!aliases.IsEmpty)
        {
            text.Append("also: ").AppendJoin(", ", aliases).Append('\n');
        }
    }

    private static void AppendFigures(StringBuilder text, string subject, ImmutableArray<Sourced<string>> figures)
    {
        List<(string Source, string Date)> sources = [];
        TextTable table = new(5);
        table.Add("figure", "value", "mark", "source", "note");
        string contested = "";
        foreach (Sourced<string> figure in figures)
        {
            string key = figure.Key.Length > subject.Length ? figure.Key[(subject.Length + 1)..] : figure.Key;
            Reading<string> chosen = figure.Reading;
            if (!figure.IsContested)
            {
                Row(key, chosen, chosen.Note);
                continue;
            }

            Row(key, chosen, Named(chosen, figure.Chosen == 0 ? "default" : "chosen"));
            for (int index = 0; index < figure.Readings.Length; index++)
            {
                if (index != figure.Chosen)
                {
                    contested = contested.Length > 0 ? contested : $"{figure.Key}={figure.Readings[index].Name}";
                    Row("  or", figure.Readings[index], Named(figure.Readings[index], ""));
                }
            }
        }

        text.Append('\n');
        table.AppendTo(text, "  ");
        text.Append("\nsources\n");
        TextTable list = new(2);
        for (int index = 0; index < sources.Count; index++)
        {
            (string source, string date) = sources[index];
            list.Add($"[{Count(index + 1)}]", date.Length > 0 ? $"{source} ({date})" : source);
        }

        list.AppendTo(text, "  ");
        if (contested.Length > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"\nSources disagree where a figure has an 'or'; take another with --assume {contested}\n");
        }

        void Row(string key, Reading<string> reading, string note)
        {
            (string, string) source = (reading.Source, reading.Date);
            int number = sources.IndexOf(source);
            if (number < 0)
            {
                number = sources.Count;
                sources.Add(source);
            }

            table.Add(key, reading.Value, MarkWords[(int)reading.Mark], $"[{Count(number + 1)}]", note);
        }

        static string Named(Reading<string> reading, string role)
        {
            string name = role.Length > 0 ? $"{reading.Name} ({role})" : reading.Name;
            return reading.Note.Length > 0 ? $"{name}: {reading.Note}" : name;
        }
    }

    private static Result<string> Finish(TextTable table, ImmutableArray<Diagnostic>.Builder diagnostics)
    {
        StringBuilder text = new();
        table.AppendTo(text, "");
        return new(text.ToString(), diagnostics.ToImmutable());
    }

    private static bool IsUnknown<T>(Result<T> result)
        where T : class => result.Value is null && result.Diagnostics is [{ Code: DiagnosticCode.UnknownName, Line: 0 }];

    private static string Peak(ChipDescription chip, params ReadOnlySpan<NumberFormat> formats)
    {
        foreach (NumberFormat format in formats)
        {
            if (chip.Peak.TryGetValue(format, out Sourced<FlopPerSecond>? peak))
            {
                return Quantity.Format(peak.Value);
            }
        }

        return "-";
    }

    /// <summary>Memory in the words of its file: 80 GB stays 80 GB, 144 GiB stays 144 GiB.</summary>
    private static string Memory(ChipDescription chip)
    {
        foreach (Sourced<string> figure in chip.Figures)
        {
            if (figure.Key.EndsWith(".memoryCapacity", StringComparison.Ordinal))
            {
                return figure.Value;
            }
        }

        return Quantity.Format(chip.MemoryCapacity.Value);
    }

    private static string Price(PriceReading price) => price.UsdPerChipHour is { } usd ? $"{Quantity.Format(new Dollars(usd))} ({price.Plan}, {price.Date})" : "unknown";

    private static string Count(int number) => number.ToString(CultureInfo.InvariantCulture);
}
