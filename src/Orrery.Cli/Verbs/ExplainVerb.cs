using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using Orrery.Catalog;
using Orrery.Cli.Arguments;
using Orrery.Cli.Reports;
using Orrery.Training;
using Orrery.Units;

namespace Orrery.Cli.Verbs;

/// <summary><c>explain</c>: where every figure that a prediction used came from.</summary>
public static class ExplainVerb
{
    public const string Schema = "orrery.explain/1";

    public static VerbDescription Describe() => new("explain", "the source of every figure that a prediction used", Schema)
    {
        Operands = [new("VERB", [], "the verb to explain (train or serve), followed by its arguments", TakesRest: true)],
        Flags = [CommonFlags.Json],
        Examples =
        [
            ("explain train --model llama-3.1-8b --system dgx-h100 --chips 64", "figures, constants and calibrations behind a prediction"),
            ("explain train --model llama-3.1-8b --system trn3-gen2 --chips 144 --json", "the same for a program"),
            ("explain serve --model llama-3.1-70b --system dgx-h100 --chips 8 --rate 4", "and where the time of an iteration goes, operator by operator"),
        ],
        Run = Run,
    };

    private static int Run(VerbCall call)
    {
        CommandContext context = call.Context;
        if (call.Problems.Length > 0)
            return context.RefuseInput(Schema, call.Problems);
        string verb = call.Arguments.Operands[0];
        if (verb is not ("train" or "serve"))
        {
            return context.RefuseInput(Schema, [new(
                Severity.Error, ErrorCodes.WrongValue, "VERB", 0, 0,
                $"found '{Quote.Argument(verb)}'; expected train or serve{EditDistance.Hint(verb, ["train", "serve"])}")]);
        }

        if (verb == "serve")
            return ExplainServing.Run(call);
        ReadOnlySpan<string> rest = CollectionsMarshal.AsSpan(call.Arguments.Operands)[1..];
        (ParsedArguments arguments, ImmutableArray<Diagnostic> wrong) = ArgumentReader.Read(TrainVerb.Describe(), rest);
        (TrainingQuestion? question, DataCatalog catalog, ImmutableArray<Diagnostic> problems) =
            TrainingQuestionReader.Read(new(context, arguments, [.. rest], wrong));
        if (question is null)
            return context.RefuseInput(Schema, problems);

        TrainingOutcome outcome = TrainingRunner.Run(question.Request, catalog);
        ImmutableArray<Diagnostic> all = [.. problems, .. outcome.Diagnostics];
        if (outcome.Report is null && !outcome.IsInfeasible)
            return context.RefuseInput(Schema, all);
        if (context.IsJson)
        {
            WriteJson(context.Output, question.Request, outcome.Report, all);
        }
        else
        {
            context.Report(all);
            WriteText(context, question, outcome.Report);
        }

        return outcome.Report is null || !outcome.Report.Memory.Fits ? ExitCode.AnswerIsNo : ExitCode.Done;
    }

    private static void WriteText(CommandContext context, TrainingQuestion question, TrainingReport? report)
    {
        TrainingRequest request = question.Request;
        TextWriter output = context.Output;
        Terminal terminal = context.Terminal;
        output.WriteLine(terminal.Bold($"Where the figures came from: {request.Model.Name} on {request.System.Id}, stack {request.Stack.Id}"));
        WriteFigures("chip", request.System.Chip.Id, request.System.Chip.Figures);
        WriteFigures("system", request.System.Id, request.System.Figures);
        WriteFigures("stack", request.Stack.Id, request.Stack.Figures);
        Title($"constants of stack {request.Stack.Id}");
        foreach (ConstantReading constant in Constants(request))
            FigureText.Write(output, terminal, constant);
        if (request.Stack.FittedOn.Length > 0)
            FigureText.WriteEntry(output, "fitted on", "", request.Stack.FittedOn);
        if (report is not null)
        {
            Title("used by the prediction");
            foreach (string line in report.Provenance.SelectMany(one => TextLayout.Wrap(one, TextLayout.Width - 2)))
                output.WriteLine("  " + line);
            Title("interval");
            foreach (Uncertainty part in report.Uncertainties)
                output.WriteLine($"  \u00b1{100 * part.RelativeHalfWidth,5:0.0} %  {part.What}");
        }

        output.WriteLine();
        output.WriteLine($"[NAME] marks readings that --assume KEY=NAME takes. Next: {CommandLine.Program} train {question.Command()}");

        void Title(string title)
        {
            output.WriteLine();
            output.WriteLine(terminal.Bold(title));
        }

        void WriteFigures(string kind, string subject, ImmutableArray<Sourced<string>> figures)
        {
            if (figures.IsEmpty)
                return;
            Title($"{kind} {subject}");
            foreach (Sourced<string> figure in figures)
                FigureText.Write(output, terminal, subject, figure, withNotes: false);
        }
    }

    /// <summary>Constants of the stack, those of this chip or its family in place of the general ones.</summary>
    private static ImmutableSortedDictionary<string, ConstantReading>.Builder Merged(TrainingRequest request)
    {
        ImmutableSortedDictionary<string, ConstantReading>.Builder merged = request.Stack.Constants.ToBuilder();
        foreach (string scope in (string[])[request.System.Chip.Family, request.System.Chip.Id])
        {
            if (request.Stack.OnChip.TryGetValue(scope, out ImmutableSortedDictionary<string, ConstantReading>? own))
            {
                foreach ((string name, ConstantReading constant) in own)
                    merged[name] = constant;
            }
        }

        return merged;
    }

    private static IEnumerable<ConstantReading> Constants(TrainingRequest request) => Merged(request).Values;

    private static void WriteJson(TextWriter output, TrainingRequest request, TrainingReport? report, IEnumerable<Diagnostic> problems)
    {
        using JsonText json = new(output);
        Utf8JsonWriter writer = json.Writer;
        writer.WriteStartObject();
        writer.WriteString("schema", Schema);
        writer.WriteString("model", request.Model.Name);
        writer.WriteString("system", request.System.Id);
        writer.WriteString("chip", request.System.Chip.Id);
        writer.WriteString("stack", request.Stack.Id);
        writer.WriteString("fittedOn", request.Stack.FittedOn);
        FigureText.WriteJson(writer, "figures", [.. request.System.Chip.Figures, .. request.System.Figures, .. request.Stack.Figures]);
        FigureText.WriteJson(writer, "constants", Constants(request));
        writer.WriteStartArray("provenance");
        foreach (string line in report?.Provenance ?? [])
            writer.WriteStringValue(line);
        writer.WriteEndArray();
        DiagnosticsJson.Write(writer, problems);
        writer.WriteEndObject();
    }
}
