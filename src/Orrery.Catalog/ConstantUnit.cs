using Orrery.Catalog.Yaml;
using Orrery.Units;

namespace Orrery.Catalog;

/// <summary>
/// Units of stack constants. The vocabulary declares one unit a constant and its values are kept in that unit, so a bare number beside a declared unit
/// is not ambiguous; a number with a unit of its own is converted.
/// </summary>
internal static class ConstantUnit
{
    /// <summary>The kind and the size in SI base units of a unit word.</summary>
    public static bool TryFind(string unit, out QuantityKind kind, out double scale)
    {
        if (unit == "1")
        {
            kind = QuantityKind.Number;
            scale = 1;
            return true;
        }

        foreach (QuantityKind candidate in Enum.GetValues<QuantityKind>())
        {
            if (candidate != QuantityKind.Number && Quantity.TryParse($"1 {unit}", candidate, out scale, out _))
            {
                kind = candidate;
                return true;
            }
        }

        kind = default;
        scale = 1;
        return false;
    }

    /// <summary>Reads a value in <paramref name="unit"/>, bare or with a unit of its own; <paramref name="low"/> where it is missing or wrong.</summary>
    public static double Read(MappingReader group, string key, string unit, double low, double high)
    {
        int before = group.Diagnostics.Count;
        YamlScalar? scalar = group.Scalar(key);
        if (scalar is null)
        {
            if (group.Diagnostics.Count == before)
            {
                group.Missing(key, unit == "1" ? "a number" : $"a number of {unit}");
            }

            return low;
        }

        TryFind(unit, out QuantityKind kind, out double scale);
        if (!Quantity.TryParse(scalar.Text, QuantityKind.Number, out double value, out string problem))
        {
            if (kind == QuantityKind.Number || !Quantity.TryParse(scalar.Text, kind, out value, out problem))
            {
                group.Diagnostics.Error(DiagnosticCode.BadQuantity, scalar.Position, $"'{group.PathOf(key)}' {problem}");
                return low;
            }

            value /= scale;
        }

        if (value < low || value > high)
        {
            group.Diagnostics.Error(
                DiagnosticCode.ConstantOutOfRange,
                scalar.Position,
                $"'{group.PathOf(key)}' is {scalar.Shortened}; its physical range is {Text(low, unit)} to {Text(high, unit)}");
            return low;
        }

        return value;
    }

    /// <summary>A value with its unit: <c>30 us</c>, <c>0.85</c>.</summary>
    public static string Text(double value, string unit) => unit == "1" ? Quantity.FormatNumber(value) : $"{Quantity.FormatNumber(value)} {unit}";
}
