using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using Orrery.Units;

namespace Orrery.Catalog.Yaml;

/// <summary>
/// Takes typed values out of one group of keys. Every complaint goes to the list and reading goes on with a harmless value, so one pass finds everything.
/// Call <see cref="Finish"/> last: it names the keys nobody asked for.
/// </summary>
public sealed class MappingReader
{
    private readonly HashSet<string> asked = new(StringComparer.Ordinal);

    /// <summary>Reads <paramref name="mapping"/>, complaining to <paramref name="diagnostics"/>.</summary>
    /// <param name="path">The keys that lead here, joined by points; empty at the top of a file.</param>
    public MappingReader(YamlMapping mapping, DiagnosticList diagnostics, string path = "")
    {
        Mapping = mapping;
        Diagnostics = diagnostics;
        Path = path;
    }

    public YamlMapping Mapping { get; }

    public DiagnosticList Diagnostics { get; }

    public string Path { get; }

    public TextPosition Position => Mapping.Position;

    /// <summary>Reads the top of a file; null with a diagnostic where it is not a group of keys.</summary>
    public static MappingReader? OfRoot(YamlNode? root, DiagnosticList diagnostics)
    {
        if (root is null)
        {
            return null;
        }

        if (root is YamlMapping mapping)
        {
            return new(mapping, diagnostics);
        }

        diagnostics.Error(DiagnosticCode.WrongShape, root.Position, $"expected keys with values ('name: ...'); found {root.Noun}");
        return null;
    }

    /// <summary>The full key, for messages.</summary>
    public string PathOf(string key) => Path.Length == 0 ? key : $"{Path}.{key}";

    /// <summary>What stands under the key; null where it is absent or empty.</summary>
    public YamlNode? Node(string key)
    {
        asked.Add(key);
        foreach (YamlEntry entry in Mapping.Entries)
        {
            if (entry.Key.Text == key)
            {
                return entry.Value is YamlScalar { IsNull: true } ? null : entry.Value;
            }
        }

        return null;
    }

    /// <summary>Whether the key stands in the file, even with nothing under it.</summary>
    public bool Has(string key)
    {
        asked.Add(key);
        foreach (YamlEntry entry in Mapping.Entries)
        {
            if (entry.Key.Text == key)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Says that a key is missing, once, at the group it should stand in.</summary>
    public void Missing(string key, string expected) =>
        Diagnostics.Error(DiagnosticCode.MissingKey, Position, Path.Length == 0 ? $"'{key}' is missing; expected {expected}" : $"'{key}' is missing in '{Path}'; expected {expected}");

    /// <summary>A text; null where it is absent or not a text.</summary>
    public YamlScalar? Scalar(string key)
    {
        switch (Node(key))
        {
            case null:
                return null;
            case YamlScalar scalar:
                return scalar;
            case YamlNode other:
                Diagnostics.Error(DiagnosticCode.WrongShape, other.Position, $"'{PathOf(key)}' must be one value; found {other.Noun}");
                return null;
        }
    }

    /// <summary>A text, or <paramref name="fallback"/> where it is absent.</summary>
    public string Text(string key, string fallback = "") => Scalar(key)?.Text.Trim() ?? fallback;

    /// <summary>A text that must be there and hold something.</summary>
    public string RequiredText(string key, string expected)
    {
        int before = Diagnostics.Count;
        YamlScalar? scalar = Scalar(key);
        if (scalar is null)
        {
            if (Diagnostics.Count == before)
            {
                Missing(key, expected);
            }

            return "";
        }

        string text = scalar.Text.Trim();
        if (text.Length == 0)
        {
            Diagnostics.Error(DiagnosticCode.EmptyText, scalar.Position, $"'{PathOf(key)}' is empty; expected {expected}");
        }

        return text;
    }

    /// <summary>A whole number from <paramref name="low"/> to <paramref name="high"/>; <paramref name="fallback"/> where absent (null: it must be there).</summary>
    public int Integer(string key, int low, int high, int? fallback)
    {
        int before = Diagnostics.Count;
        YamlScalar? scalar = Scalar(key);
        if (scalar is not null)
        {
            return ReadInteger(scalar, PathOf(key), low, high) ?? fallback ?? low;
        }

        if (fallback is null && Diagnostics.Count == before)
        {
            Missing(key, $"a whole number from {low} to {high}");
        }

        return fallback ?? low;
    }

    /// <summary>True or false, written so; <paramref name="fallback"/> where absent.</summary>
    public bool Flag(string key, bool fallback)
    {
        YamlScalar? scalar = Scalar(key);
        if (scalar is null)
        {
            return fallback;
        }

        if (scalar.Text is "true" or "false")
        {
            return scalar.Text == "true";
        }

        Diagnostics.Error(DiagnosticCode.UnknownWord, scalar.Position, $"'{PathOf(key)}' is '{scalar.Shortened}'; expected true or false");
        return fallback;
    }

    /// <summary>One of some words, by its place in the list; <paramref name="fallback"/> where absent (-1: it must be there).</summary>
    public int Word(string key, ImmutableArray<string> words, int fallback = -1)
    {
        int before = Diagnostics.Count;
        YamlScalar? scalar = Scalar(key);
        if (scalar is null)
        {
            if (fallback < 0 && Diagnostics.Count == before)
            {
                Missing(key, $"one of {string.Join(", ", words)}");
            }

            return Math.Max(fallback, 0);
        }

        string text = scalar.Text.Trim();
        int index = words.IndexOf(text, 0, StringComparer.Ordinal);
        if (index >= 0)
        {
            return index;
        }

        Diagnostics.Error(DiagnosticCode.UnknownWord, scalar.Position, $"'{PathOf(key)}' is '{scalar.Shortened}'; {Suggestion.Of(text, words)}");
        return Math.Max(fallback, 0);
    }

    /// <summary>A quantity or pure number from <paramref name="low"/> to <paramref name="high"/> in SI base units; null where absent or wrong.</summary>
    public double? Quantity(string key, QuantityKind kind, double low, double high) =>
        Scalar(key) is { } scalar ? ReadQuantity(scalar, PathOf(key), kind, low, high) : null;

    /// <summary>As <see cref="Quantity"/>, but it must be there; <paramref name="low"/> where it is not.</summary>
    public double RequiredQuantity(string key, QuantityKind kind, double low, double high)
    {
        int before = Diagnostics.Count;
        double? value = Quantity(key, kind, low, high);
        if (value is null && Diagnostics.Count == before)
        {
            Missing(key, $"a value such as '{Orrery.Units.Quantity.Example(kind)}'");
        }

        return value ?? low;
    }

    /// <summary>A list of texts; a single text stands for a list of one.</summary>
    public ImmutableArray<YamlScalar> Texts(string key)
    {
        YamlNode? node = Node(key);
        switch (node)
        {
            case null:
                return [];
            case YamlScalar one:
                return [one];
            case YamlSequence list:
                ImmutableArray<YamlScalar>.Builder texts = ImmutableArray.CreateBuilder<YamlScalar>();
                foreach (YamlNode item in list.Items)
                {
                    if (item is YamlScalar text)
                    {
                        texts.Add(text);
                    }
                    else
                    {
                        Diagnostics.Error(DiagnosticCode.WrongShape, item.Position, $"'{PathOf(key)}' is a list of texts; found {item.Noun} in it");
                    }
                }

                return texts.ToImmutable();
            default:
                Diagnostics.Error(DiagnosticCode.WrongShape, node.Position, $"'{PathOf(key)}' must be a list of texts; found {node.Noun}");
                return [];
        }
    }

    /// <summary>A list of texts without their places.</summary>
    public ImmutableArray<string> Words(string key)
    {
        ImmutableArray<YamlScalar> texts = Texts(key);
        string[] words = new string[texts.Length];
        for (int index = 0; index < words.Length; index++)
        {
            words[index] = texts[index].Text;
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(words);
    }

    /// <summary>A group of keys below this one; null where absent or of another shape.</summary>
    public MappingReader? Group(string key)
    {
        switch (Node(key))
        {
            case null:
                return null;
            case YamlMapping mapping:
                return new(mapping, Diagnostics, PathOf(key));
            case YamlNode other:
                Diagnostics.Error(DiagnosticCode.WrongShape, other.Position, $"'{PathOf(key)}' must be a group of keys; found {other.Noun}");
                return null;
        }
    }

    /// <summary>A group of keys that must be there.</summary>
    public MappingReader? RequiredGroup(string key, string expected)
    {
        int before = Diagnostics.Count;
        MappingReader? group = Group(key);
        if (group is null && Diagnostics.Count == before)
        {
            Missing(key, expected);
        }

        return group;
    }

    /// <summary>A list of groups of keys; their paths carry the index from 0, or the group's <c>name</c>.</summary>
    public ImmutableArray<MappingReader> Groups(string key)
    {
        YamlNode? node = Node(key);
        if (node is null)
        {
            return [];
        }

        if (node is not YamlSequence list)
        {
            Diagnostics.Error(DiagnosticCode.WrongShape, node.Position, $"'{PathOf(key)}' must be a list of groups of keys; found {node.Noun}");
            return [];
        }

        ImmutableArray<MappingReader>.Builder groups = ImmutableArray.CreateBuilder<MappingReader>();
        for (int index = 0; index < list.Items.Length; index++)
        {
            if (list.Items[index] is YamlMapping mapping)
            {
                groups.Add(new(mapping, Diagnostics, string.Create(CultureInfo.InvariantCulture, $"{PathOf(key)}[{index}]")));
            }
            else
            {
                Diagnostics.Error(DiagnosticCode.WrongShape, list.Items[index].Position, $"'{PathOf(key)}' is a list of groups of keys; found {list.Items[index].Noun} in it");
            }
        }

        return groups.ToImmutable();
    }

    /// <summary>Reports every key that no reader asked for, with the nearest one that exists.</summary>
    public void Finish()
    {
        List<string>? known = null;
        foreach (YamlEntry entry in Mapping.Entries)
        {
            if (asked.Contains(entry.Key.Text))
            {
                continue;
            }

            if (known is null)
            {
                known = [.. asked];
                known.Sort(StringComparer.Ordinal);
            }

            string place = Path.Length == 0 ? "" : $" in '{Path}'";
            Diagnostics.Error(DiagnosticCode.UnknownKey, entry.Key.Position, $"there is no key '{entry.Key.Shortened}'{place}; {Suggestion.Of(entry.Key.Text, known)}");
        }
    }

    internal int? ReadInteger(YamlScalar scalar, string name, int low, int high)
    {
        string text = scalar.Text.Replace(",", "", StringComparison.Ordinal).Trim();
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value))
        {
            Diagnostics.Error(DiagnosticCode.BadInteger, scalar.Position, $"'{name}' is '{scalar.Shortened}'; expected a whole number from {low} to {high}");
            return null;
        }

        if (value < low || value > high)
        {
            Diagnostics.Error(DiagnosticCode.OutOfRange, scalar.Position, $"'{name}' is {scalar.Shortened}; it must be from {low} to {high}");
            return null;
        }

        return (int)value;
    }

    internal double? ReadQuantity(YamlScalar scalar, string name, QuantityKind kind, double low, double high)
    {
        if (!Orrery.Units.Quantity.TryParse(scalar.Text, kind, out double value, out string problem))
        {
            Diagnostics.Error(DiagnosticCode.BadQuantity, scalar.Position, $"'{name}' {problem}");
            return null;
        }

        if (value < low || value > high)
        {
            Diagnostics.Error(
                DiagnosticCode.OutOfRange,
                scalar.Position,
                $"'{name}' is {scalar.Shortened}; it must be from {QuantityText.Of(low, kind)} to {QuantityText.Of(high, kind)}");
            return null;
        }

        return value;
    }
}
