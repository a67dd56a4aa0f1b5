using Orrery.Catalog;
using Orrery.Serving;
using Orrery.Validation.Cases;
using Orrery.Validation.Csv;
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

    [Fact]
    public void What_a_full_cache_holds_is_found_from_every_second_request()
    {
        // 41,150 tokens reproduce this run (a published simulation's); the engine prints no number of blocks.
        MeasuredRun run = Runs.Value.Cases.First(static one => one.Case.Origin.Id == "vllm-RTX4090-Llama-3.1-8B");
        InferencePredictor predictor = new(Catalog, InferenceRules.Load(Catalog.DataRoot).Value!);
        PreparedCase prepared = predictor.Prepare(run, out _)!;
        RunFit fit = RunFit.Of(prepared, run, predictor.Stacks.Generic(), predictor.Stacks.Vocabulary(), InferenceRecipes.Load(Catalog.DataRoot).Value!.Runs!);
        (fit.Memory.Cache.Value / new KvLayout(prepared.Request.Model, prepared.Plan).BytesPerToken).ShouldBe(41_150, 2_000);
        fit.Sigma.ShouldBeLessThan(0.01);
        fit.Constants[ServingConstant.HostPerIteration].ShouldBe(predictor.Stacks.Generic()[ServingConstant.HostPerIteration], 1e-12);
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
