using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Orrery.Catalog;
using Orrery.Interchange.Launch;
using Orrery.Serving;
using Orrery.Training;
using Orrery.Units;

namespace Orrery.Cli.Reports;

/// <summary>The plan of a report as launch arguments of a framework (<c>--launch</c>), of training or of serving.</summary>
public static class LaunchAnswer
{
    /// <summary>The framework of that word; null with a complaint where there is none.</summary>
    public static LaunchFramework? Find(string word, ICollection<Diagnostic> problems)
    {
        LaunchFramework? framework = LaunchFramework.Find(word);
        if (framework is null)
            problems.Add(Unknown(word, [.. LaunchFramework.All.Select(static one => one.Name)]));
        return framework;
    }

    /// <summary>The serving framework of that word; null with a complaint where there is none.</summary>
    public static EngineFramework? FindEngine(string word, ICollection<Diagnostic> problems)
    {
        EngineFramework? framework = EngineFramework.Find(word);
        if (framework is null)
            problems.Add(Unknown(word, [.. EngineFramework.All.Select(static one => one.Name)]));
        return framework;
    }

    private static Diagnostic Unknown(string word, string[] names) => new(
        Severity.Error, ErrorCodes.WrongValue, "--launch", 0, 0, $"found '{Quote.Argument(word)}'; expected one of {string.Join(", ", names)}{EditDistance.Hint(word, names)}");

    /// <summary>The arguments, under a comment that says what they were found for.</summary>
    public static LaunchText Of(LaunchFramework framework, TrainingReport report)
    {
        TrainingRequest request = report.Request;
        LaunchJob job = LaunchJob.Of(request.Model, request.System, request.Chips, request.Lnc);
        string fits = report.Memory.Fits ? "" : "; DOES NOT FIT in memory";
        return framework.Write(report.Plan, job, [string.Create(
            CultureInfo.InvariantCulture,
            $"{request.Model.Name} on {request.System.Id}, {request.Chips} chips, {report.Ranks} ranks: {report.StepTime.Value:G4} s a step ({report.StepTimeLow.Value:G4} to {report.StepTimeHigh.Value:G4}){fits}; for {framework.Release}")]);
    }

    /// <summary>The arguments of serving engines, under a comment that says what they were found for.</summary>
    public static LaunchText Of(EngineFramework framework, ServingReport report)
    {
        if (report.Pools is not { } pools)
            return Of(framework, report, report, "", []);
        // A command for each pool; what joins them is told to both by flags that differ by release, and is named.
        const string Joined = "the way between the pools; each command serves alone until it is told of the other";
        LaunchText prompts = Of(framework, pools.Prompts, report, "prefill: ", [Joined]);
        LaunchText answers = Of(framework, pools.Answers, report, "decode: ", [Joined]);
        return new LaunchText(
            framework.Name, framework.Release, prompts.Text + "\n" + answers.Text,
            [.. Prefixed("prefill.", prompts.Arguments), .. Prefixed("decode.", answers.Arguments)], [.. prompts.Gaps, .. answers.Gaps], [.. prompts.Remarks, .. answers.Remarks]);

        static IEnumerable<KeyValuePair<string, string>> Prefixed(string prefix, IEnumerable<KeyValuePair<string, string>> arguments) =>
            arguments.Select(one => new KeyValuePair<string, string>(prefix + one.Key, one.Value));
    }

    /// <summary>The arguments of one pool of <paramref name="whole"/>, or of all of it.</summary>
    private static LaunchText Of(EngineFramework framework, ServingReport report, ServingReport whole, string pool, ImmutableArray<string> unstated)
    {
        ServingRequest request = report.Request;
        EngineJob job = new(request.Model, request.System, request.Stack, request.Chips, request.Lnc);
        EngineSetup setup = job.Usual with
        {
            Plan = report.Plan,
            MaxBatch = request.MaxBatch ?? request.Stack.MaxBatch,
            TokenBudget = request.TokenBudget ?? request.Stack.TokenBudget,
            ContextTokens = request.ContextTokens ?? request.Model.MaxPositions,
            Batching = request.Batching?.Name ?? request.Stack.Batching,
            Router = request.Router?.Name ?? Routers.All[0].Name,
            CachesPrefixes = request.CachesPrefixes,
            Unstated = [.. EngineReport.Ways(request), .. unstated],
        };
        string engine = request.Stack.Id == framework.Stack ? "" : $"; PREDICTED FOR {request.Stack.Name}";
        return framework.Write(setup, job, [
            string.Create(
                CultureInfo.InvariantCulture,
                $"{pool}{request.Model.Name} on {request.System.Id}, {request.Chips} chips, {job.Ranks} ranks; for {framework.Release}{engine}"),
            $"{request.Workload.Source}: TTFT {ServingText.Time(whole.FirstToken.Mean)}, TPOT {ServingText.Time(whole.PerToken.Mean)}, {Quantity.FormatNumber(whole.OutputTokensPerSecond, 4)} tokens/s out"]);
    }

    /// <summary>What the framework cannot state, as warnings.</summary>
    public static ImmutableArray<Diagnostic> Warnings(LaunchText launch) =>
        [.. launch.Gaps.DistinctBy(static gap => gap.Message).Select(static gap => new Diagnostic(Severity.Warning, LaunchCodes.NotExpressed, "--launch", 0, 0, $"cannot state {gap.Message}"))];

    /// <summary>The key <c>launch</c>; null where it was not asked for.</summary>
    public static void Write(Utf8JsonWriter writer, LaunchText? launch)
    {
        if (launch is null)
        {
            writer.WriteNull("launch");
            return;
        }

        writer.WriteStartObject("launch");
        writer.WriteString("framework", launch.Framework);
        writer.WriteString("release", launch.Release);
        writer.WriteString("text", launch.Text);
        writer.WriteStartObject("arguments");
        foreach ((string key, string value) in launch.Arguments)
            writer.WriteString(key, value);
        writer.WriteEndObject();
        writer.WriteStartArray("notExpressed");
        foreach (LaunchGap gap in launch.Gaps)
        {
            writer.WriteStartObject();
            writer.WriteString("entry", gap.Entry);
            writer.WriteString("message", gap.Message);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("remarks");
        foreach (string remark in launch.Remarks)
            writer.WriteStringValue(remark);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
