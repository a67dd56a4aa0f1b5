namespace Orrery.Validation.Csv;

/// <summary>One string for each distinct cell text: case files repeat chips, stacks and sources a hundred thousand times.</summary>
public sealed class TextPool
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _lookup;

    public TextPool() => _lookup = _known.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The pooled string equal to the text without surrounding blanks.</summary>
    public string Of(ReadOnlySpan<char> text)
    {
        ReadOnlySpan<char> trimmed = text.Trim();
        if (trimmed.IsEmpty)
            return "";
        if (_lookup.TryGetValue(trimmed, out string? known))
            return known;
        string added = trimmed.ToString();
        _known.Add(added);
        return added;
    }
}
