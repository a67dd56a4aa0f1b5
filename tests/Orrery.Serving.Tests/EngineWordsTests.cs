using System.Text;
using Orrery.Catalog;
using Orrery.Models;
using Orrery.Serving;
using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Serving.Tests;

/// <summary>How people say what an engine does about proposed tokens, classes and the host's memory, and what comes of it in a whole run.</summary>
public sealed class EngineWordsTests
{
    private static readonly ServingContext Context = new(DataCatalog.Open(Bench.DataRoot()));

    private static ModelArchitecture Model(string name) => ModelLoader.Load(name, Bench.DataRoot()).Value!;

    private static Result<Speculation> Read(string text, string model = "llama-3.1-70b") =>
        SpeculationText.Read(text, Model(model), Context.Stacks.Stack("vllm").Value!, Bench.DataRoot(), 7);

    private static ServingRequest Request(string system = "dgx-h100", double rate = 30, int count = 200) => new()
    {
        Model = Model("llama-3.1-8b"),
        System = Context.Catalog.System(system).Value!,
        Stack = Context.Stacks.DefaultFor(Context.Catalog.System(system).Value!.Chip.Architecture).Value!,
        Chips = 1,
        TensorParallel = 1,
        Workload = new ServingWorkload(Bench.Random(5, count, rate, 400, 200), 0, 0, "test"),
    };

    private static ServingReport Run(ServingRequest request) => ServingRunner.Run(request, Context, hasInterval: false).Report.ShouldNotBeNull();

    [Fact]
    public void Speculation_is_read_and_filled_up_from_the_stack()
    {
        Speculation draft = Read("draft=llama-3.2-1b,tokens=5,acceptance=0.8").Value!;
        (draft.Draft.Name, draft.Tokens, draft.Acceptance, draft.IsOwnModules, draft.Seed).ShouldBe(("llama-3.2-1b", 5, 0.8, false, 7UL));
        Speculation modules = Read("heads=mtp", "deepseek-v3").Value!;
        EngineDefaults usual = Context.Stacks.Stack("vllm").Value!.Defaults;
        (modules.Tokens, modules.Acceptance, modules.IsOwnModules).ShouldBe((usual.DraftTokens, usual.Acceptance, true));
        usual.DraftTokens.ShouldBe(3);
    }

    [Theory]
    [InlineData("tokens=3", "nothing that proposes")]
    [InlineData("heads=mtp", "without prediction modules")]
    [InlineData("heads=eagle", "heads=mtp")]
    [InlineData("draft=llama-2-7b", "vocabulary of 32,000")]
    [InlineData("draft=llama-3.2-1b,tokens=0", "from 1 to")]
    [InlineData("draft=llama-3.2-1b,acceptance=1.2", "from 0 to 1")]
    [InlineData("draft=llama-3.2-1b,acceptence=1", "acceptance")]
    [InlineData("draft=llama-3.2-1x", "llama-3.2-1b")]
    [InlineData("draft=llama-3.2-1b,heads=mtp", "one of the two")]
    public void Speculation_that_cannot_be_is_said(string text, string expected)
    {
        Result<Speculation> read = Read(text);
        read.Value.ShouldBeNull();
        read.Diagnostics[0].Message.ShouldContain(expected);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("0.5:0,0.4:1")]
    [InlineData("0.5:0,0.5:16")]
    [InlineData("0.5:0,0.5:-1")]
    [InlineData("0:0,1:1")]
    public void Shares_that_cannot_be_are_said(string text) => PriorityShares.Parse(text).Value.ShouldBeNull();

    [Fact]
    public void Requests_are_dealt_to_classes_by_their_shares()
    {
        RequestTrace trace = PriorityShares.Parse("0.2:0,0.5:3,0.3:1").Value!.Deal(Bench.Random(1, 20_000), 4);
        trace.Classes.ShouldBe(4);
        int[] counts = new int[4];
        for (int request = 0; request < trace.Count; request++)
            counts[trace.PriorityOf(request)]++;
        counts[0].ShouldBeInRange(3800, 4200);
        counts[1].ShouldBeInRange(5800, 6200);
        counts[2].ShouldBe(0);
        counts[3].ShouldBeInRange(9800, 10_200);
    }

    [Fact]
    public void A_trace_says_the_classes_of_its_requests_in_a_column_or_a_key()
    {
        Result<RequestTrace> table = TraceReader.Read(new MemoryStream(Encoding.UTF8.GetBytes("TIMESTAMP,ContextTokens,GeneratedTokens,priority\n0,10,5,2\n2,20,6,\n1,30,7,1\n")), TraceLimits.Default, "t");
        RequestTrace sorted = table.Value!;
        Enumerable.Range(0, 3).Select(sorted.PriorityOf).ShouldBe([2, 1, 0]);
        sorted.Where(static (input, _) => input > 10).Classes.ShouldBe(2);
        sorted.Faster(2).PriorityOf(0).ShouldBe(2);
        RequestTrace lines = TraceReader.Read(
            new MemoryStream(Encoding.UTF8.GetBytes("{\"timestamp\":0,\"input_length\":10,\"output_length\":2,\"hash_ids\":[1],\"priority\":3}\n")), TraceLimits.Default, "t").Value!;
        lines.PriorityOf(0).ShouldBe(3);
        Result<RequestTrace> wrong = TraceReader.Read(new MemoryStream(Encoding.UTF8.GetBytes("TIMESTAMP,ContextTokens,GeneratedTokens,priority\n0,10,5,high\n")), TraceLimits.Default, "t");
        wrong.Value.ShouldBeNull();
        wrong.Diagnostics[0].Message.ShouldContain("'high'");
    }

    [Fact]
    public void A_whole_run_makes_as_many_tokens_an_iteration_as_acceptance_says()
    {
        Speculation speculation = SpeculationText.Read("draft=llama-3.2-1b,acceptance=0.7", Model("llama-3.1-8b"), Request().Stack, Bench.DataRoot(), 1).Value!;
        ServingReport plain = Run(Request());
        ServingReport proposing = Run(Request() with { Speculation = speculation });
        plain.Engine.TokensPerIteration.ShouldBeNull();
        // Ends of answers cut a run of accepted tokens short.
        proposing.Engine.TokensPerIteration!.Value.ShouldBe(speculation.TokensPerIteration, 0.1);
        proposing.Shares.Draft.ShouldBeGreaterThan(0);
        proposing.PerToken.Mean.ShouldBeLessThan(plain.PerToken.Mean);
        proposing.Memory.Weights.Value.ShouldBeGreaterThan(plain.Memory.Weights.Value);
    }

    [Fact]
    public void The_hosts_memory_is_a_chips_and_its_link_too()
    {
        ServingRequest request = Request() with { Swaps = true };
        ServingPlan plan = new() { TensorParallel = 4, Replicas = 2 };
        HostMemory usual = HostMemory.Of(request);
        usual.PerChip.ShouldBe(request.Stack.Defaults.SwapSpace);
        usual.KeepsPrompts.ShouldBeFalse();
        usual.BytesOf(request, plan).ShouldBe(4L << 30);
        usual.RateOf(request, plan).ShouldBe(64e9);
        usual.RateOf(request, plan with { PipelineParallel = 2 }).ShouldBe(32e9);
        usual.RateOf(request, plan with { DataParallel = 4 }).ShouldBe(256e9);
        HostMemory asked = HostMemory.Of(request with { HostCache = new Bytes(1e11), Swaps = false });
        (asked.Swaps, asked.KeepsPrompts, asked.PerChip).ShouldBe((false, true, new Bytes(1e11)));
        HostMemory.Of(request with { Swaps = false }).IsUsed.ShouldBeFalse();
        ServingRequest neuron = Request("trn3-gen2") with { Swaps = true };
        usual.RateOf(neuron, plan).ShouldBe(15.75e9 / neuron.System.Chip.RanksPerChip, 1);
    }

    [Fact]
    public void A_system_without_a_stated_host_link_keeps_nothing_there()
    {
        ServingRequest request = Request() with { Swaps = true };
        ServingRequest unknown = request with { System = request.System with { HostBandwidthPerChip = null } };
        ServingOutcome outcome = ServingRunner.Run(unknown, Context, hasInterval: false);
        outcome.Report.ShouldBeNull();
        outcome.Diagnostics[0].Code.ShouldBe(ServingCode.NoHostLink);
        ServingRunner.Run(unknown with { Swaps = false }, Context, hasInterval: false).Report.ShouldNotBeNull();
    }

    [Fact]
    public void Every_system_of_the_catalogue_states_its_host_link()
    {
        foreach (string id in Context.Catalog.SystemIds)
            Context.Catalog.System(id).Value!.HostBandwidthPerChip.ShouldNotBeNull(id);
    }

    [Fact]
    public void Classes_are_told_apart_in_the_report()
    {
        ServingRequest request = Request(rate: 3000, count: 400) with { MaxBatch = 16 };
        ServingReport report = Run(request with { Workload = request.Workload.With(static trace => PriorityShares.Parse("0.3:0,0.7:1").Value!.Deal(trace, 1)) });
        report.Engine.Classes.Length.ShouldBe(2);
        report.Engine.Classes.Sum(static one => one.Requests).ShouldBe(400);
        report.Engine.Classes[0].FirstToken.ShouldBeLessThan(0.7 * report.Engine.Classes[1].FirstToken);
        report.Engine.Classes[0].FirstTokenP90.ShouldBeGreaterThan(report.Engine.Classes[0].FirstToken);
        Run(request).Engine.Classes.ShouldBeEmpty();
    }
}
