using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Orrery.Catalog;
using Orrery.Cli.Arguments;
using Orrery.Cli.Reports;
using Orrery.Models;
using Orrery.Serving;
using Orrery.Training;
using Orrery.Units;

namespace Orrery.Cli.Verbs;

/// <summary><c>list</c>: the entries of the catalogue, a line each.</summary>
public static class ListVerb
{
    public const string Schema = "orrery.list/1";

    private static readonly string[] Kinds = ["systems", "chips", "stacks", "models", "schedules", "context-layouts", "arrivals", "lengths", "turns", "thinking", "batching", "routers", "traces"];

    public static VerbDescription Describe() => new("list", "what the catalogue holds, a line each", Schema)
    {
        Operands = [new("WHAT", Kinds, "which part of the catalogue")],
        Flags = [CommonFlags.Json],
        Examples = [("list systems", "machines, with chips, links and prices"), ("list models", "networks, with sizes"), ("list schedules", "orders of pipeline passes")],
        Run = Run,
    };

    private static int Run(VerbCall call)
    {
        CommandContext context = call.Context;
        if (call.Problems.Length > 0)
            return context.RefuseInput(Schema, call.Problems);
        string what = call.Arguments.Operands[0];
        DataCatalog catalog = DataCatalog.Open(DataCatalog.FindDataRoot());
        List<Diagnostic> problems = [];
        Listing listing = what switch
        {
            "systems" => Systems(catalog, problems),
            "chips" => Chips(catalog, problems),
            "stacks" => Stacks(catalog, problems),
            "schedules" => Choices(Schedule.List),
            "context-layouts" => Choices(ContextLayout.List),
            "arrivals" => Shapes("arrivals", ArrivalProcesses.All, catalog, problems),
            "lengths" => Shapes("lengths", LengthSpreads.All, catalog, problems),
            "turns" => Shapes("turns", TurnCount.All, catalog, problems),
            "thinking" => Shapes("thinking", ThinkTime.All, catalog, problems),
            "batching" => Words(BatchingPolicies.All.Select(static policy => (policy.Name, policy.Meaning))),
            "routers" => Words(Routers.All.Select(static router => (router.Name, router.Meaning))),
            "traces" => Traces(),
            _ => Models(catalog),
        };

        // A fault of a file that many entries share is one fault.
        problems = [.. problems.Distinct()];
        if (context.IsJson)
        {
            WriteJson(context.Output, what, listing, problems);
        }
        else
        {
            context.Report(problems);
            listing.Table.Write(context.Output, context.Terminal);
            context.Output.WriteLine();
            context.Output.WriteLine($"Next: {CommandLine.Program} {NextOf(what)}");
        }

        return problems.Exists(problem => problem.Severity == Severity.Error) ? ExitCode.AnswerIsNo : ExitCode.Done;
    }

    /// <summary>What a person does with a name of the list.</summary>
    private static string NextOf(string what) => what switch
    {
        "schedules" => "train ... --schedule NAME",
        "context-layouts" => "train ... --cp-layout NAME",
        "arrivals" => "serve ... --rate R --arrivals NAME:key=value,key=value",
        "lengths" => "serve ... --input-tokens I --lengths NAME:key=value,key=value",
        "turns" => "serve ... --rate R --turns NAME:key=value",
        "thinking" => "serve ... --rate R --turns N --think-time NAME:key=value",
        "batching" => "serve ... --batching NAME",
        "routers" => "serve ... --router NAME",
        "traces" => "serve ... --trace FILE",
        _ => "show NAME",
    };

    private static Listing Choices<T>(ChoiceList<T> list)
        where T : Choice
    {
        Listing listing = new(new("name", "what", "source"));
        foreach (T choice in list.All)
        {
            listing.Table.Add(choice.Name, choice.Summary, choice.Source);
            listing.Entries.Add(writer =>
            {
                writer.WriteString("name", choice.Name);
                writer.WriteString("what", choice.Summary);
                writer.WriteString("source", choice.Source);
            });
        }

        return listing;
    }

    /// <summary>Words a flag takes, with what each means.</summary>
    private static Listing Words(IEnumerable<(string Name, string Meaning)> words)
    {
        Listing listing = new(new("name", "what"));
        foreach ((string name, string meaning) in words)
        {
            listing.Table.Add(name, meaning);
            listing.Entries.Add(writer =>
            {
                writer.WriteString("name", name);
                writer.WriteString("what", meaning);
            });
        }

        return listing;
    }

    /// <summary>Shapes of made-up requests: a line a word, and one for each number it takes.</summary>
    private static Listing Shapes<T>(string vocabulary, ImmutableArray<ShapeKind<T>> kinds, DataCatalog catalog, List<Diagnostic> problems)
        where T : class
    {
        ShapeCatalog shapes = new(catalog.DataRoot);
        Listing listing = new(new("name", "=when left out", "what"));
        foreach (ShapeKind<T> kind in kinds)
        {
            listing.Table.Add(kind.Name, "", kind.Meaning);
            foreach (ShapeParameter parameter in kind.Parameters)
                listing.Table.Add($"  {kind.Name}:{parameter.Name}=", Usual(shapes, vocabulary, kind.Name, parameter), parameter.Meaning);
            listing.Entries.Add(writer =>
            {
                writer.WriteString("name", kind.Name);
                writer.WriteString("what", kind.Meaning);
                writer.WriteStartArray("numbers");
                foreach (ShapeParameter parameter in kind.Parameters)
                {
                    writer.WriteStartObject();
                    writer.WriteString("name", parameter.Name);
                    writer.Number("default", shapes.Usual(vocabulary, kind.Name, parameter.Name));
                    writer.WriteNumber("low", parameter.Low);
                    writer.WriteNumber("high", parameter.High);
                    writer.WriteString("unit", parameter.Kind == QuantityKind.Duration ? "s" : "1");
                    writer.WriteString("what", parameter.Meaning);
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
            });
        }

        problems.AddRange(shapes.Problems);
        return listing;
    }

    private static string Usual(ShapeCatalog shapes, string vocabulary, string word, ShapeParameter parameter) =>
        shapes.Usual(vocabulary, word, parameter.Name) is { } value
            ? parameter.Written(value)
            : "unknown";

    /// <summary>Layouts of trace files, told by their columns or keys.</summary>
    private static Listing Traces()
    {
        Listing listing = new(new("name", "file", "arrival", "prompt", "answer", "also"));
        foreach (TraceLayout layout in TraceLayouts.All)
        {
            string[] also = [.. (string[])[layout.Blocks], .. layout.Conversation.Take(1), .. layout.Images.Take(1)];
            string more = string.Join(", ", also.Where(static name => name.Length > 0));
            listing.Table.Add(layout.Name, layout.IsJsonLines ? "JSON lines" : "CSV", layout.Arrival[0] + (layout.NeedsArrival ? "" : " (or none)"), layout.Input[0], layout.Output[0], more);
            listing.Entries.Add(writer =>
            {
                writer.WriteString("name", layout.Name);
                writer.WriteBoolean("jsonLines", layout.IsJsonLines);
                writer.WriteString("arrival", layout.Arrival[0]);
                writer.WriteBoolean("needsArrival", layout.NeedsArrival);
                writer.WriteString("input", layout.Input[0]);
                writer.WriteString("output", layout.Output[0]);
                writer.WriteString("also", more);
            });
        }

        return listing;
    }

    private static Listing Systems(DataCatalog catalog, List<Diagnostic> problems)
    {
        Listing listing = new(new("name", "chip", "=server", "=scale-up", "=largest job", "=$/chip-hour", "stack"));
        foreach (string id in catalog.SystemIds)
        {
            if (Take(catalog.System(id), problems) is not { } system)
                continue;
            double? price = system.Prices is [{ } first, ..] ? first.UsdPerChipHour : null;
            listing.Table.Add(
                id, system.Chip.Name, Count(system.ChipsPerServer), Count(system.ChipsPerScaleUpDomain),
                system.MaximumChips == 0 ? "not stated" : Count(system.MaximumChips), price is { } usd ? Quantity.FormatNumber(usd, 3) : "unknown", system.DefaultStack);
            listing.Entries.Add(writer =>
            {
                writer.WriteString("name", id);
                writer.WriteString("chip", system.Chip.Id);
                writer.WriteNumber("chipsPerServer", system.ChipsPerServer);
                writer.WriteNumber("chipsPerScaleUpDomain", system.ChipsPerScaleUpDomain);
                writer.Number("maximumChips", system.MaximumChips == 0 ? null : (double?)system.MaximumChips);
                writer.Number("usdPerChipHour", price);
                writer.WriteString("stack", system.DefaultStack);
            });
        }

        return listing;
    }

    private static Listing Chips(DataCatalog catalog, List<Diagnostic> problems)
    {
        Listing listing = new(new("name", "printed as", "vendor", "=bf16 peak", "=memory", "=bandwidth", "=power", "=ranks"));
        foreach (string id in catalog.ChipIds)
        {
            if (Take(catalog.Chip(id), problems) is not { } chip)
                continue;
            FlopPerSecond? peak = chip.Peak.TryGetValue(NumberFormat.Bf16, out Sourced<FlopPerSecond>? bf16) ? bf16.Value : null;
            listing.Table.Add(
                id, chip.Name, chip.Vendor, peak is { } rate ? Quantity.Format(rate) : "none", Quantity.FormatBinary(chip.MemoryCapacity.Value),
                Quantity.Format(chip.MemoryBandwidth.Value), Quantity.Format(chip.Power.Value), Count(chip.RanksPerChip));
            listing.Entries.Add(writer =>
            {
                writer.WriteString("name", id);
                writer.WriteString("printedAs", chip.Name);
                writer.WriteString("vendor", chip.Vendor);
                writer.Number("peakBf16FlopsPerS", peak?.Value);
                writer.Number("memoryBytes", chip.MemoryCapacity.Value.Value);
                writer.Number("memoryBandwidthBytesPerS", chip.MemoryBandwidth.Value.Value);
                writer.Number("powerW", chip.Power.Value.Value);
                writer.WriteNumber("ranksPerChip", chip.RanksPerChip);
            });
        }

        return listing;
    }

    private static Listing Stacks(DataCatalog catalog, List<Diagnostic> problems)
    {
        Listing listing = new(new("name", "covers"));
        foreach (string id in catalog.StackIds)
        {
            if (Take(catalog.Stack(id), problems) is not { } stack)
                continue;
            listing.Table.Add(id, string.Join(", ", stack.Covers));
            listing.Entries.Add(writer =>
            {
                writer.WriteString("name", id);
                writer.WriteStartArray("covers");
                foreach (string pattern in stack.Covers)
                    writer.WriteStringValue(pattern);
                writer.WriteEndArray();
            });
        }

        return listing;
    }

    private static Listing Models(DataCatalog catalog)
    {
        Listing listing = new(new("name", "=parameters", "=active", "=layers", "=hidden", "=longest sequence"));
        foreach (string id in catalog.ModelIds)
        {
            // The catalogue holds networks that cannot be predicted yet: listed with empty figures, but no fault of the person's or of the file.
            ModelArchitecture? model = ModelLoader.Load(id, catalog.DataRoot).Value;
            ParameterCount? count = model is null ? null : ParameterCount.Of(model);
            if (model is null || count is null)
                listing.Table.Add(id, "not yet", "", "", "", "");
            else
                listing.Table.Add(id, Billions(count.Total), Billions(count.Active), Count(model.Layers), Count(model.Hidden), Count(model.MaxPositions));
            listing.Entries.Add(writer =>
            {
                writer.WriteString("name", id);
                writer.Number("parameters", count?.Total);
                writer.Number("activeParameters", count?.Active);
                writer.Number("layers", model?.Layers);
                writer.Number("hidden", model?.Hidden);
                writer.Number("longestSequence", model?.MaxPositions);
            });
        }

        return listing;
    }

    private static T? Take<T>(Result<T> result, List<Diagnostic> problems)
        where T : class
    {
        problems.AddRange(result.Diagnostics);
        return result.Value;
    }

    private static string Billions(long count) => count switch
    {
        >= 1_000_000_000_000 => $"{(count / 1e12).ToString("0.00", CultureInfo.InvariantCulture)} T",
        >= 100_000_000_000 => $"{(count / 1e9).ToString("0", CultureInfo.InvariantCulture)} B",
        >= 10_000_000_000 => $"{(count / 1e9).ToString("0.0", CultureInfo.InvariantCulture)} B",
        _ => $"{(count / 1e9).ToString("0.00", CultureInfo.InvariantCulture)} B",
    };

    private static string Count(int value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    private static void WriteJson(TextWriter output, string what, Listing listing, IEnumerable<Diagnostic> problems)
    {
        using JsonText json = new(output);
        Utf8JsonWriter writer = json.Writer;
        writer.WriteStartObject();
        writer.WriteString("schema", Schema);
        writer.WriteString("what", what);
        writer.WriteStartArray("entries");
        foreach (Action<Utf8JsonWriter> entry in listing.Entries)
        {
            writer.WriteStartObject();
            entry(writer);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        DiagnosticsJson.Write(writer, problems);
        writer.WriteEndObject();
    }

    /// <summary>The entries twice: as text for people, as keys and values for programs.</summary>
    private sealed record Listing(TextTable Table)
    {
        public List<Action<Utf8JsonWriter>> Entries { get; } = [];
    }
}
