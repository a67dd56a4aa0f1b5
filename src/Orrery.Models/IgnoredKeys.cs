using Orrery.Catalog;
using Orrery.Models.Json;

namespace Orrery.Models;

/// <summary>
/// Keys of <c>config.json</c> that do not change the shape of a network, from <c>data/models/ignored-keys.txt</c>: a line each, as
/// <c>key</c>, as <c>prefix*</c>, or as <c>key = value</c> for a key that changes nothing only with that value. <c>#</c> begins a comment.
/// </summary>
public sealed class IgnoredKeys
{
    /// <summary>Lines beyond this are an error; the list has about two hundred.</summary>
    public const int MaximumLines = 10_000;

    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);
    private readonly List<string> _prefixes = [];
    private readonly Dictionary<string, List<string>> _values = new(StringComparer.Ordinal);

    private IgnoredKeys()
    {
    }

    /// <summary>No key is ignored.</summary>
    public static IgnoredKeys None { get; } = new();

    /// <summary>Plain keys, for suggestions.</summary>
    internal IEnumerable<string> Keys => _keys;

    /// <summary>Reads the list; lines that cannot be read are diagnostics.</summary>
    public static IgnoredKeys Parse(string text, string file, List<Diagnostic> diagnostics)
    {
        IgnoredKeys result = new();
        int number = 0;
        foreach (ReadOnlySpan<char> raw in text.AsSpan().EnumerateLines())
        {
            if (++number > MaximumLines)
            {
                diagnostics.Add(new Diagnostic(
                    Severity.Error, ModelCodes.BadIgnoredKeys, file, number, 1, $"more than {MaximumLines} lines"));
                break;
            }

            int comment = raw.IndexOf('#');
            ReadOnlySpan<char> line = (comment < 0 ? raw : raw[..comment]).Trim();
            if (!line.IsEmpty)
                result.Add(line, file, number, diagnostics);
        }

        return result;
    }

    /// <summary>True where the key with this value says nothing about shape. A null says nothing whatever the key.</summary>
    internal bool Covers(string key, JsonValue value)
    {
        if (value.Kind == JsonKind.Null || _keys.Contains(key))
            return true;
        foreach (string prefix in _prefixes)
        {
            if (key.StartsWith(prefix, StringComparison.Ordinal))
                return true;
        }

        if (!_values.TryGetValue(key, out List<string>? neutral))
            return false;
        string written = value.Kind == JsonKind.Text ? value.Text : value.Words;
        return neutral.Contains(written, StringComparer.Ordinal);
    }

    private void Add(ReadOnlySpan<char> line, string file, int number, List<Diagnostic> diagnostics)
    {
        int equals = line.IndexOf('=');
        ReadOnlySpan<char> key = (equals < 0 ? line : line[..equals]).Trim();
        if (key.IsEmpty || key.ContainsAny(' ', '\t') || (equals >= 0 && line[(equals + 1)..].Trim().IsEmpty))
        {
            diagnostics.Add(new Diagnostic(
                Severity.Error, ModelCodes.BadIgnoredKeys, file, number, 1, "expected 'key', 'prefix*' or 'key = value'"));
            return;
        }

        if (equals >= 0)
        {
            string name = key.ToString();
            if (!_values.TryGetValue(name, out List<string>? list))
                _values[name] = list = [];
            list.Add(line[(equals + 1)..].Trim().ToString());
        }
        else if (key[^1] == '*')
        {
            _prefixes.Add(key[..^1].ToString());
        }
        else
        {
            _keys.Add(key.ToString());
        }
    }
}
