using Orrery.Validation.Cases;
using Orrery.Validation.Reading;
using Shouldly;
using Xunit;

namespace Orrery.Validation.Tests.Scoring;

using Orrery.Validation.Scoring;

public sealed class PlanRegretTests
{
    [Fact]
    public void Regret_is_what_the_plan_picked_costs_over_the_best()
    {
        PlanRegret regret = PlanRegret.Of(
        [
            [("a", 10, 5), ("b", 12, 4), ("c", 20, 9), ("d", 30, 8)],
            [("e", 10, 1), ("f", 12, 2), ("g", 20, 3), ("h", 30, 4)],
            [("i", 1, 2), ("j", 9, 1), ("k", 1, 3)],
        ])!;

        regret.Groups.ShouldBe(2);
        regret.MeanPlans.ShouldBe(4);
        regret.Mean.ShouldBe(0.1, 1e-12);
        regret.Worst.ShouldBe(0.2, 1e-12);
        regret.WorstPick.ShouldBe("b");
        regret.ExactShare.ShouldBe(0.5);
    }

    [Fact]
    public void Too_few_plans_have_no_regret() => PlanRegret.Of([[("a", 1, 1)]]).ShouldBeNull();

    [Theory]
    [InlineData("vtrain-a100-single", 90)]
    [InlineData("vtrain-a100-multi", 3)]
    public void A_predictor_that_knows_the_answer_regrets_nothing(string group, int sets)
    {
        Dictionary<string, double> answers = PublishedCases.Training.ToDictionary(row => row.Origin.Id, row => row.IterationTimeS ?? 0);
        PlanRegret regret = PlanRegret.Of(
            [.. PublishedCases.Training.Where(row => row.Origin.Group == group)], PublishedCases.NewReader(), new Answers(answers, 1))!;

        regret.Groups.ShouldBe(sets);
        regret.Worst.ShouldBe(0);
        regret.ExactShare.ShouldBe(1);

        // And one that has it upside down regrets much.
        PlanRegret.Of([.. PublishedCases.Training.Where(row => row.Origin.Group == group)], PublishedCases.NewReader(), new Answers(answers, -1))!
            .Mean.ShouldBeGreaterThan(0.5);
    }

    private sealed class Answers(Dictionary<string, double> answers, int power) : ITrainingPredictor
    {
        public Prediction Predict(TrainingCaseInputs inputs)
        {
            double time = Math.Pow(answers[inputs.Origin.Id], power);
            return Prediction.Of(time, time, time);
        }
    }
}
