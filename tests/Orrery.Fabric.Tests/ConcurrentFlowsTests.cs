using Orrery.Catalog;
using Orrery.Operators;
using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Fabric.Tests;

public sealed class ConcurrentFlowsTests
{
    private static readonly Collective Gather = new(CollectiveKind.AllGather, new Bytes(8e9));

    private static readonly RankGroup Eight = new([8, 1], [1, 1]);

    [Fact]
    public void Two_that_use_the_same_ports_take_twice_as_long_and_each_alone_as_ever()
    {
        ConcurrentFlows flows = new(Flows());
        IReadOnlyList<ConcurrentAnswer> answers = flows.Run([new("one", Gather, Eight), new("two", Gather, Eight)])!;
        double transfer = 7.0 / 8 * 8e9 / 400e9, latency = 7e-6;
        foreach (ConcurrentAnswer answer in answers)
        {
            answer.Alone.Value.ShouldBe(transfer + latency, 1e-9);
            answer.Together.Value.ShouldBe((2 * transfer) + latency, transfer * 5e-3);
        }
    }

    [Fact]
    public void Jobs_in_servers_of_their_own_do_not_meet()
    {
        ConcurrentAnswer[] answers = [.. new ConcurrentFlows(Flows()).Run([new("one", Gather, Eight), new("two", Gather, Eight, First: 8)])!];
        answers[0].Together.Value.ShouldBe(answers[0].Alone.Value, answers[0].Alone.Value * 5e-3);
        answers[1].Together.Value.ShouldBe(answers[1].Alone.Value, answers[1].Alone.Value * 5e-3);
    }

    [Fact]
    public void A_load_behind_goes_on_until_the_others_have_ended()
    {
        Collective small = Gather with { Size = new Bytes(8e8) };
        ConcurrentAnswer[] answers = [.. new ConcurrentFlows(Flows()).Run([new("one", Gather, Eight), new("load", small, Eight, Repeats: true)])!];
        answers[1].Rounds.ShouldBeGreaterThan(5);
        answers[0].Together.Value.ShouldBe(2 * answers[0].Alone.Value, answers[0].Alone.Value * 0.05);
    }

    [Fact]
    public void Half_a_level_taken_by_others_doubles_the_transfer()
    {
        FabricGraph graph = new(Machines.Gpus(), 16, 1);
        graph.Occupy("server", 0.5).ShouldBeNull();
        graph.Occupy("sever", 0.5)!.ShouldContain("nearest is 'server'");
        double loaded = new FlowCollectives(graph, Libraries.Ideal(algorithms: "ring")).Run(Gather, Eight)!.Time.Value;
        loaded.ShouldBe((2 * 7.0 / 8 * 8e9 / 400e9) + 7e-6, 1e-9);
    }

    [Fact]
    public void An_even_matrix_is_an_exchange_and_a_full_row_fills_one_port()
    {
        SystemDescription system = Machines.Gpus();
        CommunicationLibrary library = Libraries.Ideal();
        FabricGraph graph = new(system, 8, 1);
        ClosedFormCollectives closed = new(system, library);
        double[,] even = new double[8, 8], row = new double[8, 8];
        for (int from = 0; from < 8; from++)
        {
            for (int to = 0; to < 8; to++)
                even[from, to] = 1e9;
            row[3, from] = 1e9;
        }

        (Seconds bound, Seconds formula, FlowAnswer flow) = MatrixExchange.Run(graph, closed, even)!.Value;
        flow.Time.Value.ShouldBe(new FlowCollectives(graph, library).Run(new Collective(CollectiveKind.AllToAll, new Bytes(8e9)), Eight)!.Time.Value, 1e-9);
        formula.Value.ShouldBe(flow.Time.Value, 1e-9);
        bound.ShouldBeLessThan(flow.Time);
        MatrixExchange.Run(graph, closed, row)!.Value.Flow.Time.Value.ShouldBe(flow.Time.Value, 1e-9);
        MatrixExchange.Run(graph, closed, row)!.Value.Flow.Bottleneck.ShouldBe("chip3/server out");
    }

    [Theory]
    [InlineData(8, 4, new[] { 8, 4 })]
    [InlineData(2, 16, new[] { 2, 16 })]
    public void A_job_may_have_so_many_chips_in_each_of_so_many_domains(int chips, int domains, int[] fanout)
    {
        RankGroup group = JobPlacement.InDomains(Machines.Gpus(), 1, chips, domains);
        group.Fanout.ShouldBe(fanout);
        group.Size.ShouldBe(chips * domains);
        JobPlacement.Packed(Machines.Gpus(), 1, 13).Fanout.ShouldBe([8, 2]);
        JobPlacement.Packed(Machines.Gpus(), 1, 13).Size.ShouldBe(13);
    }

    private static FlowCollectives Flows() => new(new FabricGraph(Machines.Gpus(), 16, 1), Libraries.Ideal(algorithms: "ring"));
}
