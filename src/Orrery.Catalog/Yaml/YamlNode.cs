using System.Collections.Immutable;

namespace Orrery.Catalog.Yaml;

/// <summary>A place in a text file; both count from 1.</summary>
public readonly record struct TextPosition(int Line, int Column);

/// <summary>A node of a YAML file that remembers where it stands, so that every complaint about it can say so.</summary>
public abstract class YamlNode(TextPosition position)
{
    public TextPosition Position { get; } = position;

    /// <summary>What to call the node in a message: <c>a text</c>, <c>a list</c>, <c>a group of keys</c>.</summary>
    public abstract string Noun { get; }
}

/// <summary>A leaf. YAML's own typing (octal, sexagesimal, yes/no) is not applied: a leaf is the text that was written.</summary>
public sealed class YamlScalar(TextPosition position, string text, bool isPlain) : YamlNode(position)
{
    public string Text { get; } = text;

    /// <summary>True without quotes; a plain empty leaf is a missing value.</summary>
    public bool IsPlain { get; } = isPlain;

    /// <summary>True for nothing, <c>~</c> and <c>null</c> without quotes.</summary>
    public bool IsNull => IsPlain && Text is "" or "~" or "null";

    public override string Noun => IsNull ? "nothing" : $"'{Shortened}'";

    /// <summary>The text, cut where it would make a message unreadable.</summary>
    public string Shortened => Text.Length <= 60 ? Text : Text[..57] + "...";
}

/// <summary>An ordered list.</summary>
public sealed class YamlSequence(TextPosition position, ImmutableArray<YamlNode> items) : YamlNode(position)
{
    public ImmutableArray<YamlNode> Items { get; } = items;

    public override string Noun => "a list";
}

/// <summary>One key and what it holds.</summary>
public sealed class YamlEntry(YamlScalar key, YamlNode value)
{
    public YamlScalar Key { get; } = key;

    public YamlNode Value { get; } = value;
}

/// <summary>Keys in file order, no two alike.</summary>
public sealed class YamlMapping(TextPosition position, ImmutableArray<YamlEntry> entries) : YamlNode(position)
{
    public ImmutableArray<YamlEntry> Entries { get; } = entries;

    public override string Noun => "a group of keys";
}
