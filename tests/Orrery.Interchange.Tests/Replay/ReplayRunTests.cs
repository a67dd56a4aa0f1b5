using System.Collections.Immutable;
using Orrery.Engine;
using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Interchange.Tests;

public sealed class ReplayRunTests
{
    [Fact]
    public void A_rank_computes_one_node_at_a_time_and_the_host_beside_it()
    {
        ReplayReport report = Jobs.Run(ReplayFabric.AsRecorded, new TraceBytes().Compute(1, 10).Compute(2, 20).Host(3, 5).Host(4, 40, 3).ToArray());
        report.Makespan.Value.ShouldBe(45e-6, 1e-12);
        report.Ranks[0].Compute.Value.ShouldBe(30e-6, 1e-12);
        report.Ranks[0].Host.Value.ShouldBe(15e-6, 1e-12);
        report.Ranks[0].Idle.ShouldBe(Seconds.Zero);
    }

    [Fact]
    public void A_collective_starts_when_its_last_member_has_come_and_who_waits_is_idle()
    {
        ReplayFabric ring = Jobs.Ring(2);
        ReplayReport report = Jobs.Run(
            ring,
            new TraceBytes().Compute(1, 100).Collective(2, ChakraCollective.AllReduce, 1 << 20, "", 1).ToArray(),
            new TraceBytes().Compute(1, 30).Collective(2, ChakraCollective.AllReduce, 1 << 20, "", 1).ToArray());
        double exchange = report.Exchanges.ShouldHaveSingleItem().Time.Value;
        report.Makespan.Value.ShouldBe(100e-6 + exchange, 1e-11);
        report.Ranks[0].Idle.Value.ShouldBe(0, 1e-12);
        report.Ranks[1].Idle.Value.ShouldBe(70e-6, 1e-12);
        report.Ranks[1].Communication.Value.ShouldBe(exchange, 1e-11);
        report.LimitingLink.ShouldStartWith("dimension 0");
    }

    [Fact]
    public void Communication_behind_computing_is_hidden()
    {
        ReplayReport report = Jobs.Run(
            Jobs.Ring(2),
            new TraceBytes().Compute(1, 5000).Collective(2, ChakraCollective.AllReduce, 1 << 20).ToArray(),
            new TraceBytes().Compute(1, 5000).Collective(2, ChakraCollective.AllReduce, 1 << 20).ToArray());
        report.Makespan.Value.ShouldBe(5e-3, 1e-12);
        report.Ranks[0].Communication.ShouldBe(Seconds.Zero);
        report.Ranks[0].HiddenCommunication.Value.ShouldBe(report.Exchanges[0].Time.Value, 1e-12);
    }

    [Fact]
    public void A_message_arrives_after_it_was_sent()
    {
        ReplayReport report = Jobs.Run(
            Jobs.Ring(2),
            new TraceBytes().Compute(1, 100).Send(2, 1, 1 << 20, 0, 1).ToArray(),
            new TraceBytes().Receive(1, 0, 1 << 20).Compute(2, 10, 1).ToArray());

        // 1 MiB at 1 GiB/s and one hop.
        double message = (1.0 / 1024) + 1e-6;
        report.Ranks[1].End.Value.ShouldBe(100e-6 + message + 10e-6, 1e-9);
        report.Slowest.ShouldBe(1);
        report.Ranks[1].Communication.Value.ShouldBe(message, 1e-9);
    }

    [Fact]
    public void Of_those_ready_the_first_of_the_program_goes_first()
    {
        ReplayReport report = Jobs.Run(ReplayFabric.AsRecorded, new TraceBytes().Compute(9, 10).Compute(3, 10).Compute(5, 10, 3).ToArray());
        report.Run.Start.ToArray().ShouldBe([20_000_000, 0, 10_000_000]);
    }

    [Fact]
    public void Groups_are_matched_each_by_itself()
    {
        const string Groups = """[{"pg_name": "a", "ranks": [0, 1]}, {"pg_name": "b", "ranks": [2, 3]}, {"pg_name": "all", "ranks": []}]""";
        byte[] First() => new TraceBytes().Groups(1, Groups).Collective(2, ChakraCollective.AllGather, 1 << 16, "a").Collective(3, ChakraCollective.AllReduce, 64, "all", 2).ToArray();
        byte[] Second() => new TraceBytes().Groups(1, Groups).Compute(5, 300).Collective(2, ChakraCollective.ReduceScatter, 1 << 10, "b", 5).Collective(3, ChakraCollective.AllReduce, 64, "all", 2).ToArray();
        ReplayReport report = Jobs.Run(Jobs.Ring(4), First(), First(), Second(), Second());
        report.Exchanges.Select(static sum => (sum.Kind, sum.Ranks, sum.Count)).ShouldBe(
            [(ChakraCollective.AllGather, 2, 1), (ChakraCollective.AllReduce, 4, 1), (ChakraCollective.ReduceScatter, 2, 1)], ignoreOrder: true);
        report.Ranks[0].Idle.Value.ShouldBeGreaterThan(200e-6);
    }

    [Fact]
    public void Collectives_in_another_order_on_each_rank_deadlock_and_say_who_waits_for_whom()
    {
        const string Groups = """[{"pg_name": "a", "ranks": [0, 1]}, {"pg_name": "b", "ranks": [1, 0]}]""";
        byte[] one = new TraceBytes().Groups(1, Groups).Collective(2, ChakraCollective.AllReduce, 64, "").Send(3, 1, 64, 0, 2).ToArray();
        byte[] other = new TraceBytes().Groups(1, Groups).Receive(3, 0, 64).Collective(2, ChakraCollective.AllReduce, 64, "", 3).ToArray();
        ReplayReport report = Jobs.Run(Jobs.Ring(2), one, other);
        report.Run.IsCompleted.ShouldBeFalse();
        report.Run.Deadlock.Select(report.Program.Describe).ToArray().ShouldBe(
            ["rank 0: node 2 (Collective 2)", "rank 1: node 2 (Collective 2)", "rank 1: node 3 (Receive 3)", "rank 0: node 3 (Send 3)"]);
    }

    [Fact]
    public void Ranks_that_disagree_are_all_named()
    {
        string told = string.Join('\n', Jobs.Refused(
            Jobs.Ring(4),
            new TraceBytes().Collective(1, ChakraCollective.AllReduce, 64).ToArray(),
            new TraceBytes().Collective(1, ChakraCollective.AllGather, 64).ToArray(),
            new TraceBytes().Collective(1, ChakraCollective.AllReduce, 128).ToArray(),
            new TraceBytes().Compute(1, 4).Compute(8, 3).Collective(9, ChakraCollective.AllReduce, 64, "tensor").ToArray()));
        told.ShouldContain("job.1.et: error ORR6209: rank 1: node 1 (Collective 1), collective 1 of all ranks, is AllGather; rank 0: node 1 (Collective 1) is AllReduce");
        told.ShouldContain("job.2.et: error ORR6209: rank 2: node 1 (Collective 1), collective 1 of all ranks, hands in 128 bytes; rank 0: node 1 (Collective 1) 64");
        told.ShouldContain("job.3.et: error ORR6209: rank 0: node 1 (Collective 1) is collective 1 of all ranks; rank 3 takes part in 0 of them and would be waited for");
        told.ShouldContain("job.3.et: error ORR6211: rank 3: node 9 (Collective 9) names group 'tensor', which neither the trace nor a file of groups (--groups) defines");
    }

    [Fact]
    public void Messages_that_do_not_meet_are_all_named()
    {
        string told = string.Join('\n', Jobs.Refused(
            Jobs.Ring(2),
            new TraceBytes().Send(1, 1, 64).Send(2, 1, 64, 5).Send(3, 7, 64).ToArray(),
            new TraceBytes().Receive(1, 0, 65).Receive(4, 0, 64, 9).ToArray()));
        told.ShouldContain("rank 1: node 1 (Receive 1) receives 65 bytes; rank 0: node 1 (Send 1) sends 64");
        told.ShouldContain("rank 0: node 2 (Send 2): rank 1 receives no such message (from rank 0, tag 5, number 1)");
        told.ShouldContain("rank 1: node 4 (Receive 4): rank 0 sends no such message (to rank 1, tag 9, number 1)");
        told.ShouldContain("rank 0: node 3 (Send 3) sends to rank 7; the job has 2 ranks");
    }

    [Fact]
    public void The_roofline_is_the_longer_of_operations_and_bytes()
    {
        ReplayFabric fabric = Jobs.Ring(2) with { Peak = new(1e12), MemoryBandwidth = new(1e9) };
        byte[] bytes = new TraceBytes()
            .Node(1, ChakraNodeType.Compute, [], ChakraAttribute.Of("num_ops", 1e9), ChakraAttribute.Of("tensor_size", 1000L))
            .Node(2, ChakraNodeType.Compute, [1], ChakraAttribute.Of("num_ops", 1e3), ChakraAttribute.Of("tensor_size", 5_000_000L))
            .ToArray();
        ReplayReport report = Jobs.Run(Jobs.Set(2, [bytes]), fabric);
        report.Makespan.Value.ShouldBe(1e-3 + 5e-3, 1e-12);
        Jobs.Refused(ReplayFabric.AsRecorded, bytes)[0].ShouldContain("states operations and no duration");
    }

    [Fact]
    public void One_trace_stands_for_all_ranks_of_the_job()
    {
        byte[] bytes = new TraceBytes().Compute(1, 10).Collective(2, ChakraCollective.AllReduce, 1 << 20, "", 1).ToArray();
        ReplayReport folded = Jobs.Run(Jobs.Set(8, [bytes]), Jobs.Ring(8));
        ReplayReport whole = Jobs.Run(Jobs.Ring(8), [.. Enumerable.Repeat(bytes, 8)]);
        folded.Makespan.ShouldBe(whole.Makespan);
        folded.Ranks[0].StandsFor.ShouldBe(8);
    }

    [Fact]
    public void The_recorded_step_computes_293_ms_and_hides_its_communication()
    {
        TraceSet set = TraceSet.Read(RepositoryData.PathOf("chakra/pytorch")).Value.ShouldNotBeNull();
        ReplayReport report = Jobs.Run(set, ReplayFabric.AsRecorded);
        report.Ranks[0].Compute.Value.ShouldBe(0.292828, 1e-9);
        (report.Ranks[0].Communication + report.Ranks[0].HiddenCommunication).Value.ShouldBe(0.036715, 1e-9);
        report.Makespan.Value.ShouldBeInRange(0.292828, 0.36);
    }

    [Fact]
    public void The_timeline_has_a_bar_for_every_node_that_takes_time_and_none_overlap_on_a_stream()
    {
        TraceSet set = TraceSet.Read(RepositoryData.PathOf("chakra/micro/custom")).Value.ShouldNotBeNull();
        ReplayReport report = Jobs.Run(set, Jobs.Ring(8));
        ImmutableArray<TimelineEvent> bars = ReplayTimeline.Of(report);
        bars.Length.ShouldBeGreaterThan(100);
        foreach (IGrouping<(int, string), TimelineEvent> row in bars.GroupBy(static bar => (bar.Stage, bar.Stream)))
        {
            long end = 0;
            foreach (TimelineEvent bar in row)
            {
                bar.StartTicks.ShouldBeGreaterThanOrEqualTo(end);
                end = bar.StartTicks + bar.DurationTicks;
            }
        }
    }

    [Fact]
    public void The_same_traces_give_the_same_run()
    {
        ReplayReport one = Jobs.Run(TraceSet.Read(RepositoryData.PathOf("chakra/micro/custom")).Value!, Jobs.Ring(8));
        ReplayReport other = Jobs.Run(TraceSet.Read(RepositoryData.PathOf("chakra/micro/custom/custom_allreduce")).Value!, Jobs.Ring(8));
        one.Run.Start.ToArray().ShouldBe(other.Run.Start.ToArray());
    }

    [Fact]
    public void Spoilt_jobs_are_refused_or_run_and_never_hang()
    {
        byte[][] job =
        [
            new TraceBytes().Compute(1, 5).Collective(2, ChakraCollective.AllReduce, 64, "", 1).Send(3, 1, 64, 0, 2).Receive(4, 1, 32, 1, 2).ToArray(),
            new TraceBytes().Compute(1, 5).Collective(2, ChakraCollective.AllReduce, 64, "", 1).Receive(3, 0, 64, 0, 2).Send(4, 0, 32, 1, 3).ToArray(),
        ];
        int ran = 0, stopped = 0;
        for (int round = 0; round < 2000; round++)
        {
            Random random = new(round);
            byte[] spoilt = [.. job[1]];
            for (int flip = 0; flip <= random.Next(2); flip++)
                spoilt[random.Next(spoilt.Length)] ^= (byte)(1 << random.Next(8));
            if (ChakraReader.Read(spoilt, "spoilt", 1).Value is not { } trace || ChakraReader.Read(job[0], "whole", 0).Value is not { } whole)
                continue;
            if (ReplayCompiler.Compile(new TraceSet([whole, trace], 2), Jobs.Ring(2)).Value is not { } program)
                continue;
            ReplayReport report = ReplayReport.Of(program);
            ran++;
            stopped += report.Run.IsCompleted ? 0 : 1;
            report.Run.Deadlock.IsEmpty.ShouldBe(report.Run.IsCompleted, $"round {round}");
        }

        ran.ShouldBeGreaterThan(100);
    }
}
