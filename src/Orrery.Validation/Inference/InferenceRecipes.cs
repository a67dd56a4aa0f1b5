using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Catalog.Yaml;
using Orrery.Units;

namespace Orrery.Validation.Inference;

/// <summary>Every recipe of <c>data/calibration/serving-recipes.yaml</c>, in file order.</summary>
/// <param name="Runs">What a measured run fits of its own; null where nothing.</param>
public sealed record InferenceRecipes(ImmutableArray<InferenceRecipe> All, RunRecipe? Runs = null)
{
    /// <summary>Reads the file.</summary>
    public static Result<InferenceRecipes> Load(string dataRoot)
    {
        const string Name = "serving-recipes.yaml";
        DiagnosticList list = new($"data/calibration/{Name}");
        MappingReader? top = MappingReader.OfRoot(YamlReader.ReadFile(Path.Combine(dataRoot, "calibration", Name), list), list);
        ImmutableArray<InferenceRecipe>.Builder recipes = ImmutableArray.CreateBuilder<InferenceRecipe>();
        foreach (MappingReader one in top?.Groups("recipes") ?? [])
        {
            recipes.Add(new InferenceRecipe(
                one.RequiredText("stack", "a serving stack"),
                one.RequiredText("class", "a class of models"),
                one.Text("family"),
                one.Quantity("share", QuantityKind.Number, 0.01, 1) ?? 0.1,
                one.Integer("least", 1, 1000, 10),
                (ulong)one.Integer("seed", 0, int.MaxValue, 1),
                one.Words("fixed"),
                one.Words("free"),
                one.Flag("leaveOut", fallback: false),
                one.Text("carriedTo")));
            one.Finish();
        }

        RunRecipe? runs = null;
        if (top?.Group("runs") is { } group)
        {
            runs = new RunRecipe(
                group.Words("free"),
                group.RequiredQuantity("leastWorkspace", QuantityKind.Data, 1, 1e12),
                group.RequiredQuantity("mostWorkspace", QuantityKind.Data, 1, 1e12),
                (ulong)group.Integer("seed", 0, int.MaxValue, 1));
            group.Finish();
        }

        top?.Finish();
        return new(list.HasErrors || top is null ? null : new InferenceRecipes(recipes.ToImmutable(), runs), list.InOrder());
    }
}
