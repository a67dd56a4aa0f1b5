using System.Collections.Immutable;
using Orrery.Catalog;

namespace Orrery.Interchange;

/// <summary>Gathers what is wrong with one file of a replay: names the first so many, counts the rest.</summary>
internal sealed class TraceMistakes(string file, int most)
{
    private const int LongestText = 80;

    private readonly List<Diagnostic> _found = [];
    private int _more;

    public string File { get; } = file;

    public bool HasErrors { get; private set; }

    /// <summary>True where no further mistake would be named: a reader may stop.</summary>
    public bool IsFull => _found.Count >= most;

    public void Error(string code, string message, int line = 0, int column = 0)
    {
        HasErrors = true;
        Add(new Diagnostic(Severity.Error, code, File, line, column, message));
    }

    public void Note(string code, string message) => Add(new Diagnostic(Severity.Note, code, File, 0, 0, message));

    public void Warning(string code, string message, int line = 0, int column = 0) =>
        Add(new Diagnostic(Severity.Warning, code, File, line, column, message));

    public ImmutableArray<Diagnostic> ToImmutable() => _more == 0
        ? [.. _found]
        : [.. _found, new Diagnostic(Severity.Note, ReplayCodes.MoreMistakes, File, 0, 0, $"{_more} more of the same file are not shown")];

    /// <summary>Counts an error that is past those named, without the cost of wording it.</summary>
    public void Count()
    {
        HasErrors = true;
        _more++;
    }

    /// <summary>Text of a file cut and cleaned for a message.</summary>
    public static string Clean(string text)
    {
        string shortened = text.Length <= LongestText ? text : string.Concat(text.AsSpan(0, LongestText - 3), "...");
        return string.Create(shortened.Length, shortened, static (letters, from) =>
        {
            for (int index = 0; index < letters.Length; index++)
                letters[index] = char.IsControl(from[index]) || char.IsSurrogate(from[index]) || from[index] is '\u2028' or '\u2029' ? ' ' : from[index];
        });
    }

    private void Add(Diagnostic diagnostic)
    {
        if (IsFull)
            _more++;
        else
            _found.Add(diagnostic);
    }
}
