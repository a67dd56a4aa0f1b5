using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Engine;
using Orrery.Models;
using Orrery.Training;
using Shouldly;
using Xunit;

namespace Orrery.Interchange.Tests;

public sealed class StepTimelineTests
{
    private static readonly Plan FourStages = new()
    {
        TensorParallel = 8,
        PipelineParallel = 4,
        DataParallel = 4,
        GlobalBatch = 64,
        Sequence = 4096,
    };

    [Fact]
    public void Every_pass_of_every_micro_batch_has_a_bar_in_its_stage()
    {
        ImmutableArray<TimelineEvent> bars = StepTimeline.Of(Context(), FourStages);
        for (int stage = 0; stage < 4; stage++)
        {
            bars.Count(bar => bar.Stage == stage && bar.Category == "forward").ShouldBe(16);
            bars.Count(bar => bar.Stage == stage && bar.Category == "backward").ShouldBe(16);
        }

        bars.ShouldContain(bar => bar.Stream == "network" && bar.Category == "hop" && bar.Name == "receive 3");
        bars.ShouldContain(bar => bar.Name == "forward 15");
    }

    [Fact]
    public void The_last_bar_ends_with_the_step_and_bars_of_a_row_do_not_overlap()
    {
        TrainingContext context = Context();
        ImmutableArray<TimelineEvent> bars = StepTimeline.Of(context, FourStages);
        double step = context.Run.Execute(context.Steps, FourStages).Value;
        Math.Abs(bars.Max(bar => bar.StartTicks + bar.DurationTicks) - TickScale.Picoseconds.ToTicks(new Units.Seconds(step))).ShouldBeLessThanOrEqualTo(3);
        foreach (IGrouping<(int, string), TimelineEvent> row in bars.GroupBy(bar => (bar.Stage, bar.Stream)))
        {
            long free = 0;
            foreach (TimelineEvent bar in row.OrderBy(bar => bar.StartTicks))
            {
                bar.StartTicks.ShouldBeGreaterThanOrEqualTo(free);
                free = bar.StartTicks + bar.DurationTicks;
            }
        }
    }

    [Fact]
    public void Interleaved_passes_name_their_chunk()
    {
        Plan plan = FourStages with { VirtualStages = 2, Schedule = Schedule.UsualOfChunks };
        StepTimeline.Of(Context(), plan).ShouldContain(bar => bar.Name == "backward 0 chunk 1" && bar.Stage == 3);
    }

    [Fact]
    public void Passes_beside_each_other_name_both()
    {
        Plan plan = FourStages with { Schedule = Schedule.List.Get("dualpipe") };
        ImmutableArray<TimelineEvent> bars = StepTimeline.Of(Context(), plan);
        bars.ShouldContain(bar => bar.Stage == 0 && bar.Category == "pair" && bar.Name == "forward 3 chunk 0 beside backward 9 chunk 1");
        bars.Count(bar => bar.Category == "input-gradient").ShouldBe(bars.Count(bar => bar.Category == "weight-gradient"));
    }

    private static TrainingContext Context()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Orrery.slnx")))
            folder = folder.Parent;
        DataCatalog catalog = DataCatalog.Open(Path.Combine(folder.ShouldNotBeNull().FullName, "data"));
        SystemDescription system = catalog.System("dgx-h100").Value.ShouldNotBeNull();
        ModelArchitecture model = ModelLoader.Load("llama-3.1-70b", catalog.DataRoot).Value.ShouldNotBeNull();
        return new TrainingContextFactory(catalog).Create(model, system, catalog.Stack(system.DefaultStack).Value.ShouldNotBeNull()).Value.ShouldNotBeNull();
    }
}
