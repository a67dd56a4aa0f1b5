using Orrery.Training;
using Shouldly;
using Xunit;

namespace Orrery.Training.Tests;

public sealed class ClosedFormTests
{
    private static readonly int[] Layers = [24, 30, 32, 37, 48, 61, 80, 126];

    [Fact]
    public void Closed_form_holds_to_the_event_run_on_seeded_random_legal_plans()
    {
        var random = new Random(20261120);
        var errors = new List<double>();
        var far = new List<string>();
        var worst = (Error: 0.0, Plan: new Plan());
        while (errors.Count < 500)
        {
            int layers = Layers[random.Next(Layers.Length)];
            var model = Bench.Model(layers, hidden: 1024 << random.Next(3), heads: 16, vocabulary: 32000 + (random.Next(4) * 32000));
            TrainingContext context = Bench.Context(model);
            Plan plan = RandomPlan(random, layers);
            var objections = new List<string>();
            PlanRules.Check(plan, model, plan.Ranks, objections);
            if (objections.Count > 0 || !context.Steps.Estimate(plan, out StepEstimate estimate))
                continue;
            double run = context.Run.Execute(context.Steps, plan).Value;
            double error = (estimate.StepTime / run) - 1;
            errors.Add(Math.Abs(error));
            if (Math.Abs(error) > 0.03)
                far.Add($"{error:P1} L{layers} pp{plan.PipelineParallel} v{plan.VirtualStages} m{plan.MicroBatches} tp{plan.TensorParallel} h{model.Hidden} {plan.Schedule} hop {context.Steps.HopTime * 1e6:F0} slow {estimate.SlowestStage * 1e6:F0}");
            if (Math.Abs(error) > Math.Abs(worst.Error))
                worst = (error, plan);
        }

        foreach (string line in far)
            TestContext.Current.SendDiagnosticMessage(line);
        errors.Sort();
        double median = errors[errors.Count / 2];
        TestContext.Current.SendDiagnosticMessage($"closed form against event run: median {median:P2}, p90 {errors[450]:P2}, max {errors[^1]:P2}, worst {worst}");
        median.ShouldBeLessThan(0.01);
        errors[^1].ShouldBeLessThan(0.05, $"worst plan {worst}");
    }

    [Theory]
    [InlineData("zero-bubble")]
    [InlineData("zb-v")]
    [InlineData("dualpipe")]
    public void Closed_form_of_schedules_with_weight_gradients_apart_holds_to_the_event_run(string name)
    {
        Schedule schedule = Schedule.List.Get(name);
        var random = new Random(20261121);
        var errors = new List<double>();
        while (errors.Count < 150)
        {
            int layers = Layers[random.Next(Layers.Length)];
            var model = Bench.Model(layers, hidden: 1024 << random.Next(3), heads: 16, vocabulary: 32000 + (random.Next(4) * 32000), experts: random.Next(2) * 16);
            int pp = 2 << random.Next(4);
            int dp = 1 << random.Next(4);
            int micro = 1 << random.Next(2);
            int count = (2 * pp) + (2 * random.Next(1 + (4 * pp)));
            var plan = new Plan
            {
                TensorParallel = 1 << random.Next(4),
                PipelineParallel = pp,
                VirtualStages = name == "zb-v" ? 2 : 1,
                DataParallel = dp,
                ExpertParallel = model.LayerKinds[0].FeedForward.Experts > 0 ? Math.Min(16, dp) : 1,
                MicroBatch = micro,
                GlobalBatch = dp * micro * count,
                Sequence = 2048,
                Recompute = (Recompute)random.Next(3),
                Zero = random.Next(2),
                Schedule = schedule,
            };
            TrainingContext context = Bench.Context(model);
            var objections = new List<string>();
            PlanRules.Check(plan, model, plan.Ranks, objections);
            if (objections.Count > 0 || !context.Steps.Estimate(plan, out StepEstimate estimate))
                continue;
            estimate.Breakdown.Total.Value.ShouldBe(estimate.StepTime, 1e-9 * estimate.StepTime);
            errors.Add(Math.Abs((estimate.StepTime / context.Run.Execute(context.Steps, plan).Value) - 1));
        }

        errors.Sort();
        TestContext.Current.SendDiagnosticMessage($"{name}: median {errors[75]:P3}, max {errors[^1]:P3}");
        errors[75].ShouldBeLessThan(0.01);
        errors[^1].ShouldBeLessThan(0.05);
    }

    private static Plan RandomPlan(Random random, int layers)
    {
        int pp = 1 << random.Next(6);
        int chunks = random.Next(3) == 0 ? 1 + random.Next(6) : 1;
        int dp = 1 << random.Next(4);
        int micro = 1 << random.Next(3);
        int count = (1 + random.Next(12)) * (chunks > 1 ? pp : 1 + random.Next(4));
        return new Plan
        {
            TensorParallel = 1 << random.Next(4),
            PipelineParallel = pp,
            VirtualStages = chunks,
            DataParallel = dp,
            MicroBatch = micro,
            GlobalBatch = dp * micro * count,
            Sequence = 2048,
            Recompute = (Recompute)random.Next(3),
            Zero = random.Next(2),
            Split = random.Next(4) == 0 ? PipelineSplit.Automatic : null,
            Schedule = chunks > 1 ? Schedule.UsualOfChunks : random.Next(4) == 0 ? Schedule.List.Get("gpipe") : Schedule.Usual,
        };
    }
}
