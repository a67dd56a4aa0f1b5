using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Cli.Arguments;
using Orrery.Cli.Reports;
using Orrery.Interchange.Launch;
using Orrery.Serving;

namespace Orrery.Cli.Verbs;

/// <summary><c>serve</c>: requests through serving engines on a system.</summary>
public static class ServeVerb
{
    public static VerbDescription Describe() => new("serve", "serve requests: latency, throughput, energy, dollars per million tokens", ServingJson.Schema)
    {
        Flags = ServeFlags.All,
        Examples =
        [
            ("serve --model llama-3.1-70b --system dgx-h100 --chips 8 --rate 4", "two replicas, chosen; four requests a second"),
            ("serve --model llama-3.1-70b --system dgx-h100 --chips 8 --trace requests.csv", "requests of a file, at its times"),
            ("serve --model llama-3.1-70b --system trn3-gen2 --chips 4 --concurrency 64", "64 clients that wait for answers"),
            ("serve --model llama-3.1-70b --system dgx-h100 --chips 8 --rate max --slo tpot=50ms", "the highest rate that keeps a service level"),
            ("serve --model llama-3.1-8b --system gb200-nvl72 --chips 4 --rate 20 --slo ttft=1s --json", "a service level, for a program"),
            ("serve --model flux.1-dev --system trn3-gen2 --chips 4 --rate 0.2 --steps 50", "jobs of a network that makes images"),
            ("serve --model llama-3.1-70b --system dgx-h100 --chips 8 --rate 4 --launch sglang", "the plan as arguments of an engine, ready to paste"),
        ],
        Notes = "Names of models, systems and stacks may be paths. Layout that is left out is chosen and printed. Exit code 1 means that the model does not fit, "
            + "that no layout is legal, or that the service level is missed; the limit is named.",
        Run = Run,
    };

    private static int Run(VerbCall call)
    {
        CommandContext output = call.Context;
        if (GenerationAnswer.Run(call) is { } code)
            return code;
        (ServingRequest? request, ServingContext context, ImmutableArray<Diagnostic> problems) = ServeQuestionReader.Read(call);
        EngineFramework? framework = null;
        if (call.Arguments.Text("--launch") is { } word)
        {
            List<Diagnostic> wrong = [];
            framework = LaunchAnswer.FindEngine(word, wrong);
            if (framework is null)
                return output.RefuseInput(ServingJson.Schema, [.. problems, .. wrong]);
        }

        if (request is null)
            return output.RefuseInput(ServingJson.Schema, problems);
        ServingOutcome outcome = ServingAnswer.Of(request, context);
        outcome = outcome with { Diagnostics = [.. problems, .. outcome.Diagnostics] };
        if (outcome.Report is null && !outcome.IsNo)
            return output.RefuseInput(ServingJson.Schema, outcome.Diagnostics);
        if (outcome.Report is { } written && ServeFiles.Write(call.Arguments, written, context, output) is { } failure)
            return output.RefuseInput(ServingJson.Schema, [failure]);
        LaunchText? launch = framework is not null && outcome.Report is { } launched ? LaunchAnswer.Of(framework, launched) : null;
        if (launch is not null)
            outcome = outcome with { Diagnostics = [.. outcome.Diagnostics, .. LaunchAnswer.Warnings(launch)] };
        if (output.IsJson)
        {
            ServingJson.Write(output.Output, request, call.Given, outcome, launch);
        }
        else
        {
            output.Report(outcome.Diagnostics);
            if (launch is not null)
                output.Output.Write(launch.Text);
            else if (outcome.Report is { } report)
                ServingText.Write(output.Output, output.Terminal, report, outcome);
        }

        return outcome.IsNo ? ExitCode.AnswerIsNo : ExitCode.Done;
    }
}
