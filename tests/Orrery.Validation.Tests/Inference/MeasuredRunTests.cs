using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Serving;
using Orrery.Validation.Cases;
using Orrery.Validation.Csv;
using Orrery.Validation.Fitting;
using Orrery.Validation.Inference;
using Shouldly;
using Xunit;

namespace Orrery.Validation.Tests.Inference;

/// <summary>Runs of real engines: how they are read and replayed.</summary>
public sealed class MeasuredRunTests
{
    private const string Head = "request_id,input_toks,output_toks,arrival_s,queued_s,scheduled_s,first_token_s,last_token_s";

    private static readonly DataCatalog Catalog = DataCatalog.Open(DataCatalog.FindDataRoot());
    private static readonly Lazy<CaseFile<MeasuredRun>> Runs = new(() => MeasuredRun.Read(ValidationFiles.ServedRuns(Catalog.DataRoot)));

    private static (MeasuredRun? Run, int Mistakes) Read(params string[] lines)
    {
        using CsvReader reader = CsvReader.Of(new StringReader($"{Head}\n{string.Join('\n', lines)}\n"), "requests");
        MeasuredRun? run = MeasuredRun.ReadRequests(reader, Runs.Value.Cases[0].Case, 128, 2048);
        return (run, reader.MistakeCount);
    }

    [Fact]
    public void Requests_are_put_in_the_order_of_their_arrival_and_counted_from_the_first()
    {
        MeasuredRun run = Read("b,20,3,12.5,12.5,12.5,13.5,15.5", "a,10,5,10,10,10,10.5,12.5").Run.ShouldNotBeNull();
        run.Requests.Inputs.ToArray().ShouldBe([10, 20]);
        run.Requests.Arrivals.ToArray().ShouldBe([0L, 2_500_000_000_000L]);
        run.Times.ShouldBe([new RequestTimes(0.5, 0.5, 2.5), new RequestTimes(1, 1, 3)]);
        run.Duration.ShouldBe(5.5);
    }

    [Fact]
    public void An_answer_of_one_token_has_no_time_between_tokens()
    {
        MeasuredRun run = Read("a,10,1,0,0,0,0.5,0.5", "b,10,3,1,1,1,2,4").Run.ShouldNotBeNull();
        RunFigures figures = RunFigures.Of(run.Times, 4, run.Duration);
        figures.PerToken.ShouldBe(1);
        figures.FirstToken.ShouldBe(0.75);
        figures.EndToEnd.ShouldBe(1.75);
        figures.OutputTokensPerSecond.ShouldBe(1);
    }

    [Theory]
    [InlineData("a,10,5,10,10,10,9.5,12.5")]
    [InlineData("a,10,5,10,10,10,12.5,11.5")]
    [InlineData("a,10,,10,10,10,12.5,13.5")]
    [InlineData("a,10,5,10,10,10,soon,13.5")]
    public void A_request_that_cannot_be_is_an_error(string line)
    {
        (MeasuredRun? run, int mistakes) = Read(line);
        run.ShouldBeNull();
        mistakes.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void First_tokens_of_the_first_requests_are_counted_apart()
    {
        RequestTimes[] times = [.. Enumerable.Range(0, 40).Select(static request => new RequestTimes(request < RunFigures.Early ? 1 : 3, 1, 4))];
        RunFigures figures = RunFigures.Of(times, 40, 10);
        (figures.EarlyFirstToken, figures.FirstToken).ShouldBe((1, 2));
    }

    [Fact]
    public void The_published_runs_are_read_whole_and_replayed_whole()
    {
        Runs.Value.Diagnostics.ShouldBeEmpty();
        Runs.Value.Cases.Length.ShouldBe(3);
        InferencePredictor predictor = new(Catalog, InferenceRules.Load(Catalog.DataRoot).Value!);
        foreach (MeasuredRun run in Runs.Value.Cases)
        {
            run.Requests.Count.ShouldBe(run.Case.Requests!.Value);
            PreparedCase prepared = predictor.Prepare(run, out string why).ShouldNotBeNull(why);
            ServingRun replay = ServingRun.Of(prepared.Request, prepared.Plan, prepared.Memory, prepared.Times, predictor.Stacks.Generic(), 1);
            replay.OutputTokens.ShouldBe(run.Requests.TotalOutput);
            replay.Engines.Max(static engine => engine.Statistics.DecodeIterations).ShouldBeGreaterThan(0);
            replay.MeanDecoding.ShouldBeLessThanOrEqualTo(run.MaxSequences);
        }
    }

    [Theory]
    // A full cache: how much of it there is decides, which none of the three says.
    [InlineData("vllm-RTX4090-Llama-3.1-8B", 0.06)]
    [InlineData("vllm-RTXPRO6000-Llama-3.1-8B", 0.02)]
    [InlineData("vllm-RTXPRO6000-Qwen3-32B", 0.02)]
    public void Three_constants_of_its_own_reproduce_a_run(string name, double tolerance)
    {
        MeasuredRun run = Runs.Value.Cases.First(one => one.Case.Origin.Id == name);
        InferencePredictor predictor = new(Catalog, InferenceRules.Load(Catalog.DataRoot).Value!);
        PreparedCase prepared = predictor.Prepare(run, out _)!;
        ImmutableArray<ConstantRange> words = predictor.Stacks.Vocabulary();
        string[] free = ["prefillScale", "deviceScale", "attentionScale"];
        FitBound[] bounds = [.. words.Select(word => free.Contains(word.Name) ? new FitBound(word.Name, word.Low, word.High, word.Default) : new FitBound(word.Name, word.Default, word.Default))];
        RunFigures measured = RunFigures.Of(run.Times, run.Requests.TotalOutput, run.Duration);
        RunFigures Replay(ReadOnlySpan<double> constants)
        {
            Span<double> scaled = stackalloc double[ServingConstants.Count];
            for (int at = 0; at < scaled.Length; at++)
                scaled[at] = constants[at] * words[at].Scale;
            return RunFigures.Replay(prepared, new ServingConstants(scaled));
        }

        FitResult fit = BoundedFit.Minimise(
            4, bounds,
            (constants, errors) =>
            {
                RunFigures now = Replay(constants);
                errors[0] = Math.Log(now.PerToken / measured.PerToken);
                errors[1] = Math.Log(now.EndToEnd / measured.EndToEnd);
                errors[2] = Math.Log(now.FirstToken / measured.FirstToken);
                errors[3] = Math.Log(now.OutputTokensPerSecond / measured.OutputTokensPerSecond);
            },
            new FitOptions { Seed = 1, Starts = 1, MaximumIterations = 10 });
        RunFigures own = Replay([.. fit.Constants]);
        own.PerToken.ShouldBe(measured.PerToken, tolerance * measured.PerToken);
        own.EndToEnd.ShouldBe(measured.EndToEnd, tolerance * measured.EndToEnd);
        own.FirstToken.ShouldBe(measured.FirstToken, tolerance * measured.FirstToken);
        own.OutputTokensPerSecond.ShouldBe(measured.OutputTokensPerSecond, tolerance * measured.OutputTokensPerSecond);
    }

    [Fact]
    public void The_limits_of_the_engine_hold_in_the_replay()
    {
        MeasuredRun run = Runs.Value.Cases[1];
        InferencePredictor predictor = new(Catalog, InferenceRules.Load(Catalog.DataRoot).Value!);
        RunFigures wide = RunFigures.Replay(predictor.Prepare(run, out _)!, predictor.Stacks.Generic());
        RunFigures narrow = RunFigures.Replay(predictor.Prepare(run with { MaxSequences = 32 }, out _)!, predictor.Stacks.Generic());
        narrow.PerToken.ShouldBeLessThan(wide.PerToken);
        narrow.FirstToken.ShouldBeGreaterThan(wide.FirstToken);
    }
}
