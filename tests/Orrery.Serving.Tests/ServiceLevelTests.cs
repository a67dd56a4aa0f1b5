using Orrery.Catalog;
using Orrery.Models;
using Orrery.Serving;
using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Serving.Tests;

/// <summary>Levels that are missed, and whether what is said to help does.</summary>
public sealed class ServiceLevelTests
{
    private static readonly DataCatalog Catalog = DataCatalog.Open(Bench.DataRoot());

    private static ServingOutcome Serve(string level, double rate, int chips = 1, int? maxBatch = null, int output = 64)
    {
        SystemDescription machine = Catalog.System("dgx-h100").Value!;
        ServingCatalog stacks = new(Bench.DataRoot());
        ServingRequest request = new()
        {
            Model = ModelLoader.Load("llama-3.1-8b", Bench.DataRoot()).Value!,
            System = machine,
            Stack = stacks.DefaultFor(machine.Chip.Architecture).Value!,
            Chips = chips,
            MaxBatch = maxBatch,
            Workload = new ServingWorkload(SyntheticTrace.Create(new PoissonArrivals(), rate, 400, new LengthRange(2000, 0.5), new LengthRange(output, 0.5), 1), 0, 0, "test"),
            ServiceLevel = ServiceLevel.Parse(level).Value,
        };
        return ServingRunner.Run(request, new ServingContext(Catalog), hasInterval: false);
    }

    private static string Missed(ServingOutcome outcome)
    {
        outcome.IsNo.ShouldBeTrue();
        return outcome.Diagnostics.Single(static one => one.Code == ServingCode.SloMissed).Message;
    }

    [Theory]
    [InlineData("ttft=5ms", "ttft")]
    [InlineData("tpot=1ms", "tpot")]
    [InlineData("e2e=50ms", "e2e")]
    public void A_level_below_what_a_request_takes_alone_is_kept_by_no_load(string level, string limit)
    {
        string message = Missed(Serve(level, rate: 0.2));
        message.ShouldStartWith(limit + ":");
        message.ShouldContain("no load keeps it");
        Missed(Serve(level, rate: 60)).ShouldContain("no load keeps it");
    }

    [Theory]
    [InlineData("ttft=300ms", "ttft")]
    [InlineData("e2e=1500ms", "e2e")]
    public void More_replicas_help_where_prompts_wait_for_one_another(string level, string limit)
    {
        ServingOutcome one = Serve(level, rate: 40);
        string message = Missed(one);
        message.ShouldStartWith(limit + ":");
        message.ShouldNotContain("no load keeps it");
        message.ShouldContain("--replicas");
        Serve(level, rate: 40, chips: 8).Report!.Attainment!.All.ShouldBeGreaterThan(one.Report!.Attainment!.All + 0.2);
    }

    [Fact]
    public void A_larger_batch_helps_where_requests_wait_for_a_place_in_it()
    {
        ServingOutcome narrow = Serve("ttft=300ms", rate: 12, maxBatch: 4);
        string message = Missed(narrow);
        message.ShouldContain("a larger --max-batch");
        Serve("ttft=300ms", rate: 12, maxBatch: 64).Report!.Attainment!.All.ShouldBeGreaterThan(narrow.Report!.Attainment!.All + 0.2);
    }

    [Fact]
    public void A_smaller_batch_helps_where_tokens_take_too_long()
    {
        ServingOutcome wide = Serve("tpot=15ms", rate: 30, output: 200);
        Missed(wide).ShouldContain("a smaller --max-batch");
        Serve("tpot=15ms", rate: 30, maxBatch: 8, output: 200).Report!.Attainment!.All.ShouldBeGreaterThan(wide.Report!.Attainment!.All);
    }

    [Fact]
    public void The_worst_of_several_limits_is_named() =>
        Missed(Serve("ttft=10s,tpot=10ms,e2e=100s", rate: 20, output: 200)).ShouldStartWith("tpot:");

    [Fact]
    public void A_request_alone_takes_what_a_run_of_one_does()
    {
        // Requests so far apart that each has the engine alone: half of them take longer than the median, and no load changes that.
        ServingReport report = Serve("e2e=100s", rate: 0.01).Report!;
        Missed(Serve($"e2e={report.EndToEnd.P50 * 0.98:R}s,share=0.6", rate: 0.01)).ShouldContain("no load keeps it");
        Serve($"e2e={report.EndToEnd.P50 * 1.02:R}s,share=0.45", rate: 0.01).IsNo.ShouldBeFalse();
    }
}
