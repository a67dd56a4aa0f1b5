using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Cli.Arguments;
using Orrery.Cli.Reports;
using Orrery.Validation.Prediction;
using Orrery.Validation.Scoring;

namespace Orrery.Cli.Verbs;

/// <summary><c>validate</c>: how wrong the predictions are, on published measurements.</summary>
public static class ValidateVerb
{
    private const string StackConstants = "--stack-constants";
    private static readonly string[] Kinds = ["training", "inference", "collectives", "kernels", "memory", "network", "replay", "transfer"];

    public static VerbDescription Describe() => new("validate", "score the predictions on published measurements", ValidationJson.Schema)
    {
        Operands = [new("WHAT", Kinds, "which predictions")],
        Flags =
        [
            new("--cases", FlagKind.Text, "FILE", "cases of your own (.csv or .csv.gz, columns as in data/validation/README.md)") { Repeats = true },
            new(StackConstants, FlagKind.Text, "STACK", "training: price every case of the chip families this stack was fitted on with its constants, not with those of the case's own stack: how far constants carry"),
            CommonFlags.Assume,
            CommonFlags.Json,
        ],
        Examples =
        [
            ("validate training", "step times of published runs, by source"),
            ("validate inference", "serving engines, by stack and model class"),
            ("validate collectives", "collectives inside and between servers"),
            ("validate kernels", "operators of GPUs and of the NeuronCore"),
            ("validate memory", "peak memory"),
            ("validate network", "formulas beside flows and bounds, on every system"),
            ("validate replay", "ASTRA-sim's benchmarks beside its own answers, and why they differ"),
            ("validate transfer", "chips that nothing was fitted on, from what was fitted on their predecessors"),
            ("validate training --stack-constants deepspeed-megatron-2023", "how far the constants of one stack carry to others"),
            ("validate training --cases mine.csv --json", "cases of your own, for a program"),
        ],
        Notes = "Errors are predicted / measured - 1; rows that a calibration saw are counted apart. Exit code 1 means that a group has more than 5 % of "
            + "its rows skipped.",
        Run = Run,
    };

    private static int Run(VerbCall call)
    {
        CommandContext context = call.Context;
        if (call.Problems.Length > 0)
            return context.RefuseInput(ValidationJson.Schema, call.Problems);
        (DataCatalog catalog, ImmutableArray<Diagnostic> wrong) = CatalogOpening.Open(call.Arguments);
        if (wrong.Length > 0)
            return context.RefuseInput(ValidationJson.Schema, wrong);

        if (call.Arguments.Operands[0] == "network")
            return NetworkReport.Write(context, catalog);
        if (call.Arguments.Operands[0] == "replay")
            return AstraReport.Write(context, catalog);
        StackDescription? constantsOf = null;
        if (call.Arguments.Text(StackConstants) is { } stack)
        {
            if (call.Arguments.Operands[0] != "training")
                return context.RefuseInput(ValidationJson.Schema, [new(Severity.Error, ErrorCodes.WrongValue, StackConstants, 0, 0, "prices steps; expected 'validate training'")]);
            Result<StackDescription> found = catalog.Stack(stack);
            if (found.Value is null)
                return context.RefuseInput(ValidationJson.Schema, found.Diagnostics);
            constantsOf = found.Value;
        }

        ValidationAnswer answer = ValidationAnswer.Of(call.Arguments.Operands[0], catalog, [.. call.Arguments.Texts("--cases")], constantsOf);
        if (answer.Report is not { } report)
            return context.RefuseInput(ValidationJson.Schema, answer.Diagnostics);
        if (context.IsJson)
        {
            using JsonText json = new(context.Output);
            ValidationJson.Write(json.Writer, report, answer.Regret, answer.Carried);
        }
        else
        {
            context.Report(answer.Diagnostics);
            ValidationText.Write(context.Output, context.Terminal, report, answer.Regret, answer.Carried);
        }

        return report.Failures.IsEmpty ? ExitCode.Done : ExitCode.AnswerIsNo;
    }
}
