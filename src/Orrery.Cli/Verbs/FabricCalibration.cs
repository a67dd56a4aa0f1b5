using System.Collections.Immutable;
using System.Text.Json;
using Orrery.Catalog;
using Orrery.Cli.Arguments;
using Orrery.Cli.Reports;
using Orrery.Units;
using Orrery.Validation.Collectives;

namespace Orrery.Cli.Verbs;

/// <summary><c>calibrate SYSTEM --from FILE</c>: a machine of one's own from the output of a benchmark of collectives.</summary>
public static class FabricCalibration
{
    public const string Ranks = "--ranks";
    public const string Servers = "--servers";

    private const string From = "--from";
    private const string Extension = ".yaml";

    /// <summary>Operations that a benchmark may have measured.</summary>
    private static readonly string[] Operations = ["all-reduce", "all-gather", "reduce-scatter", "all-to-all", "broadcast", "p2p"];

    /// <summary>The complaint about a flag that says nothing of a chip or a stack; null where there is none.</summary>
    public static Diagnostic? RefusalAlone(ParsedArguments arguments)
    {
        string? flag = arguments.Text(Ranks) is not null ? Ranks : arguments.Text(Servers) is not null ? Servers : null;
        return flag is null ? null : new(Severity.Error, ErrorCodes.WrongValue, flag, 0, 0, "is of measured collectives: SUBJECT has to be a system");
    }

    public static int Run(VerbCall call, DataCatalog catalog, SystemDescription system, string name, string date, bool writes)
    {
        CommandContext context = call.Context;
        ParsedArguments arguments = call.Arguments;
        List<Diagnostic> problems = [];
        string path = PathOf(name, catalog);
        if (system.Communication is not null)
            problems.Add(new(Severity.Error, ErrorCodes.WrongValue, "SUBJECT", 0, 0, "is itself a system of one's own; name the one of the catalogue it lies on"));
        if (writes && name.Length > 0 && File.Exists(path) && !IsOurs(path))
            problems.Add(new(Severity.Error, ErrorCodes.CannotWrite, "--name", 0, 0, $"'{Quote.Argument(name)}' is a file that this did not write; give another name"));
        List<string> files = [.. arguments.Texts(From)];
        if (arguments.Text("--only") is not null)
            problems.Add(new(Severity.Error, ErrorCodes.WrongValue, "--only", 0, 0, "is of the operators of a chip; SUBJECT is a system, whose collectives are fitted"));
        if (files.Count > 0 && !IsPath(name) && !(name.Length is > 0 and <= 60 && name.All(static letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '-' or '.' or '_')))
            problems.Add(new(Severity.Error, ErrorCodes.WrongValue, "--name", 0, 0, $"found '{Quote.Argument(name)}'; expected a path that ends in .yaml, or lower-case letters, digits, '-', '.' and '_', at most 60 of them"));
        List<BenchmarkRow> rows = [];
        if (files.Count == 0)
            problems.Add(new(Severity.Error, ErrorCodes.MissingFlag, From, 0, 0, "is needed to calibrate a system: what nccl-tests or nccom-test printed"));
        foreach (string file in files)
            rows.AddRange(Read(file, arguments, problems));
        if (problems.Exists(static one => one.Severity == Severity.Error))
            return context.RefuseInput(CalibrateVerb.Schema, problems);

        string fittedOn = $"{string.Join(", ", files.Select(static file => Path.GetFileName(file)))}: {rows.Count} measurements, {date}";
        OwnFabric? own = OwnFabricFit.Fit(catalog.DataRoot, system, rows, fittedOn, problems);
        if (problems.Exists(static one => one.Severity == Severity.Error))
            return context.RefuseInput(CalibrateVerb.Schema, problems);
        if (own is not null && writes && Write(path, own.Yaml($"{Path.GetFileNameWithoutExtension(path)} ({system.Name}, own collectives)"), name) is { } failure)
            return context.RefuseInput(CalibrateVerb.Schema, [.. problems, failure]);

        if (context.IsJson)
        {
            WriteJson(context.Output, name, date, writes && own is not null, own, problems);
        }
        else
        {
            context.Report(problems);
            WriteText(context, name, date, writes, own);
        }

        return own is null ? ExitCode.AnswerIsNo : ExitCode.Done;
    }

    /// <summary>Rows of one <c>--from</c>, which may begin with the operation: <c>all-gather=results.txt</c>.</summary>
    private static ImmutableArray<BenchmarkRow> Read(string file, ParsedArguments arguments, List<Diagnostic> problems)
    {
        BenchmarkHints hints = new(null, arguments.Integer(Ranks) ?? 0, arguments.Integer(Servers) ?? 0);
        int equals = file.IndexOf('=', StringComparison.Ordinal);
        if (equals > 0 && !File.Exists(file) && BenchmarkOutput.KindOf(file[..equals]) is { } kind)
            return BenchmarkOutput.ReadFile(file[(equals + 1)..], hints with { Kind = kind }, problems);
        if (equals > 0 && !File.Exists(file) && File.Exists(file[(equals + 1)..]))
        {
            problems.Add(new(
                Severity.Error, ErrorCodes.WrongValue, From, 0, 0,
                $"'{Quote.Argument(file[..equals])}' is no operation; expected one of {string.Join(", ", Operations)}{EditDistance.Hint(file[..equals], Operations)}"));
            return [];
        }

        return BenchmarkOutput.ReadFile(file, hints, problems);
    }

    /// <summary>A path as given; a plain name is a system of the catalogue's folder.</summary>
    private static string PathOf(string name, DataCatalog catalog) => IsPath(name) ? name : Path.Combine(catalog.DataRoot, "systems", name + Extension);

    private static bool IsPath(string name) =>
        name.Contains('/', StringComparison.Ordinal) || name.Contains('\\', StringComparison.Ordinal) || name.EndsWith(Extension, StringComparison.Ordinal);

    private static bool IsOurs(string path)
    {
        try
        {
            using StreamReader reader = new(path);
            return reader.ReadLine()?.StartsWith("# Written by `orrery calibrate`", StringComparison.Ordinal) == true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static Diagnostic? Write(string path, string text, string name)
    {
        try
        {
            File.WriteAllText(path, text);
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return new(Severity.Error, ErrorCodes.CannotWrite, "--name", 0, 0, $"'{Quote.Argument(name)}' cannot be written: {Quote.Argument(failure.Message)}");
        }
    }

    private static void WriteText(CommandContext context, string subject, string date, bool writes, OwnFabric? own)
    {
        TextWriter output = context.Output;
        output.WriteLine(context.Terminal.Bold($"calibrate {Quote.Argument(subject)}: collectives of a machine of your own, {date}{(writes && own is not null ? "" : ", nothing written")}"));
        output.WriteLine();
        if (own is null)
        {
            output.WriteLine("no measurement could be fitted");
            return;
        }

        output.WriteLine($"like {own.Base.Id}, fitted on {own.Overlay.FittedOn}");
        WriteScope(output, "inside a scale-up domain", own.ScaleUp);
        WriteScope(output, "on the network", own.ScaleOut);
        output.WriteLine();
        output.WriteLine($"Next: {CommandLine.Program} collective all-reduce --system {Quote.Argument(writes ? subject : own.Base.Id)} --chips {own.Base.ChipsPerScaleUpDomain}");
    }

    private static void WriteScope(TextWriter output, string name, OwnScope? scope)
    {
        output.WriteLine();
        if (scope is null)
        {
            output.WriteLine($"{name}: not measured, as in the catalogue");
            return;
        }

        output.WriteLine($"{name}: {string.Join(", ", scope.Operations)}; {scope.Fitted} rows fitted, {scope.Held} held back");
        FigureText.WriteEntry(output, "startup", Quantity.FormatNumber(scope.Overlay.Startup), "times the catalogue's fixed times");
        FigureText.WriteEntry(output, "bandwidth", Quantity.FormatNumber(scope.Overlay.Bandwidth), "times the catalogue's share of the links");
        FigureText.WriteEntry(
            output, "median error", Quantity.FormatPercent(scope.ErrorAfter), $"{Quantity.FormatPercent(scope.ErrorBefore)} before, {Quantity.FormatPercent(scope.ErrorHeld)} on the rows held back");
    }

    private static void WriteJson(TextWriter output, string subject, string date, bool written, OwnFabric? own, List<Diagnostic> problems)
    {
        using JsonText json = new(output);
        Utf8JsonWriter writer = json.Writer;
        writer.WriteStartObject();
        writer.WriteString("schema", CalibrateVerb.Schema);
        writer.WriteString("subject", subject);
        writer.WriteString("kind", "system");
        writer.WriteString("date", date);
        writer.WriteBoolean("written", written);
        writer.WriteString("base", own?.Base.Id);
        writer.WriteString("fittedOn", own?.Overlay.FittedOn);
        WriteScope(writer, "scaleUp", own?.ScaleUp);
        WriteScope(writer, "scaleOut", own?.ScaleOut);
        DiagnosticsJson.Write(writer, problems);
        writer.WriteEndObject();
    }

    private static void WriteScope(Utf8JsonWriter writer, string key, OwnScope? scope)
    {
        if (scope is null)
        {
            writer.WriteNull(key);
            return;
        }

        writer.WriteStartObject(key);
        writer.Number("startup", scope.Overlay.Startup);
        writer.Number("bandwidth", scope.Overlay.Bandwidth);
        writer.Number("sigma", scope.Overlay.Sigma);
        writer.WriteNumber("rowsFitted", scope.Fitted);
        writer.WriteNumber("rowsHeld", scope.Held);
        writer.Number("medianErrorBefore", scope.ErrorBefore);
        writer.Number("medianErrorAfter", scope.ErrorAfter);
        writer.Number("medianErrorHeld", scope.ErrorHeld);
        writer.WriteStartArray("operations");
        foreach (string operation in scope.Operations)
            writer.WriteStringValue(operation);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
