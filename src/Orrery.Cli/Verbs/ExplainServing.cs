using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Orrery.Catalog;
using Orrery.Cli.Arguments;
using Orrery.Cli.Reports;
using Orrery.Serving;

namespace Orrery.Cli.Verbs;

/// <summary><c>explain serve</c>: where every figure of a serving report came from, and where the time of an iteration goes.</summary>
public static class ExplainServing
{
    /// <summary>Answers a call of <c>explain</c> whose first word is <c>serve</c>.</summary>
    public static int Run(VerbCall call)
    {
        CommandContext context = call.Context;
        ReadOnlySpan<string> rest = CollectionsMarshal.AsSpan(call.Arguments.Operands)[1..];
        (ParsedArguments arguments, ImmutableArray<Diagnostic> wrong) = ArgumentReader.Read(ServeVerb.Describe(), rest);
        (ServingRequest? request, ServingContext serving, ImmutableArray<Diagnostic> problems) = ServeQuestionReader.Read(new(context, arguments, [.. rest], wrong));
        if (request is null)
            return context.RefuseInput(ExplainVerb.Schema, problems);
        ServingOutcome outcome = ServingAnswer.Of(request, serving);
        ImmutableArray<Diagnostic> all = [.. problems, .. outcome.Diagnostics];
        if (outcome.Report is not { Requests: > 0 } report)
        {
            if (!outcome.IsNo)
                return context.RefuseInput(ExplainVerb.Schema, all);
            if (context.IsJson)
                ServingExplanationJson.Write(context.Output, request, [], all);
            else
                context.Report(all);
            return ExitCode.AnswerIsNo;
        }

        ImmutableArray<ServingExplanation> explained = ServingExplanation.Of(report, serving);
        if (context.IsJson)
        {
            ServingExplanationJson.Write(context.Output, report.Request, explained, all);
        }
        else
        {
            context.Report(all);
            ServingExplanationText.Write(context.Output, context.Terminal, explained, string.Join(' ', rest.ToArray()));
        }

        return outcome.IsNo ? ExitCode.AnswerIsNo : ExitCode.Done;
    }
}
