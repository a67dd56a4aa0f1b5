using System.Collections.Immutable;
using Orrery.Serving;

namespace Orrery.Validation.Inference;

/// <summary>
/// How far the constants of an engine carry to a network it was never timed on: each network of a recipe's rows is predicted by constants fitted on all the
/// others alone. A class with one network has nobody to learn from and gives nothing.
/// </summary>
public static class LeftOutNetworks
{
    /// <summary>Rows of recipes that leave networks out, with the constants of a fit that saw no row of their network; in the order of recipes and networks.</summary>
    public static ImmutableArray<(FittedCase Case, ServingConstants Constants)> Of(InferencePredictor predictor, IReadOnlyList<InferenceCase> cases, ImmutableArray<InferenceRecipe> recipes)
    {
        ImmutableArray<ConstantRange> words = predictor.Stacks.Vocabulary();
        var found = ImmutableArray.CreateBuilder<(FittedCase, ServingConstants)>();
        foreach (InferenceRecipe recipe in recipes)
        {
            if (!recipe.LeavesOut)
                continue;
            List<FittedCase> rows = InferenceCalibration.Take(predictor, cases, recipe with { Share = 1 });
            foreach (string network in rows.Select(static one => one.Prepared.Request.Model.Name).Distinct().Order(StringComparer.Ordinal))
            {
                List<FittedCase> others = rows.FindAll(one => one.Prepared.Request.Model.Name != network);
                if (others.Count == 0)
                    continue;
                double[] values = InferenceCalibration.FitOf(predictor, recipe, others).Run(recipe.Seed);
                for (int place = 0; place < values.Length; place++)
                    values[place] *= words[place].Scale;
                ServingConstants constants = new(values);
                found.AddRange(rows.Where(one => one.Prepared.Request.Model.Name == network).Select(one => (one, constants)));
            }
        }

        return found.ToImmutable();
    }
}
