using System.Collections.Immutable;
using Orrery.Validation.Cases;
using Orrery.Validation.Reading;

namespace Orrery.Validation.Scoring;

/// <summary>
/// What it costs to follow our ranking of plans: measured step time of the plan predicted fastest over the best measured one, less 1. Plans compete where
/// source, stack, model, chip, number of chips, sequence, global batch, precision and task are equal.
/// </summary>
/// <param name="Groups">Sets of at least <see cref="LeastPlans"/> plans.</param>
/// <param name="MeanPlans">Mean size of a set.</param>
/// <param name="Mean">Mean regret, a fraction.</param>
/// <param name="Worst">Largest regret.</param>
/// <param name="WorstPick">Row picked where regret is largest.</param>
/// <param name="ExactShare">Share of sets whose best plan was picked.</param>
public sealed record PlanRegret(int Groups, double MeanPlans, double Mean, double Worst, string WorstPick, double ExactShare)
{
    /// <summary>Smaller sets say nothing about ranking.</summary>
    public const int LeastPlans = 4;

    /// <summary>The regret over rows that are predicted; rows without a measured or derived step time are passed over. Null where no set is large enough.</summary>
    public static PlanRegret? Of(ImmutableArray<TrainingCase> rows, CaseReader reader, ITrainingPredictor predictor)
    {
        Dictionary<PlanSet, List<(string Id, double Measured, double Predicted)>> sets = [];
        List<PlanSet> order = [];
        foreach (TrainingCase row in rows)
        {
            if (!row.Origin.IsExpressible || reader.Read(row).Inputs is not { } inputs || StepTime(row, inputs) is not { } measured)
                continue;
            Prediction prediction = predictor.Predict(inputs);
            if (prediction.SkipReason is not null)
                continue;
            PlanSet key = new(
                row.Origin.Group,
                row.Origin.Stack,
                row.Job.Model,
                inputs.Architecture.Layers,
                inputs.Architecture.Hidden,
                inputs.Chip,
                inputs.Chips,
                inputs.Sequence,
                inputs.GlobalBatch,
                row.Job.Precision,
                inputs.Task);
            if (!sets.TryGetValue(key, out List<(string, double, double)>? set))
            {
                sets[key] = set = [];
                order.Add(key);
            }

            set.Add((row.Origin.Id, measured, prediction.Value));
        }

        return Of(order.Select(key => sets[key]));
    }

    /// <summary>The regret over sets of plans; among equal predictions the first is picked.</summary>
    public static PlanRegret? Of(IEnumerable<IReadOnlyList<(string Id, double Measured, double Predicted)>> sets)
    {
        int groups = 0;
        int plans = 0;
        int exact = 0;
        double sum = 0;
        double worst = -1;
        string worstPick = "";
        foreach (IReadOnlyList<(string Id, double Measured, double Predicted)> set in sets)
        {
            if (set.Count < LeastPlans)
                continue;
            int picked = 0;
            double best = double.PositiveInfinity;
            for (int index = 0; index < set.Count; index++)
            {
                best = Math.Min(best, set[index].Measured);
                if (set[index].Predicted < set[picked].Predicted)
                    picked = index;
            }

            double regret = (set[picked].Measured / best) - 1;
            groups++;
            plans += set.Count;
            sum += regret;
            exact += regret == 0 ? 1 : 0;
            if (regret > worst)
            {
                worst = regret;
                worstPick = set[picked].Id;
            }
        }

        return groups == 0 ? null : new PlanRegret(groups, (double)plans / groups, sum / groups, worst, worstPick, (double)exact / groups);
    }

    private static double? StepTime(TrainingCase row, TrainingCaseInputs inputs) =>
        row.IterationTimeS ?? (row.TokensPerS is { } rate ? inputs.TokensPerStep / rate : null);

    /// <summary>What plans must share to compete.</summary>
    private readonly record struct PlanSet(
        string Group,
        string Stack,
        string Model,
        int Layers,
        int Hidden,
        string Chip,
        int Chips,
        int Sequence,
        int GlobalBatch,
        string Precision,
        CaseTask Task);
}
