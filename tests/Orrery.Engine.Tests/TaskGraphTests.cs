using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace Orrery.Engine.Tests;

public sealed class TaskGraphTests
{
    private static readonly StreamId Compute = new(0);
    private static readonly StreamId Network = new(1);

    [Fact]
    public void A_stream_executes_its_tasks_one_after_the_other()
    {
        TaskGraph graph = new();
        graph.AddTask(Compute, 3);
        graph.AddTask(Compute, 0);
        graph.AddTask(Compute, 4);

        (long[] start, long[] end) = Run(graph);
        start.ShouldBe([0, 3, 3]);
        end.ShouldBe([3, 3, 7]);
    }

    [Fact]
    public void A_task_waits_for_its_stream_its_dependencies_and_their_lags()
    {
        TaskGraph graph = new();
        TaskId forward = graph.AddTask(Compute, 10);
        TaskId send = graph.AddTask(Network, 4);
        TaskId other = graph.AddTask(Compute, 2);
        TaskId receive = graph.AddTask(new StreamId(2), 1);
        graph.AddDependency(forward, send);
        graph.AddDependency(send, receive, lagTicks: 5);
        graph.AddDependency(other, receive);

        (long[] start, long[] end) = Run(graph);
        start.ShouldBe([0, 10, 10, 19]);
        end.ShouldBe([10, 14, 12, 20]);
    }

    [Fact]
    public void The_makespan_is_the_end_of_the_last_task_and_an_empty_graph_takes_no_time()
    {
        TaskGraph graph = new();
        TaskGraphRun run = new();
        run.Execute(graph).ShouldBe(RunStatus.Completed);
        run.Makespan.ShouldBe(0);

        graph.AddTask(Compute, 9);
        graph.AddTask(Network, 4);
        run.Execute(graph).ShouldBe(RunStatus.Completed);
        run.Makespan.ShouldBe(9);
        run.End.ToArray().ShouldBe([9, 4]);
    }

    [Fact]
    public void One_forward_one_backward_has_the_textbook_bubble()
    {
        // p stages, m micro-batches, forward f, backward b, no communication: (m + p - 1)(f + b).
        const int stages = 4, batches = 8, forward = 10, backward = 20;
        (TaskGraph graph, _) = Pipelines.OneForwardOneBackward(stages, batches, forward, backward, hop: 0);
        TaskGraphRun run = new();
        run.Execute(graph).ShouldBe(RunStatus.Completed);
        run.Makespan.ShouldBe((batches + stages - 1) * (forward + backward));

        long[] busy = new long[graph.StreamCount];
        TaskGraphRun.BusyTicks(graph, busy);
        busy.ShouldAllBe(ticks => ticks == batches * (forward + backward));
    }

    [Fact]
    public void A_changed_duration_changes_the_next_run_only_by_what_it_delays()
    {
        (TaskGraph graph, TaskId[] forwards) = Pipelines.OneForwardOneBackward(4, 8, 10, 20, hop: 1);
        TaskGraphRun run = new();
        run.Execute(graph);
        long before = run.Makespan;
        graph.SetDuration(forwards[0], 17);
        graph.Duration(forwards[0]).ShouldBe(17);
        run.Execute(graph);
        run.Makespan.ShouldBe(before + 7);
    }

    [Fact]
    public void A_circle_of_dependencies_is_reported_with_who_waits_for_whom()
    {
        // Both stages receive before they send: the classic mistake.
        TaskGraph graph = new();
        TaskId leftReceives = graph.AddTask(Compute, 1);
        TaskId leftSends = graph.AddTask(Compute, 1);
        TaskId rightReceives = graph.AddTask(Network, 1);
        TaskId rightSends = graph.AddTask(Network, 1);
        TaskId bystander = graph.AddTask(new StreamId(2), 5);
        TaskId victim = graph.AddTask(new StreamId(2), 5);
        graph.AddDependency(leftSends, rightReceives);
        graph.AddDependency(rightSends, leftReceives);
        graph.AddDependency(leftReceives, victim);

        TaskGraphRun run = new();
        run.Execute(graph).ShouldBe(RunStatus.Deadlocked);
        run.Start.ToArray().ShouldBe([-1, -1, -1, -1, 0, -1]);
        run.End[bystander.Value].ShouldBe(5);
        run.Makespan.ShouldBe(5);
        run.FindDeadlock(graph).ShouldBe(
        [
            new Wait(leftReceives, rightSends, rightReceives),
            new Wait(rightReceives, leftSends, leftReceives),
        ]);
    }

    [Fact]
    public void A_task_that_waits_for_its_own_stream_is_a_circle_of_one()
    {
        TaskGraph graph = new();
        TaskId first = graph.AddTask(Compute, 1);
        TaskId second = graph.AddTask(Compute, 1);
        graph.AddDependency(second, first);

        TaskGraphRun run = new();
        run.Execute(graph).ShouldBe(RunStatus.Deadlocked);
        run.FindDeadlock(graph).ShouldBe([new Wait(first, second, first)]);
    }

    [Fact]
    public void A_graph_that_runs_has_no_deadlock_to_report()
    {
        (TaskGraph graph, _) = Pipelines.OneForwardOneBackward(3, 5, 2, 4, hop: 1);
        new TaskGraphRun().FindDeadlock(graph).ShouldBe(ImmutableArray<Wait>.Empty);
    }

    [Fact]
    public void The_critical_path_adds_up_to_the_makespan()
    {
        (TaskGraph graph, _) = Pipelines.OneForwardOneBackward(4, 6, 10, 20, hop: 3);
        TaskGraphRun run = new();
        run.Execute(graph);
        TaskId[] path = new TaskId[graph.TaskCount];
        int length = run.CriticalPath(graph, run.Start, run.End, path);

        long[] start = run.Start.ToArray(), end = run.End.ToArray();
        end[path[0].Value].ShouldBe(run.Makespan);
        start[path[length - 1].Value].ShouldBe(0);
        for (int i = 1; i < length; i++)
        {
            // From one task to the one it held up: at once, or after the flight of a message to another stage.
            long gap = start[path[i - 1].Value] - end[path[i].Value];
            bool sameStream = graph.Stream(path[i]) == graph.Stream(path[i - 1]);
            gap.ShouldBeOneOf(sameStream ? [0L] : [3L, 0L]);
        }
    }

    [Fact]
    public void Labels_and_streams_come_back_as_given()
    {
        TaskGraph graph = new();
        graph.AddTask(Compute, 1);
        TaskId task = graph.AddTask(new StreamId(9), 2, kind: 3, label: 11, index: 5);
        graph.Kind(task).ShouldBe((byte)3);
        graph.Labels(task).ShouldBe((11, 5));
        graph.Stream(task).ShouldBe(new StreamId(9));
        graph.StreamCount.ShouldBe(10);
    }

    [Fact]
    public void A_cleared_graph_remembers_nothing()
    {
        TaskGraph graph = new();
        TaskId a = graph.AddTask(Compute, 5);
        TaskId b = graph.AddTask(Network, 5);
        graph.AddDependency(a, b);
        graph.Clear();
        graph.AddTask(Compute, 2);
        graph.AddTask(Network, 3);
        Run(graph).Start.ShouldBe([0, 0]);
        graph.DependencyCount.ShouldBe(0);
    }

    [Fact]
    public void Mistakes_of_the_caller_throw()
    {
        TaskGraph graph = new();
        TaskId task = graph.AddTask(Compute, 1);
        Should.Throw<ArgumentOutOfRangeException>(() => graph.AddTask(Compute, -1));
        Should.Throw<ArgumentOutOfRangeException>(() => graph.AddTask(new StreamId(-1), 1));
        Should.Throw<ArgumentOutOfRangeException>(() => graph.AddDependency(task, new TaskId(1)));
        Should.Throw<ArgumentOutOfRangeException>(() => graph.AddDependency(task, task, -1));
        Should.Throw<ArgumentOutOfRangeException>(() => graph.SetDuration(new TaskId(-1), 1));
        Should.Throw<ArgumentException>(() => new TaskGraphRun().Execute(graph, [], new long[1]));
        Should.Throw<ArgumentException>(() => new TaskGraphRun().Execute(graph, new long[1], []));
    }

    [Fact]
    public void Any_graph_runs_as_an_event_by_event_execution_would()
    {
        Gen<int> seeds = Gen.Choose(0, int.MaxValue - 1);
        Prop.ForAll(seeds.ToArbitrary(), seed =>
        {
            RandomStream random = RandomStream.Create((ulong)seed, "graphs");
            RandomGraph sample = RandomGraph.Create(ref random);
            TaskGraphRun run = new();
            RunStatus status = run.Execute(sample.Graph);
            (long[] start, long[] end) = sample.ExecuteEventByEvent();
            bool complete = !start.Contains(-1);
            return complete == (status == RunStatus.Completed)
                && run.Start.SequenceEqual(start)
                && run.End.SequenceEqual(end)
                && run.FindDeadlock(sample.Graph).IsEmpty == complete;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(20261120, 3));
    }

    [Fact]
    public void Making_a_task_shorter_never_makes_the_run_longer()
    {
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            RandomStream random = RandomStream.Create((ulong)seed, "shorter");
            TaskGraph graph = RandomGraph.Create(ref random).Graph;
            TaskGraphRun run = new();
            if (graph.TaskCount == 0 || run.Execute(graph) != RunStatus.Completed)
                return true;
            long before = run.Makespan;
            TaskId task = new(random.NextInt(graph.TaskCount));
            graph.SetDuration(task, graph.Duration(task) / 2);
            run.Execute(graph);
            return run.Makespan <= before;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(20261120, 5));
    }

    [Fact]
    public void Building_and_running_again_allocates_nothing()
    {
        TaskGraph graph = new();
        TaskGraphRun run = new();
        long Again()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            graph.Clear();
            Pipelines.Fill(graph, 8, 32, 10, 20, 1);
            run.Execute(graph);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Again();
        Again();
        Again().ShouldBe(0);
    }

    [Fact]
    public void Runs_on_several_threads_give_the_same_times()
    {
        (TaskGraph graph, _) = Pipelines.OneForwardOneBackward(8, 64, 7, 13, hop: 2);
        long[][] ends = new long[4][];
        Parallel.For(0, ends.Length, i =>
        {
            TaskGraphRun run = new();
            run.Execute(graph);
            ends[i] = run.End.ToArray();
        });
        ends.ShouldAllBe(end => end.SequenceEqual(ends[0]));
    }

    private static (long[] Start, long[] End) Run(TaskGraph graph)
    {
        long[] start = new long[graph.TaskCount];
        long[] end = new long[graph.TaskCount];
        new TaskGraphRun().Execute(graph, start, end).ShouldBe(RunStatus.Completed);
        return (start, end);
    }
}
