using Orrery.Catalog;
using Orrery.Models;
using Orrery.Serving;
using Shouldly;
using Xunit;

namespace Orrery.Serving.Tests;

/// <summary>Tokens that are proposed and verified.</summary>
public sealed class SpeculationTests
{
    private const int Many = 4000;

    [Theory]
    [InlineData(3, 0.0)]
    [InlineData(3, 0.55)]
    [InlineData(3, 0.7)]
    [InlineData(1, 0.9)]
    [InlineData(7, 0.8)]
    [InlineData(3, 1.0)]
    public void Iterations_of_a_long_answer_are_those_of_the_geometric_sum(int tokens, double acceptance)
    {
        Speculation speculation = new() { Draft = Bench.Model(layers: 1), IsOwnModules = false, Tokens = tokens, Acceptance = acceptance };
        AcceptedTokens accepted = new(tokens, acceptance, 9);
        long iterations = 0;
        for (int request = 0; request < 50; request++)
            iterations += accepted.Iterations(request, 1, 1 + Many);
        (50.0 * Many / iterations).ShouldBe(speculation.TokensPerIteration, 0.01 * speculation.TokensPerIteration);
    }

    [Fact]
    public void A_request_that_is_cut_and_goes_on_takes_at_most_one_iteration_more()
    {
        AcceptedTokens accepted = new(3, 0.7, 5);
        for (int cut = 2; cut < 100; cut++)
        {
            int whole = accepted.Iterations(12, 1, 101);
            int parts = accepted.Iterations(12, 1, cut) + accepted.Iterations(12, cut, 101);
            parts.ShouldBeInRange(whole, whole + 1);
        }
    }

    [Fact]
    public void Draws_belong_to_the_seed_and_the_request()
    {
        AcceptedTokens one = new(3, 0.6, 1);
        AcceptedTokens other = new(3, 0.6, 2);
        Enumerable.Range(0, 20).Select(request => one.Iterations(request, 1, 500)).Distinct().Count().ShouldBeGreaterThan(5);
        Enumerable.Range(0, 20).Count(request => one.Iterations(request, 1, 500) != other.Iterations(request, 1, 500)).ShouldBeGreaterThan(10);
    }

    [Fact]
    public void A_request_alone_takes_its_drawn_iterations()
    {
        RequestTraceBuilder builder = new();
        builder.Add(0, 20, 40);
        AcceptedTokens accepted = new(3, 0.7, 4);
        IterationCost cost = Bench.Cost(proposed: 3);
        (RequestBook book, Replica[] engines) = Bench.Run(builder.ToTrace(), Bench.Options() with { Speculation = accepted }, cost: cost);
        int iterations = accepted.Iterations(0, 1, 40);
        iterations.ShouldBeInRange(10, 30);
        engines[0].Statistics.DecodeIterations.ShouldBe(iterations);
        engines[0].Statistics.SequenceIterations.ShouldBe(iterations);
        ((book.Finishes[0] - book.FirstTokens[0]) / RequestTrace.TicksPerSecond).ShouldBe(iterations * cost.Decode(1, 0).Total, 1e-9);
    }

    [Fact]
    public void An_iteration_verifies_all_proposed_tokens_and_runs_the_draft_for_each()
    {
        IterationCost plain = Bench.Cost();
        IterationCost proposing = Bench.Cost(proposed: 3);
        TimeShares one = plain.Decode(8, 4);
        TimeShares four = proposing.Decode(8, 4);
        OperatorTimes draft = proposing.Times.Draft!;
        WorkTimes whole = plain.Times.Linear(32);
        four.DecodeProducts.ShouldBe(whole.Products + whole.Elementwise + plain.Times.Head(32).Products, 1e-12);
        four.DecodeAttention.ShouldBeGreaterThanOrEqualTo(one.DecodeAttention);
        double step = draft.Linear(8).Execution + draft.Head(8).Execution + draft.Decode(8, 4).Execution;
        double first = draft.Linear(32).Execution + draft.Head(8).Execution + draft.Decode(8, 4).Execution;
        four.Draft.ShouldBe(first + (2 * step), 1e-12);
        one.Draft.ShouldBe(0);
    }

    [Fact]
    public void Prompts_pass_the_draft_too()
    {
        IterationCost plain = Bench.Cost();
        IterationCost proposing = Bench.Cost(proposed: 3);
        double more = proposing.Mixed(0, 0, 300, proposing.Prompt(300, 0), 1).Total - plain.Mixed(0, 0, 300, plain.Prompt(300, 0), 1).Total;
        OperatorTimes draft = proposing.Times.Draft!;
        more.ShouldBe(draft.Linear(300).Execution + draft.Prefill(300, 0).Execution, 1e-12);
    }

    [Fact]
    public void Better_acceptance_ends_answers_sooner()
    {
        RequestTrace trace = Bench.Random(2, count: 100, rate: 5);
        double last = double.PositiveInfinity;
        foreach (double acceptance in new[] { 0.0, 0.5, 0.8, 0.95 })
        {
            (RequestBook book, _) = Bench.Run(trace, Bench.Options() with { Speculation = new AcceptedTokens(3, acceptance, 1) });
            double mean = 0;
            for (int request = 0; request < book.Count; request++)
                mean += book.Finishes[request] - book.FirstTokens[request];
            mean.ShouldBeLessThan(last);
            last = mean;
        }
    }

    [Fact]
    public void Prediction_modules_are_layers_of_the_models_own()
    {
        ModelArchitecture model = ModelLoader.Load("deepseek-v3", Bench.DataRoot()).Value!;
        ModelArchitecture modules = Speculation.ModulesOf(model)!;
        modules.Layers.ShouldBe(1);
        modules.Layer(0).IsPredictionModule.ShouldBeTrue();
        Speculation.ModulesOf(Bench.Model()).ShouldBeNull();

        Speculation speculation = new() { Draft = modules, IsOwnModules = true, Tokens = 3, Acceptance = 0.6 };
        ServingPlan plan = new() { TensorParallel = 8, Replicas = 1 };
        // Its cache is one layer's beside 61.
        double own = new KvLayout(model, plan).BytesPerToken;
        new KvLayout(model, plan, speculation).BytesPerToken.ShouldBe(own * 62 / 61, own * 1e-9);
    }

    [Fact]
    public void What_proposes_takes_memory_of_the_model()
    {
        DataCatalog catalog = DataCatalog.Open(Bench.DataRoot());
        ModelArchitecture model = ModelLoader.Load("llama-3.1-70b", Bench.DataRoot()).Value!;
        ModelArchitecture small = ModelLoader.Load("llama-3.2-1b", Bench.DataRoot()).Value!;
        ChipDescription chip = catalog.System("dgx-h100").Value!.Chip;
        ServingPlan plan = new() { TensorParallel = 4, Replicas = 2 };
        Speculation speculation = new() { Draft = small, IsOwnModules = false, Tokens = 3, Acceptance = 0.6 };
        double without = ServingMemory.Of(model, plan, Bench.Stack(), chip, 1).Weights.Value;
        double with = ServingMemory.Of(model, plan, Bench.Stack(), chip, 1, speculation).Weights.Value;
        (with - without).ShouldBe(2.0 * ParameterCount.Of(small).Total / 4, 1e6);
    }
}
