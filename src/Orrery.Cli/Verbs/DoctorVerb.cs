using System.Text.Json;
using Orrery.Catalog;
using Orrery.Cli.Arguments;
using Orrery.Cli.Reports;

namespace Orrery.Cli.Verbs;

/// <summary><c>doctor</c>: whether this machine has what the program needs.</summary>
public static class DoctorVerb
{
    public const string Schema = "orrery.doctor/1";

    public static VerbDescription Describe() => new("doctor", "check that this machine has what the program needs", Schema)
    {
        Flags = [CommonFlags.Json],
        Examples = [("doctor", "one line a check"), ("doctor --json", "the same for a program")],
        Run = Run,
    };

    private static int Run(VerbCall call)
    {
        if (call.Problems.Length > 0)
            return call.Context.RefuseInput(Schema, call.Problems);
        List<(string Name, bool Passed, string Finding)> checks = [Runtime(), Processors(), DataFolder(), TemporaryFolder()];
        bool passed = checks.TrueForAll(check => check.Passed);
        if (call.Context.IsJson)
            WriteJson(call.Context.Output, checks, passed);
        else
            WriteText(call.Context, checks, passed);
        return passed ? ExitCode.Done : ExitCode.AnswerIsNo;
    }

    private static (string Name, bool Passed, string Finding) Runtime() =>
        (".NET runtime", Environment.Version.Major >= 10, $"{Environment.Version} (10.0 or later is needed)");

    private static (string Name, bool Passed, string Finding) Processors() => ("processors", true, $"{Environment.ProcessorCount}");

    /// <summary>Loads every description, so that a broken file is found here and not in the middle of a question.</summary>
    private static (string Name, bool Passed, string Finding) DataFolder()
    {
        DataCatalog catalog = DataCatalog.Open(DataCatalog.FindDataRoot());
        List<Diagnostic> errors = [];
        foreach (string id in catalog.ChipIds)
            errors.AddRange(catalog.Chip(id).Diagnostics);
        foreach (string id in catalog.SystemIds)
            errors.AddRange(catalog.System(id).Diagnostics);
        foreach (string id in catalog.StackIds)
            errors.AddRange(catalog.Stack(id).Diagnostics);
        errors.RemoveAll(diagnostic => diagnostic.Severity != Severity.Error);
        string counts = $"{catalog.ChipIds.Length} chips, {catalog.SystemIds.Length} systems, {catalog.StackIds.Length} stacks, {catalog.ModelIds.Length} models";
        return errors.Count == 0 && !catalog.SystemIds.IsEmpty
            ? ("data folder", true, $"{counts} in {catalog.DataRoot}")
            : ("data folder", false, errors.Count > 0
                ? $"{errors.Count} errors in {catalog.DataRoot}, the first: {errors[0]}"
                : $"{catalog.DataRoot} holds no systems; ORRERY_DATA names another folder");
    }

    private static (string Name, bool Passed, string Finding) TemporaryFolder()
    {
        string folder = Path.GetTempPath();
        string file = Path.Combine(folder, $"orrery-doctor-{Environment.ProcessId}.txt");
        try
        {
            File.WriteAllText(file, "orrery");
            File.Delete(file);
            return ("temporary folder", true, $"{folder} can be written to");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return ("temporary folder", false, $"{folder} cannot be written to; a failure could leave no report");
        }
    }

    private static void WriteText(CommandContext context, List<(string Name, bool Passed, string Finding)> checks, bool passed)
    {
        foreach ((string name, bool isGood, string finding) in checks)
            context.Output.WriteLine($"{(isGood ? "ok  " : "FAIL")}  {name,-18} {finding}");
        context.Output.WriteLine();
        context.Output.WriteLine(passed
            ? $"All is well. Next: {CommandLine.Program} train --model llama-3.1-8b --system dgx-h100 --chips 64"
            : "Something is missing: see the lines marked FAIL.");
    }

    private static void WriteJson(TextWriter output, List<(string Name, bool Passed, string Finding)> checks, bool passed)
    {
        using JsonText json = new(output);
        Utf8JsonWriter writer = json.Writer;
        writer.WriteStartObject();
        writer.WriteString("schema", Schema);
        writer.WriteBoolean("passed", passed);
        writer.WriteStartArray("checks");
        foreach ((string name, bool isGood, string finding) in checks)
        {
            writer.WriteStartObject();
            writer.WriteString("name", name);
            writer.WriteBoolean("passed", isGood);
            writer.WriteString("finding", finding);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        DiagnosticsJson.Write(writer, []);
        writer.WriteEndObject();
    }
}
