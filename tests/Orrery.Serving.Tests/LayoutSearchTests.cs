using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Models;
using Orrery.Serving;
using Shouldly;
using Xunit;

namespace Orrery.Serving.Tests;

/// <summary>The best layout is the one that trying all of them by hand finds.</summary>
public sealed class LayoutSearchTests
{
    private static readonly DataCatalog Catalog = DataCatalog.Open(Bench.DataRoot());

    [Fact]
    public void Groups_need_be_no_power_of_two_where_heads_and_ranks_divide()
    {
        ImmutableArray<ServingPlan> layouts = PlanChoice.Layouts(Request("gpt-3-175b", "gb200-nvl72", 72), 1);
        int[] widths = [.. layouts.Select(static plan => plan.TensorParallel)];
        widths.ShouldContain(6);
        widths.ShouldContain(12);
        // 18 divides the rack but not the 96 heads; 5 neither.
        widths.ShouldNotContain(18);
        widths.ShouldBeUnique();
        layouts.ShouldAllBe(static plan => plan.RanksPerReplica * plan.Replicas <= 72 && plan.Replicas == 72 / plan.RanksPerReplica);
    }

    [Fact]
    public void Keys_and_values_that_a_width_would_tear_are_left_whole()
    {
        // 48 heads and 8 of keys and values: 6 and 12 divide the one and not the other.
        PlanChoice.Layouts(Request("mixtral-8x22b", "gb200-nvl72", 72), 1).Select(static plan => plan.TensorParallel).ShouldAllBe(static width => int.IsPow2(width) || width == 24);
    }

    [Fact]
    public void Mixtures_try_attention_and_experts_apart_and_dense_models_do_not()
    {
        ImmutableArray<ServingPlan> layouts = PlanChoice.Layouts(Request("gpt-oss-120b", "dgx-h100", 8), 1);
        layouts.ShouldContain(static plan => plan.TensorParallel == 1 && plan.DataParallel == 4 && plan.ExpertParallel == 4 && plan.Replicas == 2);
        layouts.ShouldContain(static plan => plan.TensorParallel == 8 && plan.ExpertParallel == 1);
        PlanChoice.Layouts(Request("llama-3.1-70b", "dgx-h100", 8), 1).ShouldAllBe(static plan => plan.DataParallel == 1 && plan.ExpertParallel == 1);
    }

    [Fact]
    public void Degrees_that_are_given_stand()
    {
        PlanChoice.Layouts(Request("gpt-oss-120b", "dgx-h100", 8) with { TensorParallel = 2, DataParallel = 2, ExpertParallel = 4, Replicas = 1 }, 1).ShouldHaveSingleItem()
            .ShouldSatisfyAllConditions(static plan => plan.RanksPerReplica.ShouldBe(4), static plan => plan.Replicas.ShouldBe(1), static plan => plan.ExpertParallel.ShouldBe(4));
    }

    [Fact]
    public void The_best_for_the_highest_rate_is_that_of_all_layouts_tried_by_hand()
    {
        ServingRequest request = Request("gpt-oss-20b", "dgx-h100", 2) with { ServiceLevel = ServiceLevel.Parse("ttft=500ms,tpot=8ms").Value };
        RatedRequests rated = new(Trace(1), 1, static _ => "test");
        ServingRequest asked = request with { Workload = rated.At(1) with { Rated = rated } };
        ServingOutcome best = ServingAnswer.Of(asked with { SeeksBestLayout = true, MaxBatch = 256 }, new ServingContext(Catalog));
        double most = 0;
        foreach (ServingPlan plan in PlanChoice.Layouts(asked, 1))
        {
            ServingRequest byHand = asked with
            {
                TensorParallel = plan.TensorParallel,
                DataParallel = plan.DataParallel,
                ExpertParallel = plan.ExpertParallel,
                MaxBatch = 256,
            };
            most = Math.Max(most, ServingAnswer.Of(byHand, new ServingContext(Catalog)).MaximumRate!.Rate ?? 0);
        }

        best.MaximumRate!.Rate!.Value.ShouldBe(most, 1e-9 * most);
        best.Tried.Length.ShouldBe(5);
        best.Tried[0].Plan.ShouldBe(best.Report!.Plan);
        best.Tried.Select(static one => one.MaximumRate).ShouldBeInOrder(SortDirection.Descending);
        best.Tried[^1].MaximumRate!.Value.ShouldBeLessThan(most);
        best.Report.Chosen.ShouldBe(["tp", "pp", "dp", "ep", "replicas"]);
    }

    [Fact]
    public void Requests_at_their_own_times_get_the_shortest_answers()
    {
        ServingRequest request = Request("llama-3.1-8b", "dgx-h100", 8) with { Workload = new ServingWorkload(Trace(4), 0, 0, "test") };
        ServingOutcome best = ServingAnswer.Of(request with { SeeksBestLayout = true }, new ServingContext(Catalog));
        best.Report!.EndToEnd.Mean.ShouldBeLessThan(ServingAnswer.Of(request, new ServingContext(Catalog)).Report!.EndToEnd.Mean);
        best.Tried.ShouldAllBe(one => one.EndToEnd >= best.Tried[0].EndToEnd);
    }

    [Fact]
    public void Clients_that_wait_get_the_most_tokens_and_the_batch_is_widened_for_them()
    {
        ServingRequest request = Request("llama-3.1-8b", "trn2.48xlarge", 1) with
        {
            Workload = new ServingWorkload(SyntheticTrace.Waiting(400, new LengthRange(256), new LengthRange(64), 1), 128, 0, "test"),
            TensorParallel = 4,
        };
        ServingOutcome best = ServingAnswer.Of(request with { SeeksBestLayout = true }, new ServingContext(Catalog));
        best.Tried[0].MaxBatch.ShouldBeGreaterThan(request.Stack.MaxBatch);
        best.Report!.OutputTokensPerSecond.ShouldBeGreaterThan(ServingAnswer.Of(request, new ServingContext(Catalog)).Report!.OutputTokensPerSecond);
        best.Report.Chosen.ShouldContain("max-batch");
    }

    [Fact]
    public void Where_nothing_fits_the_answer_is_no_and_says_why()
    {
        ServingOutcome outcome = ServingAnswer.Of(Request("llama-3.1-405b", "dgx-h100", 4) with { SeeksBestLayout = true }, new ServingContext(Catalog));
        outcome.IsNo.ShouldBeTrue();
        outcome.Diagnostics[0].Message.ShouldContain("do not fit");
        outcome.Tried.ShouldBeEmpty();
    }

    private static RequestTrace Trace(double rate) => SyntheticTrace.Create(new PoissonArrivals(), rate, 500, new LengthRange(512), new LengthRange(64), 1);

    private static ServingRequest Request(string model, string system, int chips)
    {
        SystemDescription machine = Catalog.System(system).Value!;
        return new ServingRequest
        {
            Model = ModelLoader.Load(model, Bench.DataRoot()).Value!,
            System = machine,
            Stack = new ServingCatalog(Bench.DataRoot()).DefaultFor(machine.Chip.Architecture).Value!,
            Chips = chips,
            Workload = new ServingWorkload(Trace(1), 0, 0, "test"),
        };
    }
}
