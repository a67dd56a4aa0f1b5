using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Cli.Arguments;
using Orrery.Cli.Pictures;
using Orrery.Cli.Reports;
using Orrery.Fabric;
using Orrery.Interchange;
using Orrery.Interchange.Launch;
using Orrery.Training;

namespace Orrery.Cli.Verbs;

/// <summary><c>train</c>: one training step of a model on a system.</summary>
public static class TrainVerb
{
    public static VerbDescription Describe() => new("train", "predict a training step: time, memory, energy, money", TrainingJson.Schema)
    {
        Flags = TrainFlags.All,
        Examples =
        [
            ("train --model llama-3.1-405b --system trn3-gen2 --chips 2304", "the fastest layout that fits, chosen"),
            ("train --model llama-3.1-70b --system dgx-h100 --chips 512 --tp 8 --pp 4", "a layout partly of your own"),
            ("train --model mixtral-8x22b --system gb200-nvl72 --chips 1152 --tokens 1T", "time, energy and money of a whole run"),
            ("train --model llama-3.1-8b --system trn2.48xlarge --chips 64 --timeline step.json", "a trace for ui.perfetto.dev"),
            ("train --model llama-3.1-70b --system dgx-h100 --chips 512 --launch megatron", "the plan as arguments of a framework, ready to paste"),
            ("train --model ./my-model --system dgx-a100 --chips 8 --price dgx-a100=1.5 --json", "a config.json of your own, for a program"),
        ],
        Notes = "Names of models, systems and stacks may be paths. Layout that is left out is chosen and printed; batch, sequence and precision never are. "
            + "Exit code 1 means that the job does not fit or that no layout is legal.",
        Run = Run,
    };

    private static int Run(VerbCall call)
    {
        CommandContext context = call.Context;
        (TrainingQuestion? question, DataCatalog catalog, ImmutableArray<Diagnostic> problems) = TrainingQuestionReader.Read(call);
        LaunchFramework? framework = null;
        if (call.Arguments.Text("--launch") is { } word)
        {
            List<Diagnostic> wrong = [];
            framework = LaunchAnswer.Find(word, wrong);
            if (framework is null)
                return context.RefuseInput(TrainingJson.Schema, [.. problems, .. wrong]);
        }

        if (question is null)
            return context.RefuseInput(TrainingJson.Schema, problems);

        TrainingOutcome outcome = TrainingRunner.Run(question.Request, catalog);
        outcome = outcome with { Diagnostics = [.. problems, .. outcome.Diagnostics] };
        if (outcome.Report is null && !outcome.IsInfeasible)
            return context.RefuseInput(TrainingJson.Schema, outcome.Diagnostics);

        if (call.Arguments.Text("--timeline") is { } file && outcome.Report is { } timed && WriteTimeline(file, timed, catalog, context) is { } failure)
            return context.RefuseInput(TrainingJson.Schema, [failure]);

        if (call.Arguments.Text("--export-chakra") is { } folder && outcome.Report is { } exported && ExportTraces(folder, exported, catalog, context) is { } refusal)
            return context.RefuseInput(TrainingJson.Schema, [refusal]);

        LaunchText? launch = framework is not null && outcome.Report is { } launched ? LaunchAnswer.Of(framework, launched) : null;
        if (launch is not null)
            outcome = outcome with { Diagnostics = [.. outcome.Diagnostics, .. LaunchAnswer.Warnings(launch)] };
        if (context.IsJson)
        {
            TrainingJson.Write(context.Output, question, outcome, launch);
        }
        else
        {
            context.Report(outcome.Diagnostics);
            if (launch is not null)
                context.Output.Write(launch.Text);
            else if (outcome.Report is not null)
                TrainingText.Write(context.Output, context.Terminal, question, outcome.Report);
        }

        return outcome.IsInfeasible || outcome.Report is null || !outcome.Report.Memory.Fits ? ExitCode.AnswerIsNo : ExitCode.Done;
    }

    /// <summary>Writes the step as execution traces that replay on the same system as long as the step takes.</summary>
    private static Diagnostic? ExportTraces(string folder, TrainingReport report, DataCatalog catalog, CommandContext output)
    {
        Result<ClosedFormCollectives> opened = ClosedFormCollectives.Open(catalog.DataRoot, report.Request.System);
        if (opened.Value is not { } model)
            return opened.Diagnostics[0];
        try
        {
            if (StepTraces.Strangers(folder, report.Plan) is [{ } stranger, ..])
                return new(Severity.Error, ErrorCodes.CannotWrite, "--export-chakra", 0, 0, $"'{Quote.Argument(folder)}' holds {Quote.Argument(stranger)}, which a replay would read too; name an empty folder or a new one");
            ReplayFabric fabric = ReplayFabric.Of(report.Request.System, model, (ReplayNetwork)report.Request.Network, report.RanksPerChip);
            int files = StepTraces.Write(folder, TrainingRunner.ContextOf(report, catalog), report.Plan, fabric);
            output.Error.WriteLine($"orrery: one step is written to {Quote.Argument(folder)}, {(files == 1 ? "1 trace" : $"{files} traces")}; {CommandLine.Program} replay {Quote.Argument(folder)} --system {report.Request.System.Id} runs it");
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return new(Severity.Error, ErrorCodes.CannotWrite, "--export-chakra", 0, 0, $"'{Quote.Argument(folder)}' cannot be written: {Quote.Argument(failure.Message)}");
        }
    }

    /// <summary>Writes the step's timeline, over what the file held before; a device or a pipe may be named too, so nothing is renamed into place.</summary>
    private static Diagnostic? WriteTimeline(string file, TrainingReport report, DataCatalog catalog, CommandContext output)
    {
        TrainingRequest request = report.Request;
        TrainingContext? context = new TrainingContextFactory(catalog).Create(request.Model, request.System, request.Stack, report.RanksPerChip).Value;
        if (context is null)
            throw new InvalidOperationException("a plan that was priced cannot be drawn");
        try
        {
            if (file.EndsWith(".svg", StringComparison.OrdinalIgnoreCase))
            {
                context.Steps.Estimate(report.Plan, out _);
                Units.Seconds step = context.Run.Execute(context.Steps, report.Plan);
                string title = $"{request.Model.Name} on {request.System.Id}, {report.Plan.Schedule.Name}, {report.Plan.MicroBatches} micro-batches: one step";
                return PictureFile.Write(file, SchedulePicture.Draw(context, report.Plan, step, title), "--timeline", output);
            }

            using FileStream stream = File.Create(file);
            TraceEventWriter.Write(stream, StepTimeline.Of(context, report.Plan).AsSpan(), context.Run.Scale, properties:
            [
                new("model", request.Model.Name),
                new("system", request.System.Id),
                new("stack", request.Stack.Id),
            ]);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return new(Severity.Error, ErrorCodes.CannotWrite, "--timeline", 0, 0, $"'{Quote.Argument(file)}' cannot be written: {Quote.Argument(failure.Message)}");
        }

        output.Error.WriteLine($"orrery: one step is written to {Quote.Argument(file)}; ui.perfetto.dev opens it");
        return null;
    }
}
