using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Models;
using Orrery.Serving;
using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Serving.Tests;

/// <summary>Whole questions on the catalogue's own data.</summary>
public sealed class ServingRunnerTests
{
    private static readonly DataCatalog Catalog = DataCatalog.Open(Bench.DataRoot());

    private static ServingRequest Request(string model = "llama-3.1-8b", string system = "dgx-h100", int chips = 1, double rate = 4, string? stack = null, int input = 512, int output = 64, int clients = 0)
    {
        SystemDescription machine = Catalog.System(system).Value!;
        ServingCatalog stacks = new(Bench.DataRoot());
        RequestTrace trace = clients > 0
            ? SyntheticTrace.Waiting(200, new LengthRange(input), new LengthRange(output), 1)
            : SyntheticTrace.Create(new PoissonArrivals(), rate, 200, new LengthRange(input), new LengthRange(output), 1);
        return new ServingRequest
        {
            Model = ModelLoader.Load(model, Bench.DataRoot()).Value!,
            System = machine,
            Stack = (stack is null ? stacks.DefaultFor(machine.Chip.Architecture) : stacks.Stack(stack)).Value!,
            Chips = chips,
            Workload = new ServingWorkload(trace, clients, 0, "test"),
        };
    }

    private static ServingReport Report(ServingRequest request)
    {
        ServingOutcome outcome = ServingRunner.Run(request, new ServingContext(Catalog));
        outcome.Report.ShouldNotBeNull(string.Join('\n', outcome.Diagnostics));
        return outcome.Report;
    }

    /// <summary>Operators of a mixture whose attention is data-parallel over <paramref name="ranks"/> ranks that share out the experts.</summary>
    private static OperatorTimes Mixture(int ranks, double imbalance = 1, double skew = 0.4, string system = "dgx-h100")
    {
        ServingRequest request = Request("gpt-oss-120b", system, ranks) with { ExpertImbalance = imbalance, ExpertSkew = skew };
        var plan = new ServingPlan
        {
            TensorParallel = 1, DataParallel = ranks, ExpertParallel = ranks, Replicas = 1, Precision = NumberFormat.Bf16, ExpertPrecision = NumberFormat.Mxfp4WeightOnly,
        };
        return new ServingContext(Catalog).Times(request, request.System, plan, 1).Value!;
    }

    [Fact]
    public void First_tokens_are_as_unsure_as_those_left_out_of_a_fit()
    {
        ServingRequest request = Request();
        CalibrationFit fit = request.Stack.FitFor(ModelClass.Dense, request.System.Chip).ShouldNotBeNull();
        ServingReport narrow = Report(request with { Stack = request.Stack with { Fits = [fit with { FirstTokenSigma = 1e-6 }] } });
        ServingReport wide = Report(request with { Stack = request.Stack with { Fits = [fit with { FirstTokenSigma = 0.7 }] } });
        double factor = EightyPercentInterval.Factor(0.7);
        wide.FirstToken.High.ShouldBe(wide.FirstToken.Mean * factor, 1e-9);
        wide.FirstToken.Low.ShouldBe(wide.FirstToken.Mean / factor, 1e-9);
        // Engines that may be slow make first tokens late whatever was measured of them.
        narrow.FirstToken.High.ShouldBeInRange(narrow.FirstToken.Mean * 1.01, wide.FirstToken.High * 0.9);
        wide.PerToken.High.ShouldBe(narrow.PerToken.High);
    }

    [Fact]
    public void Requests_wait_for_an_engine_that_begins_cold_and_for_its_graphs_where_none_is_kept()
    {
        ServingRequest request = Request(system: "trn3-gen2", stack: "vllm-neuron", clients: 1);
        ServingReport warm = Report(request);
        ServingStart start = ServingStart.Of(request, warm.Plan, warm.Memory).ShouldNotBeNull();
        // Prompts of 512 and answers of 64: lengths 128, 256, 512, 576; batches 1, 2, 4, 8 at the longest alone.
        start.Graphs.ShouldBe(4 + 4);
        start.Compile.Value.ShouldBe(8 * 32 * request.Stack.CompilePerLayer.Value, 1e-6);
        start.Load.Value.ShouldBe(warm.Memory.Weights.Value * warm.Plan.RanksPerReplica * warm.Plan.Replicas / request.Stack.LoadRate.Value, 1e-6);
        RequestBook Book(ColdBegin begin) => Report(request with { Begin = begin }).Book;
        const double Ticks = RequestTrace.TicksPerSecond;
        double first = warm.Book.FirstTokens[0] / Ticks;
        (Book(ColdBegin.Load).FirstTokens[0] / Ticks).ShouldBe(first + start.Load.Value, 1e-6);
        (Book(ColdBegin.Compile).FirstTokens[0] / Ticks).ShouldBe(first + start.Load.Value + start.Compile.Value, 1e-6);
        ServingStart.Of(Request(), warm.Plan, warm.Memory).ShouldBeNull();
    }

    [Fact]
    public void A_choice_that_does_nothing_is_told_and_one_that_does_something_is_not()
    {
        static string[] Idle(ServingRequest request) =>
            [.. ServingRunner.Run(request, new ServingContext(Catalog), hasInterval: false).Diagnostics.Where(static one => one.Code == ServingCode.IdleChoice).Select(static one => one.File)];

        Router router = new RoundRobin();
        Idle(Request() with { Router = router, Ageing = new Seconds(30), ExpertSkew = 0.3, ExpertImbalance = 1.5 }).ShouldBe(["--router", "--ageing", "--expert-skew", "--expert-imbalance"]);
        Idle(Request() with { HostCache = new Bytes(1e9) }).ShouldBe(["--host-cache"]);
        Idle(Request() with { HostCache = new Bytes(1e9), Swaps = true }).ShouldBeEmpty();
        Idle(Request() with { ExpertSkew = 0, ExpertImbalance = 1 }).ShouldBeEmpty();
        Idle(Request(chips: 2, clients: 4) with { Router = router, TensorParallel = 1 }).ShouldBe(["--router"]);
        Idle(Request(chips: 2) with { Router = router, TensorParallel = 1 }).ShouldBeEmpty();
        ServingRequest mixture = Request("gpt-oss-120b", chips: 4) with { ExpertSkew = 0.3, ExpertImbalance = 1.5, TensorParallel = 4 };
        Idle(mixture).ShouldBe(["--expert-imbalance"]);
        Idle(mixture with { ExpertParallel = 4 }).ShouldBeEmpty();
        ServingWorkload classes = mixture.Workload.With(static trace => PriorityShares.Parse("0.5:0,0.5:1").Value!.Deal(trace, 1));
        Idle(Request() with { Workload = classes, Ageing = new Seconds(30) }).ShouldBeEmpty();
    }

    [Fact]
    public void A_rank_whose_experts_are_chosen_more_often_is_waited_for_and_a_rank_alone_never()
    {
        OperatorTimes even = Mixture(4);
        OperatorTimes uneven = Mixture(4, imbalance: 1.5);
        OperatorTimes worst = Mixture(4, imbalance: 4);
        foreach (int tokens in new[] { 1, 16, 64, 300, 4096 })
        {
            uneven.Linear(tokens).Execution.ShouldBeGreaterThanOrEqualTo(even.Linear(tokens).Execution);
            worst.Linear(tokens).Execution.ShouldBeGreaterThanOrEqualTo(uneven.Linear(tokens).Execution);
        }

        worst.Linear(4096).Execution.ShouldBeGreaterThan(1.3 * even.Linear(4096).Execution);
        Mixture(1, imbalance: 4).Linear(300).ShouldBe(Mixture(1).Linear(300));
    }

    [Fact]
    public void Experts_chosen_unalike_are_fewer_in_a_small_batch()
    {
        OperatorTimes alike = Mixture(1, skew: 0);
        OperatorTimes unalike = Mixture(1, skew: 0.6);
        unalike.Linear(32).Memory.ShouldBeLessThan(0.9 * alike.Linear(32).Memory);
        // A single token reaches as many as it chooses.
        unalike.Linear(1).Memory.ShouldBe(alike.Linear(1).Memory, 1e-6 * alike.Linear(1).Memory);
    }

    [Fact]
    public void Tokens_are_exchanged_where_ranks_attend_apart_and_the_exchange_grows_with_them_and_with_imbalance()
    {
        Mixture(1).Linear(256).Collectives.ShouldBe(0);
        OperatorTimes times = Mixture(8);
        times.Linear(64).Collectives.ShouldBeGreaterThan(0);
        times.Linear(4096).Collectives.ShouldBeGreaterThan(2 * times.Linear(64).Collectives);
        Mixture(8, imbalance: 3).Linear(4096).Collectives.ShouldBeGreaterThanOrEqualTo(times.Linear(4096).Collectives);
    }

    public static TheoryData<string, string, int> Jobs() => new()
    {
        { "llama-3.1-70b", "trn3-gen2", 4 },
        { "llama-3.1-70b", "trn2.48xlarge", 16 },
        { "llama-3.1-70b", "dgx-h100", 8 },
        { "llama-3.1-70b", "gb200-nvl72", 4 },
        { "llama-3.1-8b", "tpu-v5e-pod", 4 },
    };

    [Theory]
    [MemberData(nameof(Jobs))]
    public void A_job_is_answered_and_its_figures_agree_with_each_other(string model, string system, int chips)
    {
        ServingReport report = Report(Request(model, system, chips, rate: 2));
        report.Requests.ShouldBe(200);
        report.FirstToken.P50.ShouldBeInRange(1e-3, 60);
        report.PerToken.Mean.ShouldBeInRange(1e-4, 1);
        report.FirstToken.P50.ShouldBeLessThanOrEqualTo(report.FirstToken.P90);
        report.FirstToken.P90.ShouldBeLessThanOrEqualTo(report.FirstToken.P99);
        report.PerToken.Low.ShouldBeLessThan(report.PerToken.Mean);
        report.PerToken.High.ShouldBeGreaterThan(report.PerToken.Mean);
        report.EndToEnd.Mean.ShouldBe(report.FirstToken.Mean + (63 * report.PerToken.Mean), 1e-6 * report.EndToEnd.Mean);
        report.OutputTokensPerSecond.ShouldBe(report.RequestsPerSecond * 64, 1e-6 * report.OutputTokensPerSecond);
        double busy = report.Utilization * report.EngineSeconds;
        report.Shares.Total.ShouldBe(busy, 1e-6 * busy);
        (report.Plan.RanksPerReplica * report.Plan.Replicas).ShouldBeLessThanOrEqualTo(chips * report.RanksPerChip);
        report.Energy.ChipPower.Value.ShouldBeLessThanOrEqualTo(report.Request.System.Chip.Power.Value.Value);
        report.Memory.Cache.Value.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void The_plan_is_the_narrowest_that_leaves_half_of_the_memory_to_the_cache()
    {
        Report(Request("llama-3.1-70b", chips: 8)).Plan.ShouldSatisfyAllConditions(
            static plan => plan.TensorParallel.ShouldBe(4), static plan => plan.Replicas.ShouldBe(2), static plan => plan.PipelineParallel.ShouldBe(1));
        Report(Request(chips: 8)).Plan.Replicas.ShouldBe(8);
        Report(Request("llama-3.1-405b", chips: 16)).Plan.PipelineParallel.ShouldBe(2);
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(200_001)]
    public void Figures_are_those_of_the_predicted_run_whatever_book_the_ends_of_the_interval_are_run_in(int requests)
    {
        ServingRequest request = Request() with
        {
            Workload = new ServingWorkload(SyntheticTrace.Create(new PoissonArrivals(), 50, requests, new LengthRange(64), new LengthRange(2), 1), 0, 0, "test"),
        };
        ServingReport alone = ServingRunner.Run(request, new ServingContext(Catalog), hasInterval: false).Report!;
        ServingReport report = Report(request);
        report.FirstToken.P99.ShouldBe(alone.FirstToken.P99);
        report.Book.Finishes.SequenceEqual(alone.Book.Finishes).ShouldBeTrue();
        report.FirstToken.High.ShouldBeGreaterThan(report.FirstToken.Mean);
        report.Utilization.ShouldBe(alone.Utilization);
    }

    [Fact]
    public void A_model_that_does_not_fit_is_no()
    {
        ServingOutcome outcome = ServingRunner.Run(Request("llama-3.1-405b", chips: 4), new ServingContext(Catalog));
        outcome.IsNo.ShouldBeTrue();
        outcome.Report.ShouldBeNull();
        outcome.Diagnostics[0].Message.ShouldContain("do not fit");
    }

    [Fact]
    public void A_degree_that_cannot_be_is_no()
    {
        ServingRunner.Run(Request() with { TensorParallel = 3, Chips = 8 }, new ServingContext(Catalog)).Diagnostics[0].Message.ShouldContain("--tp 3");
        ServingRunner.Run(Request() with { ExpertParallel = 2, Chips = 8 }, new ServingContext(Catalog)).Diagnostics[0].Message.ShouldContain("no experts");
        ServingRunner.Run(Request() with { Replicas = 3, Chips = 1 }, new ServingContext(Catalog)).IsNo.ShouldBeTrue();
    }

    [Fact]
    public void A_service_level_out_of_reach_is_missed_with_its_limit_named()
    {
        ServingRequest request = Request("llama-3.1-70b", chips: 8);
        ServingOutcome met = ServingRunner.Run(request with { ServiceLevel = ServiceLevel.Parse("ttft=5s,tpot=100ms").Value }, new ServingContext(Catalog));
        met.IsNo.ShouldBeFalse();
        met.Report!.Attainment!.All.ShouldBe(1);
        ServingOutcome missed = ServingRunner.Run(request with { ServiceLevel = ServiceLevel.Parse("ttft=5s,tpot=1ms").Value }, new ServingContext(Catalog));
        missed.IsNo.ShouldBeTrue();
        missed.Diagnostics.ShouldContain(static one => one.Code == ServingCode.SloMissed && one.Message.Contains("no load keeps it"));
    }

    [Fact]
    public void More_load_is_never_a_shorter_wait()
    {
        double slow = Report(Request(rate: 1)).FirstToken.Mean;
        double fast = Report(Request(rate: 200)).FirstToken.Mean;
        fast.ShouldBeGreaterThan(slow);
    }

    [Fact]
    public void A_doubled_rate_of_waiting_clients_doubles_what_is_in_flight()
    {
        ServingReport few = Report(Request(clients: 4));
        ServingReport many = Report(Request(clients: 64));
        many.OutputTokensPerSecond.ShouldBeGreaterThan(3 * few.OutputTokensPerSecond);
        many.PerToken.Mean.ShouldBeGreaterThan(few.PerToken.Mean);
    }

    [Fact]
    public void A_stack_of_another_architecture_is_refused()
    {
        ServingOutcome outcome = ServingRunner.Run(Request("llama-3.1-8b", "trn2.48xlarge", 16, stack: "vllm"), new ServingContext(Catalog));
        outcome.Report.ShouldBeNull();
        outcome.Diagnostics[0].Code.ShouldBe(ServingCode.UnknownStack);
    }

    [Fact]
    public void Every_stack_of_the_data_folder_can_be_read_and_has_every_constant()
    {
        ServingCatalog stacks = new(Bench.DataRoot());
        stacks.Ids.Length.ShouldBeGreaterThanOrEqualTo(5);
        foreach (string id in stacks.Ids)
        {
            Result<ServingStack> stack = stacks.Stack(id);
            stack.Value.ShouldNotBeNull(string.Join('\n', stack.Diagnostics));
        }

        stacks.Vocabulary().Select(static word => word.Name).ShouldBe(Enum.GetValues<ServingConstant>().Select(ServingConstants.NameOf));
        stacks.Stack("vlm").Diagnostics[0].Message.ShouldContain("vllm");
        stacks.Stack("vllm-0.19").Value!.Id.ShouldBe("vllm");
    }

    [Fact]
    public void Percentiles_are_values_that_were_seen()
    {
        Distribution d = Distribution.Of([5, 1, 4, 2, 3, 6, 7, 8, 9, 10]);
        (d.Mean, d.P50, d.P90, d.P99).ShouldBe((5.5, 5, 9, 10));
        double.IsNaN(Distribution.Of([]).Mean).ShouldBeTrue();
    }

    [Theory]
    [InlineData("ttft=2s,tpot=50ms", 2, 0.05, 0.9)]
    [InlineData("tpot=0.02, ttft=1500ms, share=0.99", 1.5, 0.02, 0.99)]
    public void A_service_level_is_read(string text, double first, double each, double share)
    {
        ServiceLevel level = ServiceLevel.Parse(text).Value!;
        level.FirstToken!.Value.Value.ShouldBe(first, 1e-12);
        level.PerToken!.Value.Value.ShouldBe(each, 1e-12);
        level.Share.ShouldBe(share);
    }

    [Theory]
    [InlineData("")]
    [InlineData("tppt=5ms")]
    [InlineData("ttft=-1s")]
    [InlineData("ttft=fast")]
    [InlineData("ttft=1s,share=2")]
    [InlineData("share=0.9")]
    public void A_service_level_that_is_none_is_refused(string text) => ServiceLevel.Parse(text).Diagnostics[0].Code.ShouldBe(ServingCode.BadSlo);

    [Fact]
    public void The_first_token_waits_for_those_it_travels_with()
    {
        RequestTraceBuilder builder = new();
        builder.Add(0, 10, 11);
        RequestBook book = new(builder.ToTrace());
        book.Trace.Count.ShouldBe(1);
        (RequestBook run, _) = Bench.Run(builder.ToTrace(), Bench.Options());
        RequestTimes alone = RequestTimes.Of(run, 0, 0, 1);
        RequestTimes.Of(run, 0, 0.01, 1).FirstToken.ShouldBe(alone.FirstToken + 0.01, 1e-12);
        RequestTimes.Of(run, 0, 0, 5).FirstToken.ShouldBe(alone.FirstToken + (4 * alone.PerToken), 1e-12);
        RequestTimes.Of(run, 0, 0, 50).FirstToken.ShouldBe(alone.FirstToken + (10 * alone.PerToken), 1e-12);
    }

    [Fact]
    public void One_line_a_request_is_written()
    {
        (RequestBook run, _) = Bench.Run(Bench.Random(1, count: 3), Bench.Options());
        StringWriter text = new() { NewLine = "\n" };
        RequestCsv.Write(text, run);
        ImmutableArray<string> lines = [.. text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)];
        lines.Length.ShouldBe(4);
        lines[1].ShouldStartWith("0,");
        lines[1].Split(',').Length.ShouldBe(6);
    }
}
