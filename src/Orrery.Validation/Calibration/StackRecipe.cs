using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Catalog.Yaml;
using Orrery.Training;
using Orrery.Units;
using Orrery.Validation.Fitting;

namespace Orrery.Validation.Calibration;

/// <summary>
/// How the constants of one or more stacks are fitted together: which may move, on which rows, and what is held out. From
/// <c>data/calibration/recipes.yaml</c>.
/// </summary>
public sealed record StackRecipe
{
    public required string Name { get; init; }

    /// <summary>Stacks whose rows are fitted together; the first receives constants that a user's file fits.</summary>
    public required ImmutableArray<string> Stacks { get; init; }

    /// <summary>Name of the fit in the calibration file; a later recipe of the same stack with another name builds on the earlier one.</summary>
    public string Operator { get; init; } = "step";

    /// <summary>Also rows that leave inputs unstated, with the usual readings filled in; they are not scored among the others.</summary>
    public bool TakesIncomplete { get; init; }

    /// <summary>Which models: <c>dense</c>, <c>experts</c> or <c>all</c>.</summary>
    public string Models { get; init; } = "all";

    /// <summary>Data sets of the rows.</summary>
    public required ImmutableArray<string> Sources { get; init; }

    public required ImmutableArray<FreeConstant> Free { get; init; }

    /// <summary>Fields that make a group: rows of one group are fitted or held out together.</summary>
    public required ImmutableArray<string> GroupBy { get; init; }

    /// <summary>Fields that make a fold of the leave-one-out figure.</summary>
    public required ImmutableArray<string> LeaveOut { get; init; }

    /// <summary>What a fold is called: <c>model</c>, <c>configuration</c>.</summary>
    public string LeaveOutName => LeaveOut.Length == 1 ? LeaveOut[0] : "configuration";

    /// <summary>Share of groups that are fitted.</summary>
    public required double Share { get; init; }

    public required ulong Seed { get; init; }

    /// <summary>
    /// The spread people should expect is that of folds left out, not of rows held out: for rows held out repeat folds that were fitted.
    /// </summary>
    public bool SpreadsAsLeftOut { get; init; }

    private static readonly ImmutableArray<string> ModelWords = ["all", "dense", "experts"];

    /// <summary>Reads every recipe; all mistakes at once.</summary>
    public static ImmutableArray<StackRecipe> ReadAll(string path, string displayName, out ImmutableArray<Diagnostic> diagnostics)
    {
        var list = new DiagnosticList(displayName);
        MappingReader? top = MappingReader.OfRoot(YamlReader.ReadFile(path, list), list);
        ImmutableArray<StackRecipe>.Builder recipes = ImmutableArray.CreateBuilder<StackRecipe>();
        if (top is not null)
        {
            foreach (MappingReader one in top.Groups("recipes"))
                recipes.Add(Read(one));
            top.Finish();
        }

        diagnostics = list.InOrder();
        return list.HasErrors ? [] : recipes.ToImmutable();
    }

    /// <summary>True when the group belongs to the fitted set.</summary>
    public bool IsFitted(string group)
    {
        ulong hash = Seed ^ 14695981039346656037UL;
        foreach (char letter in group)
            hash = (hash ^ letter) * 1099511628211UL;
        return new SplitMix64(hash).NextUnit() < Share;
    }

    private static StackRecipe Read(MappingReader one)
    {
        ImmutableArray<string> stacks = [.. one.Texts("stacks").Select(static text => text.Text)];
        ImmutableArray<FreeConstant>.Builder free = ImmutableArray.CreateBuilder<FreeConstant>();
        foreach (YamlScalar name in one.Texts("shared"))
        {
            // `constant/stack` is free for one stack of several.
            string[] parts = name.Text.Split('/');
            Add(free, one, name, parts[0], parts.Length == 2 ? parts[1] : "", "");
        }

        foreach (YamlScalar name in one.Texts("perStack"))
        {
            foreach (string stack in stacks)
                Add(free, one, name, name.Text, stack, "");
        }

        foreach (YamlScalar name in one.Texts("onChip"))
        {
            string[] parts = name.Text.Split('@');
            if (parts.Length == 2)
                Add(free, one, name, parts[0], "", parts[1]);
            else
                one.Diagnostics.Error("ORR3001", name.Position, $"'{name.Text}' needs a chip; expected 'constant@chip'");
        }

        var recipe = new StackRecipe
        {
            Name = one.RequiredText("name", "the name of the recipe"),
            Stacks = stacks,
            Operator = one.Text("operator", "step"),
            TakesIncomplete = one.Flag("takesIncomplete", fallback: false),
            Models = ModelWords[one.Word("models", ModelWords, 0)],
            Sources = [.. one.Texts("sources").Select(static text => text.Text)],
            Free = free.ToImmutable(),
            GroupBy = [.. one.Texts("group").Select(static text => text.Text)],
            LeaveOut = [.. one.Texts("leaveOut").Select(static text => text.Text)],
            SpreadsAsLeftOut = one.Flag("spreadsAsLeftOut", fallback: false),
            Share = one.Quantity("share", QuantityKind.Number, 0, 1) ?? 1,
            Seed = (ulong)one.Integer("seed", 0, int.MaxValue, 1),
        };
        one.Finish();
        return recipe;
    }

    private static void Add(ImmutableArray<FreeConstant>.Builder free, MappingReader one, YamlScalar at, string name, string stack, string chip)
    {
        for (int i = 0; i < StackConstants.Count; i++)
        {
            if (string.Equals(StackConstants.NameOf((StackConstant)i), name, StringComparison.Ordinal))
            {
                free.Add(new FreeConstant((StackConstant)i, stack, chip));
                return;
            }
        }

        string[] known = [.. Enumerable.Range(0, StackConstants.Count).Select(static i => StackConstants.NameOf((StackConstant)i))];
        one.Diagnostics.Error("ORR3002", at.Position, $"'{name}' is not a stack constant; {Suggestion.Of(name, known)}");
    }
}
