using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Catalog.Yaml;
using Orrery.Units;

namespace Orrery.Validation.Inference;

/// <summary>Every recipe of <c>data/calibration/serving-recipes.yaml</c>, in file order.</summary>
public sealed record InferenceRecipes(ImmutableArray<InferenceRecipe> All)
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
                one.Words("free")));
            one.Finish();
        }

        top?.Finish();
        return new(list.HasErrors || top is null ? null : new InferenceRecipes(recipes.ToImmutable()), list.InOrder());
    }
}
