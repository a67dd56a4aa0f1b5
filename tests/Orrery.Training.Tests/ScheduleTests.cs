using Orrery.Engine;
using Orrery.Training;
using Shouldly;
using Xunit;

namespace Orrery.Training.Tests;

public sealed class ScheduleTests
{
    public static TheoryData<string, int, int, int> Cases
    {
        get
        {
            var data = new TheoryData<string, int, int, int>();
            foreach (Schedule schedule in Schedule.List.All)
            {
                foreach (int stages in (int[])[1, 2, 4, 7, 8])
                {
                    foreach (int chunks in (int[])[1, 2, 3])
                    {
                        foreach (int groups in (int[])[1, 2, 5])
                        {
                            if (schedule.Objection(new PipelineShape(stages, chunks, stages * groups)) is null)
                                data.Add(schedule.Name, stages, chunks, stages * groups);
                        }
                    }
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_pass_of_every_micro_batch_runs_once_on_the_stage_that_holds_its_chunk(string name, int stages, int chunks, int microBatches)
    {
        Schedule schedule = Schedule.List.Get(name);
        var shape = new PipelineShape(stages, chunks, microBatches);
        var forward = new HashSet<(int, int)>();
        var inputs = new HashSet<(int, int)>();
        var weights = new HashSet<(int, int)>();
        for (int stage = 0; stage < stages; stage++)
        {
            int[] held = [.. Enumerable.Range(0, schedule.ChunksHeld(shape)).Select(local => schedule.Chunk(shape, stage, local))];
            foreach (ScheduleSlot slot in Order(schedule, shape, stage))
            {
                Check(slot.Chunk, slot.MicroBatch);
                if (slot.Kind == PassKind.Forward)
                    forward.Add((slot.Chunk, slot.MicroBatch)).ShouldBeTrue();
                if (slot.Kind is PassKind.Backward or PassKind.InputGradient)
                    inputs.Add((slot.Chunk, slot.MicroBatch)).ShouldBeTrue();
                if (slot.Kind is PassKind.Backward or PassKind.WeightGradient)
                    weights.Add((slot.Chunk, slot.MicroBatch)).ShouldBeTrue();
                if (slot.Kind == PassKind.WeightGradient)
                    inputs.ShouldContain((slot.Chunk, slot.MicroBatch));
                if (!slot.IsPair)
                    continue;
                Check(slot.BesideChunk, slot.BesideMicroBatch);
                inputs.Add((slot.BesideChunk, slot.BesideMicroBatch)).ShouldBeTrue();
                weights.Add((slot.BesideChunk, slot.BesideMicroBatch)).ShouldBeTrue();
            }

            void Check(int chunk, int microBatch)
            {
                held.ShouldContain(chunk);
                schedule.Stage(shape, chunk, microBatch).ShouldBe(stage);
            }
        }

        int all = shape.Chunks * microBatches;
        (forward.Count, inputs.Count, weights.Count).ShouldBe((all, all, all));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_stated_peak_is_what_the_order_holds(string name, int stages, int chunks, int microBatches)
    {
        Schedule schedule = Schedule.List.Get(name);
        var shape = new PipelineShape(stages, chunks, microBatches);
        for (int stage = 0; stage < stages; stage++)
            schedule.PeakPasses(shape, stage).ShouldBe(OrderPath.OfThread.PeakPasses(schedule, shape, stage));
    }

    /// <summary>Peaks as published: one micro-batch through a stage is 1, so a schedule of two chunks a stage counts halves.</summary>
    [Theory]
    [InlineData("gpipe", 1, 24.0)]
    [InlineData("1f1b", 1, 8.0)]
    [InlineData("interleaved", 2, 8 * (1 + (7 / 16.0)))]
    [InlineData("zero-bubble", 1, 8.0)]
    [InlineData("zb-v", 2, 8.0)]
    [InlineData("dualpipe", 1, 9.0)]
    public void Peaks_are_the_published_ones(string name, int chunks, double peak)
    {
        Schedule schedule = Schedule.List.Get(name);
        var shape = new PipelineShape(8, chunks, 24);
        double most = Enumerable.Range(0, 8).Max(stage => OrderPath.OfThread.PeakPasses(schedule, shape, stage)) / (double)chunks;
        most.ShouldBe(peak, 1e-9);
    }

    /// <summary>F, B and W of one pass; the shapes each schedule was published for. Times are whole, so equality is exact but for rounding.</summary>
    [Theory]
    [InlineData("gpipe", 4, 1, 16, 3, 5, 2)]
    [InlineData("1f1b", 4, 1, 16, 3, 5, 2)]
    [InlineData("1f1b", 8, 1, 8, 3, 7, 2)]
    [InlineData("interleaved", 4, 2, 16, 3, 5, 2)]
    [InlineData("interleaved", 8, 4, 32, 3, 6, 3)]
    [InlineData("zero-bubble", 4, 1, 12, 2, 4, 1)]
    [InlineData("zero-bubble", 8, 1, 16, 10, 20, 8)]
    [InlineData("zero-bubble", 8, 1, 24, 10, 22, 8)]
    [InlineData("zb-v", 4, 2, 12, 3, 6, 3)]
    [InlineData("zb-v", 8, 2, 15, 3, 6, 3)]
    [InlineData("dualpipe", 2, 1, 4, 3, 6, 3)]
    [InlineData("dualpipe", 8, 1, 20, 3, 6, 3)]
    [InlineData("dualpipe", 16, 1, 64, 4, 8, 4)]
    public void Equal_stages_have_the_published_bubble(string name, int stages, int chunks, int microBatches, double forward, double backward, double weight)
    {
        Schedule schedule = Schedule.List.Get(name);
        var shape = new PipelineShape(stages, chunks, microBatches);
        double[] f = Same(forward, shape.Chunks);
        double[] b = Same(backward, shape.Chunks);
        double[] w = Same(weight, shape.Chunks);
        double[] none = new double[shape.Chunks];
        var times = new PassTimes(f, b, w, none, none, stages, 0);
        double bubble = schedule.PublishedBubble(shape, forward, backward, weight).ShouldNotBeNull();
        double busy = microBatches * chunks * (forward + backward);
        (OrderPath.OfThread.Length(schedule, times, microBatches) - busy).ShouldBe(bubble, 1e-9 * busy);
        (Executed(schedule, shape, forward, backward, weight) - busy).ShouldBe(bubble, 1e-9 * busy);
        (schedule.Time(times, microBatches) - busy).ShouldBe(bubble, 1e-9 * busy);
    }

    [Fact]
    public void No_stage_of_a_v_idles_between_its_first_and_its_last_pass_when_passes_are_equal()
    {
        var shape = new PipelineShape(8, 2, 16);
        Executed(Schedule.List.Get("zb-v"), shape, 1, 2, 1).ShouldBe((16 * 2 * 3) + 7);
    }

    [Fact]
    public void Dual_pipe_hides_exchanges_that_one_direction_shows()
    {
        double[] f = Same(2, 8);
        double[] b = Same(4, 8);
        double[] w = Same(1, 8);
        double[] exchange = Same(1, 8);
        double[] none = new double[8];
        Schedule dual = Schedule.List.Get("dualpipe");
        double shown = dual.Time(new PassTimes(f, b, w, none, none, 8, 0), 32);
        var hiding = new PassTimes(f, b, w, exchange, exchange, 8, 0);
        dual.Time(hiding, 32).ShouldBeLessThan(0.8 * shown);
        Schedule.Usual.Time(hiding, 32).ShouldBe(Schedule.Usual.Time(new PassTimes(f, b, w, none, none, 8, 0), 32));
        // Where exchange slows computation as much as it takes itself, nothing is won.
        dual.Time(new PassTimes(f, b, w, exchange, exchange, 8, 1), 32).ShouldBe(shown);
    }

    [Fact]
    public void Long_steps_go_on_at_the_pace_of_their_middle()
    {
        var random = new Random(7);
        foreach (string name in (string[])["zero-bubble", "zb-v", "dualpipe"])
        {
            Schedule schedule = Schedule.List.Get(name);
            var shape = new PipelineShape(6, name == "zb-v" ? 2 : 1, 240);
            double[] f = [.. Enumerable.Range(0, shape.Chunks).Select(_ => 1 + (0.3 * random.NextDouble()))];
            double[] b = [.. f.Select(one => 2 * one)];
            double[] w = [.. f.Select(one => 0.8 * one)];
            double[] none = new double[shape.Chunks];
            var times = new PassTimes(f, b, w, none, none, 6, 0);
            OrderPath.OfThread.Length(schedule, times, 240).ShouldBe(Executed(schedule, shape, f, b, w), 5e-3 * 240 * shape.VirtualStages * 3);
        }
    }

    [Theory]
    [InlineData("interleaved", 4, 2, 6, "not a multiple of 4")]
    [InlineData("1f1b", 4, 2, 8, "one chunk a stage")]
    [InlineData("zb-v", 4, 1, 8, "vpp 2")]
    [InlineData("zb-v", 4, 2, 6, "fewer than 7")]
    [InlineData("dualpipe", 3, 1, 12, "even number of stages")]
    [InlineData("dualpipe", 4, 1, 6, "at least 2 pp")]
    public void A_schedule_says_what_it_cannot_run(string name, int stages, int chunks, int microBatches, string because) =>
        Schedule.List.Get(name).Objection(new PipelineShape(stages, chunks, microBatches)).ShouldNotBeNull().ShouldContain(because);

    [Fact]
    public void Every_file_of_the_folder_is_a_schedule_and_every_schedule_is_a_file_of_the_folder()
    {
        string folder = Path.Combine(Bench.DataRoot(), "..", "src", "Orrery.Training", "Schedules");
        Schedule.List.All.Select(one => one.GetType().Name).Order().ShouldBe(Directory.GetFiles(folder, "*.cs").Select(Path.GetFileNameWithoutExtension).Order());
        Schedule.List.Words.ShouldBeUnique();
        foreach (Schedule one in Schedule.List.All)
            one.Source.ShouldNotBeEmpty();
    }

    [Fact]
    public void Stacks_name_schedules_that_exist()
    {
        var catalog = Catalog.DataCatalog.Open(Bench.DataRoot());
        foreach (string id in catalog.StackIds)
        {
            foreach (string word in catalog.Stack(id).Value.ShouldNotBeNull().Schedules)
                Schedule.List.Find(word).ShouldNotBeNull($"{id}: {word}");
        }
    }

    private static ScheduleSlot[] Order(Schedule schedule, PipelineShape shape, int stage)
    {
        var order = new ScheduleOrder();
        schedule.Order(shape, stage, order);
        return order.Slots.ToArray();
    }

    private static double[] Same(double value, int count)
    {
        double[] values = new double[count];
        Array.Fill(values, value);
        return values;
    }

    private static double Executed(Schedule schedule, PipelineShape shape, double forward, double backward, double weight) =>
        Executed(schedule, shape, Same(forward, shape.Chunks), Same(backward, shape.Chunks), Same(weight, shape.Chunks));

    /// <summary>The engine's run of the order, written out here by the rules a pipeline has.</summary>
    private static double Executed(Schedule schedule, PipelineShape shape, double[] forward, double[] backward, double[] weight)
    {
        var graph = new TaskGraph();
        var done = new Dictionary<(bool, int, int), TaskId>();
        double[] none = new double[shape.Chunks];
        for (int stage = 0; stage < shape.Stages; stage++)
        {
            foreach (ScheduleSlot slot in Order(schedule, shape, stage))
            {
                double time = new PassTimes(forward, backward, weight, none, none, shape.Stages, 0).Of(slot);
                TaskId task = graph.AddTask(new StreamId(stage), (long)Math.Round(time * 1e9));
                if (slot.Kind == PassKind.Forward)
                    done[(true, slot.Chunk, slot.MicroBatch)] = task;
                if (slot.Kind is PassKind.Backward or PassKind.InputGradient)
                    done[(false, slot.Chunk, slot.MicroBatch)] = task;
                if (slot.IsPair)
                    done[(false, slot.BesideChunk, slot.BesideMicroBatch)] = task;
            }
        }

        foreach (((bool isForward, int chunk, int microBatch), TaskId task) in done)
        {
            if (isForward && chunk > 0)
                graph.AddDependency(done[(true, chunk - 1, microBatch)], task);
            if (!isForward)
                graph.AddDependency(chunk < shape.Chunks - 1 ? done[(false, chunk + 1, microBatch)] : done[(true, chunk, microBatch)], task);
        }

        var run = new TaskGraphRun();
        run.Execute(graph).ShouldBe(RunStatus.Completed);
        return run.Makespan / 1e9;
    }
}
