namespace Orrery.Cli.Arguments;

/// <summary>The values of a command line, each already inside its range. Few flags are given at once, so a list is searched.</summary>
public sealed class ParsedArguments
{
    private readonly List<(string Name, string Text, double Number)> _values = [];

    /// <summary>Arguments without a flag, in order.</summary>
    public List<string> Operands { get; } = [];

    /// <summary>The value of a flag as it was written; null where it was not given.</summary>
    public string? Text(string name)
    {
        foreach ((string candidate, string text, _) in _values)
        {
            if (string.Equals(candidate, name, StringComparison.Ordinal))
                return text;
        }

        return null;
    }

    /// <summary>Every value of a flag that may be repeated, in order.</summary>
    public IEnumerable<string> Texts(string name)
    {
        foreach ((string candidate, string text, _) in _values)
        {
            if (string.Equals(candidate, name, StringComparison.Ordinal))
                yield return text;
        }
    }

    /// <summary>A number flag; null where it was not given.</summary>
    public double? Number(string name)
    {
        foreach ((string candidate, _, double number) in _values)
        {
            if (string.Equals(candidate, name, StringComparison.Ordinal))
                return number;
        }

        return null;
    }

    /// <summary>A whole-number flag; null where it was not given. Its range keeps it inside an <see cref="int"/>.</summary>
    public int? Integer(string name) => (int?)Number(name);

    /// <summary>A switch; null where it was not given.</summary>
    public bool? Switch(string name) => Text(name) switch { null => null, "off" => false, _ => true };

    internal void Add(string name, string text, double number) => _values.Add((name, text, number));
}
