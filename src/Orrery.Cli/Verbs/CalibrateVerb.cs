using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Orrery.Catalog;
using Orrery.Chips.Gpu;
using Orrery.Cli.Arguments;
using Orrery.Cli.Reports;
using Orrery.Units;
using Orrery.Validation.Calibration;
using Orrery.Validation.Cases;
using Orrery.Serving;
using Orrery.Validation.Collectives;
using Orrery.Validation.Inference;
using Orrery.Validation.Kernels;
using Orrery.Validation.Neuron;

namespace Orrery.Cli.Verbs;

/// <summary><c>calibrate</c>: fits the constants of a chip or a stack and writes them beside their evidence.</summary>
public static class CalibrateVerb
{
    public const string Schema = "orrery.calibrate/1";

    private const string From = "--from";
    private const string Name = "--name";
    private const string Collectives = "--collectives";
    private const string Only = "--only";
    private const string Date = "--date";
    private const string DryRun = "--dry-run";

    public static VerbDescription Describe() => new("calibrate", "fit the constants of a chip or a stack on measured rows", Schema)
    {
        Operands = [new("SUBJECT", [], "a chip, a stack, or with --collectives a chip or a family of chips; with measurements of your own the stack, or the system, they are most like", IsOptional: true)],
        Flags =
        [
            new(From, FlagKind.Text, "FILE", "measured rows (.csv or .csv.gz); the catalogue's own when left out; of a system what a benchmark printed, or OPERATION=FILE") { Repeats = true },
            new(Name, FlagKind.Text, "NAME", "what the stack made of step times of your own, or the system made of collectives, is called; the name of the file when left out"),
            new(FabricCalibration.Ranks, FlagKind.Integer, "N", "of a system, ranks that took part where the benchmark does not say") { Low = 2, High = 10_000_000 },
            new(FabricCalibration.Servers, FlagKind.Integer, "N", "of a system, servers they lay on where the benchmark does not say") { High = 1_000_000 },
            new(Collectives, FlagKind.Switch, "", "fit the collectives of the chip, not its operators"),
            new(Only, FlagKind.Text, "OPERATOR", "fit this operator of a GPU alone, such as gemm; the others keep their constants") { Repeats = true },
            new(Date, FlagKind.Text, "DAY", "day to write down, such as 2026-11-20; today when left out"),
            new(DryRun, FlagKind.Switch, "", "print what was found and write nothing"),
            CommonFlags.Json,
        ],
        Examples =
        [
            ("calibrate h100 --dry-run", "operators of a chip on the published tables, nothing written"),
            ("calibrate megatron-bridge --from mine.csv --name mine", "a stack of your own from step times, for train --stack mine"),
            ("calibrate dgx-h100 --from all_reduce.txt --name mine", "a system of your own from nccl-tests or nccom-test, for --system mine"),
            ("calibrate h100 --collectives", "collectives inside its scale-up domain"),
        ],
        Notes = "Step times of your own never change a stack of the catalogue: they make a new one on its base. Columns are those of data/validation/README.md; a file needs "
            + "system, chips, seq, model_config (or the columns of a shape) and one measured column, and leaves out what is not known. Constants stay inside their physical ranges; one that ends on a limit is reported. The result goes to data/calibration with the ids of the rows "
            + "that were fitted. Exit code 1 means that no row could be fitted.",
        Run = Run,
    };

    private static int Run(VerbCall call)
    {
        CommandContext context = call.Context;
        string? date = call.Arguments.Text(Date);
        List<Diagnostic> problems = [.. call.Problems];
        if (date is not null && !DateOnly.TryParseExact(date, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
            problems.Add(new(Severity.Error, ErrorCodes.WrongValue, Date, 0, 0, $"found '{Quote.Argument(date)}'; expected a day such as 2026-11-20"));
        if (problems.Count > 0)
            return context.RefuseInput(Schema, problems);

        string subject = call.Arguments.Operands.Count > 0 ? call.Arguments.Operands[0] : "";
        ImmutableArray<string> files = [.. call.Arguments.Texts(From)];
        bool isOfCollectives = call.Arguments.Switch(Collectives) == true;
        if (subject.Length == 0 && (files.IsEmpty || isOfCollectives))
            return context.RefuseInput(Schema, [new(Severity.Error, ErrorCodes.MissingArgument, "SUBJECT", 0, 0, $"is needed: a chip, a stack or a system; step times of your own ({From}) may leave it out")]);
        DataCatalog catalog = DataCatalog.Open(DataCatalog.FindDataRoot());
        string day = date ?? DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        if (SystemOf(catalog, subject) is { } system)
            return FabricCalibration.Run(call, catalog, system, files.IsEmpty ? "" : call.Arguments.Text(Name) ?? NameOf(files[0]), day, call.Arguments.Switch(DryRun) != true);
        if (FabricCalibration.RefusalAlone(call.Arguments) is { } refusal)
            return context.RefuseInput(Schema, [refusal]);
        Question question = new(
            subject,
            catalog,
            files,
            day,
            [.. call.Arguments.Texts(Only)],
            call.Arguments.Switch(DryRun) != true);
        string? name = call.Arguments.Text(Name);
        bool isStack = subject.Length == 0 || question.Catalog.StackIds.Contains(subject) || (!files.IsEmpty && question.Catalog.Stack(subject).Value is not null);
        if (name is not null && (isOfCollectives || !isStack || files.IsEmpty) && (isStack || isOfCollectives || catalog.Chip(subject).Value is not null))
            return context.RefuseInput(Schema, [new(Severity.Error, ErrorCodes.WrongValue, Name, 0, 0, $"names a stack or a system made of measurements of your own; give them by {From}")]);
        if (isStack && !files.IsEmpty && !isOfCollectives)
            question = question with { Name = name ?? NameOf(files[0]) };
        Answer answer = isOfCollectives ? OfCollectives(question)
            : isStack ? OfStack(question)
            : new ServingCatalog(catalog.DataRoot).Ids.Contains(subject) ? OfServing(question)
            : OfChip(question, context);
        if (answer.Diagnostics.Any(diagnostic => diagnostic.Severity == Severity.Error))
            return context.RefuseInput(Schema, answer.Diagnostics);
        if (context.IsJson)
        {
            WriteJson(context.Output, question, answer);
        }
        else
        {
            context.Report(answer.Diagnostics);
            WriteText(context, question, answer);
        }

        return answer.Lines.IsEmpty && answer.Fits.IsEmpty ? ExitCode.AnswerIsNo : ExitCode.Done;
    }

    /// <summary>The system of that name; null where it is that of a chip or a stack, or of nothing.</summary>
    private static SystemDescription? SystemOf(DataCatalog catalog, string subject) =>
        subject.Length == 0 || catalog.ChipIds.Contains(subject) || catalog.StackIds.Contains(subject) ? null : catalog.System(subject).Value;

    /// <summary>The file's name as a stack may be called.</summary>
    private static string NameOf(string path)
    {
        string name = Path.GetFileName(path).Split('.')[0].ToLowerInvariant();
        return string.Concat(name.Select(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' ? letter : '-')).Trim('-');
    }

    private static Answer OfStack(Question question)
    {
        if (question.Name.Length > 0)
        {
            StackCalibrationRun own = OwnStackCalibration.Calibrate(question.Catalog, question.Subject, question.Name, question.Files, question.Date, question.Writes);
            return new("stack", own.Fits, own.Text, own.Diagnostics);
        }

        StackCalibrationRun run = StackCalibrationRun.Calibrate(question.Catalog, question.Subject, question.Files, question.Date, question.Writes);
        return new("stack", [], run.Results.IsEmpty ? [] : run.Text, run.Diagnostics);
    }

    private static Answer OfServing(Question question)
    {
        Result<InferenceRules> rules = InferenceRules.Load(question.Catalog.DataRoot);
        Result<InferenceRecipes> recipes = InferenceRecipes.Load(question.Catalog.DataRoot);
        if (rules.Value is null || recipes.Value is null)
            return Answer.Refused("serving", [.. rules.Diagnostics, .. recipes.Diagnostics]);
        InferencePredictor predictor = new(question.Catalog, rules.Value);
        ImmutableArray<string> files = question.Files.IsEmpty ? ValidationFiles.Inference(question.Catalog.DataRoot) : question.Files;
        CalibrationFile? file = InferenceCalibration.Fit(predictor, files, recipes.Value.All, question.Subject, question.Date, question.Only, out ImmutableSortedDictionary<string, ImmutableArray<string>> rows);
        if (file is not null && question.Writes)
        {
            string path = predictor.Stacks.CalibrationPath(question.Subject);
            file.Write(path);
            foreach ((string name, ImmutableArray<string> ids) in rows)
                CalibrationRows.Write(Path.Combine(Path.GetDirectoryName(path)!, name), ids);
        }

        return new("serving", file?.Fits ?? [], [], []);
    }

    private static Answer OfChip(Question question, CommandContext context)
    {
        Result<ChipDescription> found = question.Catalog.Chip(question.Subject);
        if (found.Value is not { } chip)
        {
            string[] known = [.. question.Catalog.ChipIds, .. question.Catalog.StackIds, .. question.Catalog.SystemIds];
            return Answer.Refused("chip", [new(
                Severity.Error, ErrorCodes.UnknownName, "SUBJECT", 0, 0,
                $"there is no chip, stack or system '{Quote.Argument(question.Subject)}'{EditDistance.Hint(question.Subject, known)}")]);
        }

        List<Diagnostic> diagnostics = [.. found.Diagnostics];
        ImmutableArray<string> files = question.Files.IsEmpty ? ValidationFiles.Kernels(question.Catalog.DataRoot) : question.Files;
        ImmutableArray<KernelCase>.Builder rows = ImmutableArray.CreateBuilder<KernelCase>();
        foreach (string path in files)
        {
            CaseFile<KernelCase> file = KernelCase.Read(path);
            rows.AddRange(file.Cases);
            diagnostics.AddRange(file.Diagnostics);
        }

        if (diagnostics.Exists(one => one.Severity == Severity.Error))
            return Answer.Refused("chip", diagnostics);
        return chip.Architecture == ChipArchitecture.Neuron ? OfNeuron(question, chip, rows, diagnostics) : OfGpu(question, chip, rows, diagnostics, context);
    }

    private static Answer OfGpu(Question question, ChipDescription chip, IEnumerable<KernelCase> rows, List<Diagnostic> diagnostics, CommandContext context)
    {
        GpuKernelLibrary? library = GpuKernelLibrary.Open(question.Catalog, diagnostics);
        Result<KernelTables> tables = KernelTables.Open(question.Catalog);
        diagnostics.AddRange(tables.Diagnostics);
        if (library is null || tables.Value is null)
            return Answer.Refused("chip", diagnostics);
        string[] operators = [.. OperatorVocabulary.Names];
        foreach (string name in question.Only)
        {
            if (!operators.Contains(name, StringComparer.Ordinal))
                diagnostics.Add(new(Severity.Error, ErrorCodes.UnknownName, Only, 0, 0, $"there is no operator '{Quote.Argument(name)}'{EditDistance.Hint(name, operators)}"));
        }

        if (diagnostics.Exists(one => one.Severity == Severity.Error))
            return Answer.Refused("chip", diagnostics);
        CalibrationOptions options = new()
        {
            Date = question.Date,
            Only = question.Only,
            Sisters = [.. library.Vocabulary.Sisters.GetValueOrDefault(chip.Id, []).Select(id => question.Catalog.Chip(id).Value).OfType<ChipDescription>()],
            Before = question.Only.IsEmpty ? null : question.Catalog.Calibration(CalibrationKind.Chips, chip.Id).Value,
        };
        CalibrationResult result = ChipCalibration.Fit(
            chip, library.Vocabulary, tables.Value, rows, options, line => context.Error.WriteLine(line));
        diagnostics.AddRange(result.Diagnostics);
        if (question.Writes && !result.File.Fits.IsEmpty)
            result.Write(question.Catalog.CalibrationPath(CalibrationKind.Chips, chip.Id));
        return new("chip", result.File.Fits, [], [.. diagnostics]);
    }

    private static Answer OfNeuron(Question question, ChipDescription chip, IEnumerable<KernelCase> rows, List<Diagnostic> diagnostics)
    {
        Result<NeuronKernelValidation> validation = NeuronKernelValidation.Open(question.Catalog);
        diagnostics.AddRange(validation.Diagnostics);
        CalibrationFile? file = validation.Value?.Calibrate(chip.Id, rows, question.Date);
        if (file is not null && question.Writes)
            file.Write(question.Catalog.CalibrationPath(CalibrationKind.Chips, chip.Id));
        return new("chip", file?.Fits ?? [], [], [.. diagnostics]);
    }

    private static Answer OfCollectives(Question question)
    {
        string made = question.Subject[(question.Subject.IndexOf('.', StringComparison.Ordinal) + 1)..];
        bool isKnown = question.Catalog.ChipIds.Any(id => id == made || question.Catalog.Chip(id).Value?.Family == made);
        if (!isKnown)
        {
            return Answer.Refused("collectives", [new(
                Severity.Error, ErrorCodes.UnknownName, "SUBJECT", 0, 0,
                $"there is no chip or family '{Quote.Argument(question.Subject)}'{EditDistance.Hint(question.Subject, question.Catalog.ChipIds)}")]);
        }

        if (!question.Writes)
            return Answer.Refused("collectives", [new(Severity.Error, ErrorCodes.NotAvailable, DryRun, 0, 0, "is not available yet with --collectives")]);
        ImmutableArray<string> files = question.Files.IsEmpty ? ValidationFiles.Collectives(question.Catalog.DataRoot) : question.Files;
        Result<CalibrationFile> result = CollectiveCalibration.Run(question.Catalog, question.Subject, files, question.Date);
        return new("collectives", result.Value?.Fits ?? [], [], result.Diagnostics);
    }

    private static void WriteText(CommandContext context, Question question, Answer answer)
    {
        TextWriter output = context.Output;
        output.WriteLine(context.Terminal.Bold($"calibrate {question.Shown}: {answer.Kind}, {question.Date}{(question.Writes ? "" : ", nothing written")}"));
        output.WriteLine();
        foreach (string line in answer.Lines)
            output.WriteLine(line);
        foreach (CalibrationFit fit in answer.Lines.IsEmpty ? answer.Fits : [])
        {
            string name = string.Join(' ', new[] { fit.Operator, fit.Format, fit.Scope }.Where(part => part.Length > 0));
            output.WriteLine($"{name}: {fit.RowsFitted} rows, median error {Quantity.FormatPercent(fit.MedianError)}, mean {Quantity.FormatPercent(fit.MeanError)}");
            foreach ((string constant, CalibratedConstant value) in fit.Constants)
            {
                string unit = value.Unit == "1" ? "" : " " + value.Unit;
                FigureText.WriteEntry(
                    output, constant, Quantity.FormatNumber(value.Value) + unit,
                    $"{Quantity.FormatNumber(value.Low)} to {Quantity.FormatNumber(value.High)}{(value.IsAtLimit ? ", AT ITS LIMIT" : "")}");
            }
        }

        if (answer.Lines.IsEmpty && answer.Fits.IsEmpty)
            output.WriteLine("no row could be fitted");
        output.WriteLine();
        string next = question.Name.Length > 0 ? $"train --stack {question.Name} --model M --system S --chips N" : $"validate {(answer.Kind == "stack" ? "training" : "kernels")}";
        output.WriteLine($"Next: {CommandLine.Program} {next}");
    }

    private static void WriteJson(TextWriter output, Question question, Answer answer)
    {
        using JsonText json = new(output);
        Utf8JsonWriter writer = json.Writer;
        writer.WriteStartObject();
        writer.WriteString("schema", Schema);
        writer.WriteString("subject", question.Shown);
        writer.WriteString("kind", answer.Kind);
        writer.WriteString("date", question.Date);
        writer.WriteBoolean("written", question.Writes);
        writer.WriteStartArray("fits");
        foreach (CalibrationFit fit in answer.Fits)
        {
            writer.WriteStartObject();
            writer.WriteString("operator", fit.Operator);
            writer.WriteString("format", fit.Format);
            writer.WriteString("scope", fit.Scope);
            writer.WriteNumber("rows", fit.RowsFitted);
            writer.Number("medianApe", fit.MedianError);
            writer.Number("mape", fit.MeanError);
            writer.Number("residualSigma", fit.ResidualSigma);
            writer.WriteStartArray("constants");
            foreach ((string name, CalibratedConstant constant) in fit.Constants)
            {
                writer.WriteStartObject();
                writer.WriteString("name", name);
                writer.Number("value", constant.Value);
                writer.WriteString("unit", constant.Unit);
                writer.Number("low", constant.Low);
                writer.Number("high", constant.High);
                writer.WriteBoolean("isAtLimit", constant.IsAtLimit);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("text");
        foreach (string line in answer.Lines)
            writer.WriteStringValue(line);
        writer.WriteEndArray();
        DiagnosticsJson.Write(writer, answer.Diagnostics);
        writer.WriteEndObject();
    }

    /// <summary>What was asked.</summary>
    private sealed record Question(string Subject, DataCatalog Catalog, ImmutableArray<string> Files, string Date, ImmutableArray<string> Only, bool Writes)
    {
        /// <summary>What a stack of one's own is called; empty for stacks of the catalogue.</summary>
        public string Name { get; init; } = "";

        /// <summary>What is calibrated.</summary>
        public string Shown => Name.Length > 0 ? Name : Subject;
    }

    /// <summary>What was found: fits of a chip, or lines about a stack.</summary>
    private sealed record Answer(string Kind, ImmutableArray<CalibrationFit> Fits, ImmutableArray<string> Lines, ImmutableArray<Diagnostic> Diagnostics)
    {
        public static Answer Refused(string kind, IEnumerable<Diagnostic> diagnostics) => new(kind, [], [], [.. diagnostics]);
    }
}
