using System.Text.Json;
using System.Xml.Linq;
using Orrery.Models;
using Orrery.Operators;
using Orrery.Training;
using Shouldly;
using Xunit;

namespace Orrery.Cli.Tests;

/// <summary>
/// A schedule and a layout of context parallelism that nobody has heard of are one class each: the two at the end of this file. They join for the time of a test, so
/// no other test runs beside it.
/// </summary>
[Collection(nameof(Alone))]
public sealed class ToyChoicesTests
{
    private const string Job = "--model llama-3.1-8b --system dgx-h100 --chips 64 --tp 2 --cp 2 --pp 4 --dp 4 --vpp 1 --micro-batch 1 --global-batch 64 --recompute none";

    [Fact]
    public void A_toy_schedule_goes_from_the_command_line_to_the_report_the_picture_and_the_lists()
    {
        Command.RunLine($"train {Job} --schedule hasty").ShouldBeRefused();
        using IDisposable joined = Schedule.List.Register(new HastySchedule());

        JsonElement hasty = Train($"{Job} --schedule hasty");
        JsonElement gpipe = Train($"{Job} --schedule gpipe");
        hasty.GetProperty("plan").GetProperty("schedule").GetString().ShouldBe("hasty");
        // Weight gradients stand behind all others, so the stage before waits less than under GPipe, and everything is held to the end as there.
        hasty.GetProperty("breakdownS").GetProperty("pipelineBubble").GetDouble().ShouldBeLessThan(gpipe.GetProperty("breakdownS").GetProperty("pipelineBubble").GetDouble());
        hasty.GetProperty("breakdownS").EnumerateObject().Sum(static one => one.Value.GetDouble()).ShouldBe(hasty.GetProperty("stepTimeS").GetDouble(), 1e-9);
        Activations(hasty).ShouldBe(Activations(gpipe));
        Activations(hasty).ShouldBeGreaterThan(Activations(Train($"{Job} --schedule 1f1b")));

        Command.RunLine("train --help").Output.ShouldContain("hasty");
        Command.RunLine("list schedules").Output.ShouldContain("hasty");
        Command.RunLine("show hasty").Output.ShouldContain("weights last");
        Command.RunLine($"train {Job} --schedule hast").Error.ShouldContain("did you mean 'hasty'?");
        string file = Path.Combine(Path.GetTempPath(), $"orrery-hasty-{Environment.ProcessId}.svg");
        try
        {
            Command.Run("show", "hasty", "--svg", file).Code.ShouldBe(ExitCode.Done);
            XDocument.Load(file).Root!.Name.LocalName.ShouldBe("svg");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void The_search_chooses_a_schedule_where_the_stack_has_it_and_only_there()
    {
        using IDisposable joined = Schedule.List.Register(new HastySchedule());
        string folder = Directory.CreateTempSubdirectory("orrery-stack-").FullName;
        try
        {
            string stack = Path.Combine(folder, "odd-stack.yaml");
            const string Words = "name: Odd\ncovers: [odd-stack]\nattention: flash\nsources:\n  paper: \"a paper\"\n";
            string job = $"--model llama-3.1-8b --system dgx-h100 --chips 64 --tp 1 --pp 8 --vpp 1 --micro-batch 1 --global-batch 64 --seq 1024 --stack {stack}";
            File.WriteAllText(stack, Words + "schedules: [1f1b, hasty]\n");
            Train(job).GetProperty("plan").GetProperty("schedule").GetString().ShouldBe("hasty");
            File.WriteAllText(stack, Words);
            Train(job).GetProperty("plan").GetProperty("schedule").GetString().ShouldBe("1f1b");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_toy_layout_of_context_parallelism_goes_from_the_command_line_to_the_report()
    {
        Command.RunLine($"train {Job} --cp-layout shouted").ShouldBeRefused();
        using IDisposable joined = ContextLayout.List.Register(new ShoutedContext());

        JsonElement shouted = Train($"{Job} --cp-layout shouted");
        JsonElement gathered = Train($"{Job} --cp-layout all-gather");
        shouted.GetProperty("inputs").GetProperty("cpLayout").GetString().ShouldBe("shouted");
        Context(shouted).ShouldBeGreaterThan(Context(gathered));
        shouted.GetProperty("memory").GetProperty("workspaceBytes").GetDouble().ShouldBe(gathered.GetProperty("memory").GetProperty("workspaceBytes").GetDouble() + 1e9, 1);
        Command.RunLine("list context-layouts").Output.ShouldContain("shouted");
        Command.RunLine($"train {Job.Replace("--cp 2", "--cp 4", StringComparison.Ordinal).Replace("--dp 4", "--dp 2", StringComparison.Ordinal)} --cp-layout shouted")
            .Error.ShouldContain("nobody can shout to 4");
    }

    private static double Activations(JsonElement report) => report.GetProperty("memory").GetProperty("activationsBytes").GetDouble();

    private static double Context(JsonElement report) => report.GetProperty("breakdownS").GetProperty("contextParallel").GetDouble();

    private static JsonElement Train(string arguments)
    {
        Command command = Command.RunLine($"train {arguments} --json");
        command.Code.ShouldNotBe(ExitCode.WrongInput, command.Output + command.Error);
        return command.Json();
    }

    /// <summary>All forward passes, then all gradients of inputs, then all gradients of weights.</summary>
    private sealed class HastySchedule : Schedule
    {
        public override string Name => "hasty";

        public override string Summary => "GPipe with all gradients of weights last";

        public override void Order(PipelineShape shape, int stage, ScheduleOrder into)
        {
            for (int i = 0; i < shape.MicroBatches; i++)
                into.Forward(stage, i);
            for (int i = 0; i < shape.MicroBatches; i++)
                into.InputGradient(stage, i);
            for (int i = 0; i < shape.MicroBatches; i++)
                into.WeightGradient(stage, i);
        }
    }

    /// <summary>Everyone tells everyone by an all-reduce, twice as dear as need be, into a buffer of a gigabyte.</summary>
    private sealed class ShoutedContext : ContextLayout
    {
        public override string Name => "shouted";

        public override string Summary => "everyone tells everyone";

        public override string? Objection(Plan plan, AttentionDescription attention) =>
            plan.ContextParallel > 2 ? $"nobody can shout to {plan.ContextParallel}" : null;

        public override double ExposedForward(in ContextWork work) => work.Time(CollectiveKind.AllReduce, 2 * work.KeyValueBytes * work.Ranks, work.Whole);

        public override double ExposedBackward(in ContextWork work) => 2 * ExposedForward(work);

        public override double WorkspaceBytes(in ContextWork work) => new AllGatherContext().WorkspaceBytes(work) + 1e9;
    }
}

/// <summary>Tests that change what the whole process sees run with no other beside them.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
