using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Orrery.Catalog;
using Orrery.Cli.Arguments;
using Orrery.Cli.Pictures;
using Orrery.Cli.Reports;
using Orrery.Models;
using Orrery.Training;
using Orrery.Units;

namespace Orrery.Cli.Verbs;

/// <summary><c>show</c>: one entry of the catalogue, figure by figure.</summary>
public static class ShowVerb
{
    public const string Schema = "orrery.show/1";

    public static VerbDescription Describe() => new("show", "one system, chip, stack, model or schedule, figure by figure, with sources", Schema)
    {
        Operands = [new("NAME", [], "a name of the catalogue or the path of a file")],
        Flags =
        [
            new("--links", FlagKind.Switch, "", "of a system, its links: what they join, rates, latency, names"),
            new("--svg", FlagKind.Text, "FILE", "write a picture: of a system one scale-up domain, of a pipeline schedule its timeline"),
            CommonFlags.Assume,
            CommonFlags.Json,
        ],
        Examples = [("show trn3-gen2", "a system, and the chip in it"), ("show trn3-gen2 --links", "its links, level by level"), ("show h100-sxm", "a chip"), ("show llama-3.1-405b", "a network"), ("show dualpipe --svg dualpipe.svg", "a pipeline schedule, drawn")],
        Run = Run,
    };

    private static int Run(VerbCall call)
    {
        CommandContext context = call.Context;
        if (call.Problems.Length > 0)
            return context.RefuseInput(Schema, call.Problems);
        string name = call.Arguments.Operands[0];
        if (Schedule.List.Find(name) is { } schedule)
            return ShowSchedule(call, schedule);
        if (ContextLayout.List.Find(name) is { } layout)
            return Write(call, Of("context layout", layout, []), [], null);
        (DataCatalog catalog, ImmutableArray<Diagnostic> wrong) = CatalogOpening.Open(call.Arguments);
        if (wrong.Length > 0)
            return context.RefuseInput(Schema, wrong);

        (Shown? shown, ImmutableArray<Diagnostic> problems) = Find(name, catalog);
        if (shown is null)
            return context.RefuseInput(Schema, problems);
        SystemDescription? system = shown.Kind == "system" ? catalog.System(name).Value : null;
        string? file = call.Arguments.Text("--svg");
        bool wantsLinks = file is not null || call.Arguments.Switch("--links") == true;
        if (system is null && wantsLinks)
        {
            return context.RefuseInput(Schema, [new(
                Severity.Error, ErrorCodes.NotASystem, file is null ? "--links" : "--svg", 0, 0, $"a {shown.Kind} has no links; {CommandLine.Program} list systems names what has")]);
        }

        if (file is not null && PictureFile.Write(file, FabricPicture.Draw(system!), "--svg", context) is { } failure)
            return context.RefuseInput(Schema, [failure]);
        if (wantsLinks && !context.IsJson)
        {
            context.Report(problems);
            LinkText.Write(context, system!);
            return ExitCode.Done;
        }

        return Write(call, shown, problems, wantsLinks ? system : null);
    }

    private static int Write(VerbCall call, Shown shown, ImmutableArray<Diagnostic> problems, SystemDescription? linked)
    {
        CommandContext context = call.Context;
        if (context.IsJson)
        {
            WriteJson(context.Output, shown, problems, linked);
        }
        else
        {
            context.Report(problems);
            WriteText(context, shown);
        }

        return ExitCode.Done;
    }

    private static int ShowSchedule(VerbCall call, Schedule schedule)
    {
        if (call.Arguments.Text("--svg") is { } file && PictureFile.Write(file, SchedulePicture.Draw(schedule), "--svg", call.Context) is { } failure)
            return call.Context.RefuseInput(Schema, [failure]);
        var shape = new PipelineShape(8, SchedulePicture.Example(schedule).VirtualStages, 32);
        List<(string, string)> facts =
        [
            ("bubble", schedule.BubbleFormula),
            ("peak activations", schedule.PeakFormula.Length > 0 ? $"{schedule.PeakFormula} (micro-batches through a stage)" : ""),
            ("copies of the weights", Count(schedule.WeightCopies)),
            ("needs", schedule.Needs),
            ("chunks a stage", schedule.MostVirtualStages > 1 ? $"up to {schedule.MostVirtualStages} (--vpp)" : schedule.WeightCopies > 1 ? "1 for each direction" : "1"),
        ];
        if (schedule.Allows(shape))
        {
            double chunks = shape.VirtualStages;
            double[] one = [.. Enumerable.Repeat(1 / chunks, shape.Chunks)];
            double[] two = [.. one.Select(static time => 2 * time)];
            double[] none = new double[shape.Chunks];
            double time = schedule.Time(new PassTimes(one, two, one, none, none, shape.Stages, 0), shape.MicroBatches);
            int most = Enumerable.Range(0, shape.Stages).Max(stage => schedule.PeakPasses(shape, stage));
            facts.Add(("p 8, m 32, F = W = B/2", string.Create(
                CultureInfo.InvariantCulture,
                $"idle {100 * (1 - (3.0 * shape.MicroBatches / time)):0.#} % of a stage's time; at most {most / chunks:0.#} micro-batches held")));
        }

        return Write(call, Of("schedule", schedule, facts), [], null);
    }

    private static Shown Of(string kind, Choice choice, IReadOnlyList<(string, string)> facts) =>
        new(kind, choice.Name, choice.Name, [("what", choice.Summary), .. facts, ("source", choice.Source)], [], [], []);

    /// <summary>
    /// The entry of that name, whatever it is. An id comes before another name of something else (<c>tpu-v4</c> is a chip, and what people
    /// call its pod); a path is tried as each kind in turn.
    /// </summary>
    private static (Shown? Shown, ImmutableArray<Diagnostic> Problems) Find(string name, DataCatalog catalog)
    {
        if (catalog.SystemIds.Contains(name))
            return Of(catalog.System(name));
        if (catalog.ChipIds.Contains(name))
            return Of(catalog.Chip(name));
        if (catalog.StackIds.Contains(name))
            return Of(catalog.Stack(name));
        Result<ModelArchitecture> model = ModelLoader.Load(name, catalog.DataRoot);
        if (model.Value is not null || catalog.ModelIds.Contains(name))
            return Of(model);
        if (catalog.System(name) is { Value: not null } system)
            return Of(system);
        if (catalog.Chip(name) is { Value: not null } chip)
            return Of(chip);
        if (catalog.Stack(name) is { Value: not null } stack)
            return Of(stack);

        // A file that is there and broken says more than "no such name".
        if (Directory.Exists(name) && File.Exists(Path.Combine(name, "config.json")))
            return (null, model.Diagnostics);
        if (File.Exists(name))
            return (null, name.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? model.Diagnostics : catalog.System(name).Diagnostics);
        string[] known = [.. catalog.SystemIds, .. catalog.ChipIds, .. catalog.StackIds, .. catalog.ModelIds, .. Schedule.List.Words, .. ContextLayout.List.Words];
        string hint = known.Length == 0 ? "; the data folder is empty or missing: set ORRERY_DATA to the folder 'data'" : EditDistance.Hint(name, known);
        return (null, [new(
            Severity.Error, ErrorCodes.UnknownName, "NAME", 0, 0,
            $"there is no system, chip, stack or model '{Quote.Argument(name)}'{hint}; {CommandLine.Program} list systems|chips|stacks|models names them")]);
    }

    private static (Shown? Shown, ImmutableArray<Diagnostic> Problems) Of(Result<SystemDescription> system) =>
        (system.Value is null ? null : Of(system.Value), system.Diagnostics);

    private static (Shown? Shown, ImmutableArray<Diagnostic> Problems) Of(Result<ChipDescription> chip) =>
        (chip.Value is null ? null : Of(chip.Value), chip.Diagnostics);

    private static (Shown? Shown, ImmutableArray<Diagnostic> Problems) Of(Result<StackDescription> stack) =>
        (stack.Value is null ? null : Of(stack.Value), stack.Diagnostics);

    private static (Shown? Shown, ImmutableArray<Diagnostic> Problems) Of(Result<ModelArchitecture> model) =>
        (model.Value is null ? null : Of(model.Value), model.Diagnostics);

    private static Shown Of(SystemDescription system) => new(
        "system", system.Id, system.Name, [("chip", system.Chip.Id), ("default stack", system.DefaultStack), .. Levels(system)], system.Figures, [], system.Chip.Figures) { BelowId = system.Chip.Id };

    private static Shown Of(ChipDescription chip) => new(
        "chip", chip.Id, chip.Name, [("vendor", chip.Vendor), ("family", chip.Family), ("other names", string.Join(", ", chip.Aliases))], chip.Figures, [], []);

    private static Shown Of(StackDescription stack) => new(
        "stack",
        stack.Id,
        stack.Name,
        [("covers", string.Join(", ", stack.Covers)), ("attention", stack.Attention), ("recompute by default", stack.DefaultRecompute), ("fitted on", stack.FittedOn)],
        stack.Figures,
        [.. stack.Constants.Values],
        []);

    private static Shown Of(ModelArchitecture model)
    {
        ParameterCount count = ParameterCount.Of(model);
        List<(string, string)> facts =
        [
            ("model type", model.ModelType),
            ("parameters", Count(count.Total)),
            ("active for a token", Count(count.Active)),
            ("layers", Count(model.Layers)),
            ("hidden", Count(model.Hidden)),
            ("vocabulary", Count(model.Vocabulary)),
            ("longest sequence", Count(model.MaxPositions)),
            ("tied embeddings", model.TiedEmbeddings ? "yes" : "no"),
        ];
        for (int kind = 0; kind < model.LayerKinds.Length; kind++)
        {
            LayerDescription layer = model.LayerKinds[kind];
            byte index = (byte)kind;
            facts.Add(($"layer, {model.LayerOrder.Count(one => one == index)} times", string.Join("; ", Parts(layer))));
        }

        return new("model", model.Name, model.Name, facts, [], [], []);
    }

    private static IEnumerable<string> Parts(LayerDescription layer)
    {
        AttentionDescription attention = layer.Attention;
        FeedForwardDescription forward = layer.FeedForward;
        if (layer.Stream.Kind != TokenStreamKind.Sequence)
            yield return $"on {(layer.Stream.Kind == TokenStreamKind.Image ? $"images of {Count(layer.Stream.Length)} patches" : "the encoder's text")}";
        if (layer.Hidden > 0)
            yield return $"hidden {Count(layer.Hidden)}";
        if (attention.Linear is { } linear)
            yield return $"linear attention, {linear.Heads} heads of {linear.ValueDim} by {linear.KeyDim}{(linear.IsDelta ? ", delta rule" : "")}";
        else if (attention.Latent is { } latent)
            yield return $"{attention.Heads} heads of {latent.KeyDim}, values {latent.ValueDim}, from latents of {latent.QueryRank} and {latent.KvRank}";
        else if (attention.Kind != AttentionKind.None)
            yield return $"{attention.Heads} heads of {attention.HeadDim}, {attention.KvHeads} for keys and values{Reach(attention)}";
        if (layer.Cross is { } cross)
            yield return $"cross-attention of {cross.Heads} heads of {cross.HeadDim}";
        if (!forward.Exists)
            yield break;
        string width = forward.Experts > 0
            ? $"{forward.Experts} experts of width {Count(forward.Width)}, {forward.TopK} for a token{Shared(forward)}"
            : $"width {Count(forward.Width)}";
        yield return $"{width}{(forward.IsGated ? ", gated" : "")}";
    }

    private static string Shared(FeedForwardDescription forward) =>
        forward.SharedExperts > 0 ? $", and {forward.SharedExperts} of width {Count(forward.SharedWidth)} for every token" : "";

    private static string Reach(AttentionDescription attention) =>
        $"{(attention.Window > 0 ? $", window {Count(attention.Window)}" : "")}{(attention.Chunk > 0 ? $", chunks of {Count(attention.Chunk)}" : "")}{(attention.HasSinks ? ", sinks" : "")}";

    private static IEnumerable<(string Name, string Value)> Levels(SystemDescription system)
    {
        foreach (LevelDescription level in system.Levels)
        {
            string size = level.Size == 0 ? "as many as the job has" : $"{Count(level.Size)} of the level below";
            yield return ($"level {level.Name}", $"{size}, {Word(level.Topology)}");
        }
    }

    private static string Word(TopologyKind topology) => topology switch
    {
        TopologyKind.FullMesh => "full mesh",
        TopologyKind.Ring => "ring",
        TopologyKind.Torus2D => "2-D torus",
        TopologyKind.Torus3D => "3-D torus",
        TopologyKind.Clos => "Clos network",
        _ => "switch",
    };

    private static string Count(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    private static void WriteText(CommandContext context, Shown shown)
    {
        TextWriter output = context.Output;
        output.WriteLine(context.Terminal.Bold($"{shown.Kind} {shown.Id}{(shown.Name == shown.Id ? "" : $": {shown.Name}")}"));
        output.WriteLine();
        foreach ((string name, string value) in shown.Facts)
        {
            if (value.Length > 0)
            {
                foreach (string line in Lines($"  {name,-22}", value))
                    output.WriteLine(line);
            }
        }

        WriteFigures(context, "figures", shown.Id, shown.Figures);
        WriteFigures(context, "figures of its chip", shown.BelowId, shown.Below);
        if (shown.Constants.Length > 0)
        {
            output.WriteLine();
            output.WriteLine(context.Terminal.Bold("constants"));
            foreach (ConstantReading constant in shown.Constants)
                FigureText.Write(output, context.Terminal, constant);
        }

        output.WriteLine();
        if (shown.Figures.Any(figure => figure.IsContested))
            output.WriteLine($"In brackets: readings to pick with --assume {shown.Id}.KEY=READING.");
        output.WriteLine(shown.Kind switch
        {
            "model" => $"Next: {CommandLine.Program} train --model {shown.Id} --system trn3-gen2 --chips 144",
            "system" => $"Next: {CommandLine.Program} train --model llama-3.1-70b --system {shown.Id} --chips 64",
            "schedule" => $"Next: {CommandLine.Program} train --model llama-3.1-70b --system dgx-h100 --chips 512 --tp 8 --pp 4 --schedule {shown.Id}",
            "context layout" => $"Next: {CommandLine.Program} train --model llama-3.1-70b --system dgx-h100 --chips 512 --seq 65536 --cp 8 --cp-layout {shown.Id}",
            _ => $"Next: {CommandLine.Program} list systems",
        });
    }

    private static IEnumerable<string> Lines(string head, string value)
    {
        foreach (string line in TextLayout.Wrap(value, TextLayout.Width - head.Length - 1))
        {
            yield return $"{head} {line}";
            head = new string(' ', head.Length);
        }
    }

    private static void WriteFigures(CommandContext context, string title, string subject, ImmutableArray<Sourced<string>> figures)
    {
        if (figures.IsEmpty)
            return;
        context.Output.WriteLine();
        context.Output.WriteLine(context.Terminal.Bold(title));
        foreach (Sourced<string> figure in figures)
            FigureText.Write(context.Output, context.Terminal, subject, figure, withNotes: true);
    }

    private static void WriteJson(TextWriter output, Shown shown, IEnumerable<Diagnostic> problems, SystemDescription? linked)
    {
        using JsonText json = new(output);
        Utf8JsonWriter writer = json.Writer;
        writer.WriteStartObject();
        writer.WriteString("schema", Schema);
        writer.WriteString("kind", shown.Kind);
        writer.WriteString("id", shown.Id);
        writer.WriteString("name", shown.Name);
        writer.WriteStartArray("facts");
        foreach ((string name, string value) in shown.Facts)
        {
            writer.WriteStartObject();
            writer.WriteString("name", name);
            writer.WriteString("value", value);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        FigureText.WriteJson(writer, "figures", [.. shown.Figures, .. shown.Below]);
        FigureText.WriteJson(writer, "constants", shown.Constants);
        if (linked is not null)
            LinkText.WriteJson(writer, linked);
        DiagnosticsJson.Write(writer, problems);
        writer.WriteEndObject();
    }

    /// <summary>An entry ready to be written.</summary>
    /// <param name="Below">Figures of what it is made of: the chip of a system.</param>
    private sealed record Shown(
        string Kind,
        string Id,
        string Name,
        IReadOnlyList<(string Name, string Value)> Facts,
        ImmutableArray<Sourced<string>> Figures,
        ImmutableArray<ConstantReading> Constants,
        ImmutableArray<Sourced<string>> Below)
    {
        /// <summary>Id of the chip of <see cref="Below"/>; empty where there is none.</summary>
        public string BelowId { get; init; } = "";
    }
}
