using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Training;
using Orrery.Validation.Calibration;
using Orrery.Validation.Cases;
using Orrery.Validation.Prediction;
using Orrery.Validation.Reading;
using Shouldly;
using Xunit;

namespace Orrery.Validation.Tests.Calibration;

public sealed class StackFitterTests
{
    private static readonly string Root = DataCatalog.FindDataRoot();

    [Fact]
    public void Every_recipe_names_stacks_and_constants_that_exist()
    {
        ImmutableArray<StackRecipe> recipes = StackRecipe.ReadAll(Path.Combine(Root, "calibration", "recipes.yaml"), "recipes.yaml", out ImmutableArray<Diagnostic> diagnostics);
        diagnostics.ShouldBeEmpty();
        recipes.ShouldNotBeEmpty();
        DataCatalog catalog = DataCatalog.Open(Root);
        foreach (StackRecipe recipe in recipes)
        {
            foreach (string stack in recipe.Stacks)
            {
                catalog.StackIds.ShouldContain(stack);
                recipe.Free.Count(one => one.Stack.Length == 0 || one.Stack == stack).ShouldBeLessThanOrEqualTo(12, $"{recipe.Name} frees too many constants of {stack}");
            }
        }
    }

    [Fact]
    public void A_fit_finds_the_constants_that_made_the_steps()
    {
        ImmutableArray<StackRow> rows = Rows(out StackVocabulary vocabulary);
        ImmutableArray<FreeConstant> free = [new(StackConstant.MatmulRate, "", ""), new(StackConstant.HostBackwardPerLayer, "", "")];
        double[] truth = [0.83, 1700];
        var fitter = new StackFitter(rows, free, vocabulary);
        var errors = new double[rows.Length];
        fitter.Errors(rows, truth, errors);
        ImmutableArray<StackRow> made = [.. rows.Zip(errors, static (row, error) => row with { MeasuredStep = row.MeasuredStep * Math.Exp(error) })];
        ImmutableArray<double> found = new StackFitter(made, free, vocabulary).Fit(2, 1).Constants;
        found[0].ShouldBe(truth[0], 0.01);
        found[1].ShouldBe(truth[1], 20);
    }

    [Fact]
    public void Rows_of_one_group_are_fitted_or_held_out_together()
    {
        StackRecipe recipe = StackRecipe.ReadAll(Path.Combine(Root, "calibration", "recipes.yaml"), "recipes.yaml", out _).First(static one => one.Share < 1);
        bool[] answers = [.. Enumerable.Range(0, 500).Select(i => recipe.IsFitted($"group {i}"))];
        recipe.IsFitted("group 7").ShouldBe(answers[7]);
        (answers.Count(static fitted => fitted) / 500.0).ShouldBe(recipe.Share, 0.08);
    }

    private static ImmutableArray<StackRow> Rows(out StackVocabulary vocabulary)
    {
        DataCatalog catalog = DataCatalog.Open(Root);
        CaseConventions conventions = CaseConventions.Load(Root).Value!;
        vocabulary = catalog.Vocabulary().Value!;
        var calibration = new StackCalibration(catalog, new CaseReader(conventions, new ModelLibrary(Root)), conventions, CaseDetails.Load(Root).Value!, vocabulary);
        StackRecipe recipe = StackRecipe.ReadAll(Path.Combine(Root, "calibration", "recipes.yaml"), "recipes.yaml", out _).First(static one => one.Name == "megatron-deepspeed");
        ImmutableArray<TrainingCase> cases = TrainingCase.Read(ValidationFiles.Training(Root)[0]).Cases;
        ImmutableArray<StackRow> rows = calibration.Rows(recipe, cases, out ImmutableArray<string> skipped);
        skipped.ShouldBeEmpty();
        return [.. rows.Where(static (_, i) => i % 20 == 0)];
    }
}
