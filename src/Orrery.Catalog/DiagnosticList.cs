using System.Collections.Immutable;
using Orrery.Catalog.Yaml;

namespace Orrery.Catalog;

/// <summary>Gathers everything wrong with one file, so that a person sees it all at once and in file order.</summary>
public sealed class DiagnosticList(string file)
{
    /// <summary>More than this many errors help nobody; the rest are counted in one last line.</summary>
    public const int MostErrors = 200;

    private readonly List<Diagnostic> found = [];
    private int suppressed;

    /// <summary>The name by which messages call the file.</summary>
    public string File { get; } = file;

    public bool HasErrors { get; private set; }

    /// <summary>How many there are, those not kept included; a reader compares it to learn whether it has complained already.</summary>
    public int Count => found.Count + suppressed;

    public void Error(string code, TextPosition position, string message) => Add(Severity.Error, code, position, message);

    public void Warning(string code, TextPosition position, string message) => Add(Severity.Warning, code, position, message);

    /// <summary>Takes over diagnostics of another file; they keep their own places and come after this file's.</summary>
    public void AddRange(ImmutableArray<Diagnostic> diagnostics)
    {
        foreach (Diagnostic diagnostic in diagnostics)
        {
            HasErrors |= diagnostic.Severity == Severity.Error;
            found.Add(diagnostic);
        }
    }

    /// <summary>All of them: this file's by line and column, then those of other files in the order they came.</summary>
    public ImmutableArray<Diagnostic> InOrder()
    {
        if (found.Count == 0)
        {
            return [];
        }

        // OrderBy keeps the order of equals, which is the order in which they were found.
        ImmutableArray<Diagnostic>.Builder all = ImmutableArray.CreateBuilder<Diagnostic>(found.Count + 1);
        all.AddRange(found.Where(one => one.File == File).OrderBy(one => one.Line).ThenBy(one => one.Column));
        all.AddRange(found.Where(one => one.File != File));
        if (suppressed > 0)
        {
            all.Add(new(Severity.Note, DiagnosticCode.YamlSyntax, File, 0, 0, $"{suppressed} more of the same file are not shown"));
        }

        return all.ToImmutable();
    }

    private void Add(Severity severity, string code, TextPosition position, string message)
    {
        HasErrors |= severity == Severity.Error;
        if (found.Count >= MostErrors)
        {
            suppressed++;
            return;
        }

        found.Add(new(severity, code, File, position.Line, position.Column, OneLine(message)));
    }

    /// <summary>What a person wrote may hold line ends; a message is one line and no longer than can be read.</summary>
    internal static string OneLine(string message)
    {
        const int Longest = 500;
        Span<char> line = stackalloc char[Longest];
        int length = 0;
        foreach (char letter in message)
        {
            char plain = char.IsControl(letter) || letter is '\u2028' or '\u2029' ? ' ' : letter;
            if (plain == ' ' && length > 0 && line[length - 1] == ' ')
            {
                continue;
            }

            if (length == Longest)
            {
                return string.Concat(line[..(Longest - 3)], "...");
            }

            line[length++] = plain;
        }

        return line[..length].SequenceEqual(message) ? message : new(line[..length]);
    }
}
