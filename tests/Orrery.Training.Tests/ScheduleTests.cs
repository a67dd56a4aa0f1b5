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
            foreach (Schedule schedule in Schedule.All)
            {
                foreach (int stages in (int[])[1, 2, 4, 7])
                {
                    foreach (int chunks in (int[])[1, 2, 3])
                    {
                        foreach (int groups in (int[])[1, 2, 5])
                        {
                            if (schedule.Objection(stages, chunks, stages * groups) is null)
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
        Schedule schedule = Named(name);
        var order = new ScheduleSlot[Schedule.Passes(chunks, microBatches)];
        for (int stage = 0; stage < stages; stage++)
        {
            schedule.Order(stage, stages, chunks, microBatches, order);
            order.Distinct().Count().ShouldBe(order.Length);
            order.ShouldAllBe(slot => slot.Chunk % stages == stage && slot.Chunk < stages * chunks && slot.MicroBatch >= 0 && slot.MicroBatch < microBatches);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_stated_peak_is_what_the_order_holds(string name, int stages, int chunks, int microBatches)
    {
        Schedule schedule = Named(name);
        var order = new ScheduleSlot[Schedule.Passes(chunks, microBatches)];
        for (int stage = 0; stage < stages; stage++)
        {
            schedule.Order(stage, stages, chunks, microBatches, order);
            int held = 0;
            int most = 0;
            foreach (ScheduleSlot slot in order)
            {
                held += slot.IsBackward ? -1 : 1;
                most = Math.Max(most, held);
            }

            held.ShouldBe(0);
            schedule.PeakPasses(stage, stages, chunks, microBatches).ShouldBe(most);
        }
    }

    [Theory]
    [InlineData(4, 1, 16)]
    [InlineData(8, 1, 8)]
    [InlineData(4, 2, 16)]
    [InlineData(8, 4, 32)]
    public void Equal_stages_have_the_published_bubble(int stages, int chunks, int microBatches)
    {
        // No vocabulary to speak of and no hops: every chunk costs the same.
        double[] constants = Bench.Defaults();
        constants[(int)StackConstant.HostPerHop] = 0;
        constants[(int)StackConstant.HopNicScale] = 0;
        constants[(int)StackConstant.HostPerStep] = 0;
        constants[(int)StackConstant.StragglerSpread] = 0;
        constants[(int)StackConstant.OptimizerBytes] = 16;
        TrainingContext context = Bench.Context(Bench.Model(stages * chunks * 2, vocabulary: 8), constants: constants);
        var plan = new Plan
        {
            PipelineParallel = stages,
            VirtualStages = chunks,
            GlobalBatch = microBatches,
            Sequence = 4096,
            Schedule = chunks > 1 ? PipelineSchedule.Interleaved : PipelineSchedule.OneForwardOneBackward,
        };
        context.Steps.Estimate(plan, out StepEstimate estimate).ShouldBeTrue();
        double busy = estimate.Breakdown.Total.Value - estimate.Breakdown.PipelineBubble.Value - estimate.Breakdown.Optimizer.Value;
        double expected = (stages - 1.0) / (chunks * microBatches);
        (estimate.Breakdown.PipelineBubble.Value / busy).ShouldBe(expected, 0.01 * expected);
        double run = context.Run.Execute(context.Steps, plan).Value - context.Steps.OptimizerTime;
        ((run / busy) - 1).ShouldBe(expected, 0.01 * expected);
    }

    [Fact]
    public void Interleaving_objects_to_micro_batches_that_are_not_whole_groups() =>
        new InterleavedSchedule().Objection(4, 2, 6)!.ShouldContain("not a multiple of 4");

    private static Schedule Named(string name) => Schedule.All.Single(one => one.Name == name);
}
