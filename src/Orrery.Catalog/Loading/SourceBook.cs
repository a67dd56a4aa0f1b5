using System.Diagnostics.CodeAnalysis;
using Orrery.Catalog.Yaml;

namespace Orrery.Catalog.Loading;

/// <summary>Where one short name of a source points.</summary>
internal sealed class SourceEntry(string text, string date)
{
    public string Text { get; } = text;

    public string Date { get; } = date;
}

/// <summary>The <c>sources:</c> map at the top of a file: short names for documents, each a text, or <c>{where, date}</c> to date all its figures.</summary>
internal sealed class SourceBook
{
    /// <summary>The source of our own arithmetic and planning values; it needs no entry but always a note.</summary>
    public const string Ours = "ours";

    private readonly Dictionary<string, SourceEntry> entries = new(StringComparer.Ordinal)
    {
        [Ours] = new("this catalogue's own arithmetic or planning value", ""),
    };

    private readonly List<string> names = [Ours];

    private SourceBook()
    {
    }

    public IReadOnlyList<string> Names => names;

    public static SourceBook Read(MappingReader top)
    {
        SourceBook book = new();
        if (top.Group("sources") is not { } group)
        {
            return book;
        }

        foreach (YamlEntry entry in group.Mapping.Entries)
        {
            string name = entry.Key.Text;
            if (name == Ours)
            {
                top.Diagnostics.Error(DiagnosticCode.DuplicateName, entry.Key.Position, $"'{Ours}' is built in; give this source another name");
            }

            if (entry.Value is YamlScalar)
            {
                book.entries[name] = new(group.RequiredText(name, "the address of a document"), "");
                book.names.Add(name);
            }
            else if (group.Group(name) is { } one)
            {
                SourceEntry read = new(one.RequiredText("where", "the address of a document"), CatalogDate.Read(one, "date", required: true));
                one.Finish();
                book.entries[name] = read;
                book.names.Add(name);
            }
        }

        return book;
    }

    public bool TryFind(string name, [NotNullWhen(true)] out SourceEntry? entry) => entries.TryGetValue(name, out entry);
}
