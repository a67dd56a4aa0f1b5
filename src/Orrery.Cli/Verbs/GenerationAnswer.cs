using System.Collections.Immutable;
using Orrery.Accounting;
using Orrery.Catalog;
using Orrery.Cli.Arguments;
using Orrery.Cli.Reports;
using Orrery.Models;
using Orrery.Serving;

namespace Orrery.Cli.Verbs;

/// <summary><c>serve</c> of a model that makes images or videos: jobs of denoising steps.</summary>
internal static class GenerationAnswer
{
    /// <summary>Answers where the model asked for is such a one; null where it is not, or cannot be read.</summary>
    public static int? Run(VerbCall call)
    {
        CommandContext output = call.Context;
        if (call.Arguments.Text("--model") is not { } name || call.Problems.Length > 0)
            return null;
        (DataCatalog catalog, ImmutableArray<Diagnostic> wrong) = CatalogOpening.Open(call.Arguments);
        Result<ModelArchitecture> loaded = ModelLoader.Load(name, catalog.DataRoot);
        if (loaded.Value is not { LatentGrid: not null } model)
            return null;
        List<Diagnostic> problems = [.. wrong, .. loaded.Diagnostics];
        (GenerationRequest Request, Func<int, PassCost> Pass)? question = new GenerationQuestionReader(call, catalog, model, problems).Read(out bool isNo);
        if (question is not { } asked)
        {
            if (!isNo)
                return output.RefuseInput(ServingJson.Schema, [.. problems.Distinct()]);
            if (output.IsJson)
                GenerationJson.Write(output.Output, null, call.Given, problems);
            else
                output.Report(problems);
            return ExitCode.AnswerIsNo;
        }

        GenerationReport report = GenerationRunner.Run(asked.Request, asked.Pass, EnergyModel.Open(catalog.DataRoot));
        if (report.Attainment is { Limit: { Length: > 0 } limit })
            problems.Add(new Diagnostic(Severity.Warning, ServingCode.SloMissed, "--slo", 0, 0, limit));
        if (asked.Request.System.Chip.IsPreview)
            problems.Add(new Diagnostic(Severity.Note, ServingCode.Preview, asked.Request.System.Chip.Id, 0, 0, $"{asked.Request.System.Chip.Name} is a preview: its figures are derived from announcements"));
        if (ServeFiles.WriteRequests(call.Arguments, report.Book, output) is { } failure)
            return output.RefuseInput(ServingJson.Schema, [failure]);
        if (output.IsJson)
        {
            GenerationJson.Write(output.Output, report, call.Given, problems);
        }
        else
        {
            output.Report(problems);
            GenerationText.Write(output.Output, output.Terminal, report);
        }

        return report.Attainment is { Limit.Length: > 0 } ? ExitCode.AnswerIsNo : ExitCode.Done;
    }
}
