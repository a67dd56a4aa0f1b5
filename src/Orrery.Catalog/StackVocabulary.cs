using System.Collections.Immutable;
using Orrery.Catalog.Yaml;
using Orrery.Units;

namespace Orrery.Catalog;

/// <summary>
/// One word of the vocabulary of stack constants: what it means, its unit, its physical range, its value where a stack says nothing.
/// The three numbers are in <paramref name="Unit"/>, as every value of the constant is.
/// </summary>
public sealed record StackConstantDefinition(string Name, string Unit, string Meaning, double Low, double High, double Default);

/// <summary>The constants a stack may have: <c>data/stacks/constants.yaml</c>.</summary>
public sealed record StackVocabulary
{
    private readonly Dictionary<string, StackConstantDefinition> byName = new(StringComparer.Ordinal);

    /// <summary>In file order.</summary>
    public required ImmutableArray<StackConstantDefinition> Constants
    {
        get;
        init
        {
            field = value;
            byName = new(StringComparer.Ordinal);
            foreach (StackConstantDefinition one in value)
            {
                byName[one.Name] = one;
            }
        }
    }

    /// <summary>The definition of a constant; null where there is no such word.</summary>
    public StackConstantDefinition? Find(string name) => byName.GetValueOrDefault(name);

    /// <summary>Reads a vocabulary file.</summary>
    public static Result<StackVocabulary> Read(string path, string? displayName = null)
    {
        DiagnosticList diagnostics = new(displayName ?? path);
        return Read(YamlReader.ReadFile(path, diagnostics), diagnostics);
    }

    /// <summary>Reads a vocabulary text.</summary>
    public static Result<StackVocabulary> Parse(string text, string displayName)
    {
        DiagnosticList diagnostics = new(displayName);
        return Read(YamlReader.Read(text, diagnostics), diagnostics);
    }

    private static Result<StackVocabulary> Read(YamlNode? root, DiagnosticList diagnostics)
    {
        MappingReader? top = MappingReader.OfRoot(root, diagnostics);
        if (top is null)
        {
            return new(null, diagnostics.InOrder());
        }

        ImmutableArray<StackConstantDefinition>.Builder constants = ImmutableArray.CreateBuilder<StackConstantDefinition>();
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (MappingReader group in top.Groups("constants"))
        {
            StackConstantDefinition one = ReadDefinition(group);
            if (one.Name.Length > 0 && !names.Add(one.Name))
            {
                diagnostics.Error(DiagnosticCode.DuplicateName, group.Position, $"the constant '{one.Name}' is defined twice");
                continue;
            }

            constants.Add(one);
        }

        if (!top.Has("constants"))
        {
            top.Missing("constants", "a list of constants");
        }

        top.Finish();
        return new(diagnostics.HasErrors ? null : new() { Constants = constants.ToImmutable() }, diagnostics.InOrder());
    }

    private static StackConstantDefinition ReadDefinition(MappingReader group)
    {
        string name = group.RequiredText("name", "a name");
        string unit = group.RequiredText("unit", "a unit such as us, or \"1\"");
        if (unit.Length > 0 && !ConstantUnit.TryFind(unit, out _, out _))
        {
            group.Diagnostics.Error(DiagnosticCode.BadQuantity, group.Node("unit")!.Position, $"'{group.PathOf("unit")}' is '{unit}'; expected a unit such as us, GB/s, W, or \"1\" for a pure number");
            unit = "1";
        }

        int before = group.Diagnostics.Count;
        double low = ConstantUnit.Read(group, "low", unit, -1e300, 1e300);
        double high = ConstantUnit.Read(group, "high", unit, -1e300, 1e300);
        double fallback = ConstantUnit.Read(group, "default", unit, -1e300, 1e300);
        string meaning = group.RequiredText("meaning", "what the constant is");
        if (group.Diagnostics.Count == before && !(low < high && fallback >= low && fallback <= high))
        {
            group.Diagnostics.Error(
                DiagnosticCode.ConstantOutOfRange,
                group.Position,
                $"'{name}' defaults to {Quantity.FormatNumber(fallback)} in the range {Quantity.FormatNumber(low)} to {Quantity.FormatNumber(high)}; the range must hold it");
        }

        group.Finish();
        return new(name, unit, meaning, low, high, fallback);
    }
}
