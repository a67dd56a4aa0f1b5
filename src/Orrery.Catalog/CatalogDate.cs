using System.Globalization;
using Orrery.Catalog.Yaml;

namespace Orrery.Catalog;

/// <summary>Dates of sources: a year, a month or a day (<c>2026</c>, <c>2026-08</c>, <c>2026-08-21</c>).</summary>
internal static class CatalogDate
{
    /// <summary>Reads a date; empty where absent.</summary>
    public static string Read(MappingReader group, string key, bool required)
    {
        string text = required ? group.RequiredText(key, "a date such as 2026-08") : group.Text(key);
        if (text.Length > 0 && !IsDate(text))
        {
            group.Diagnostics.Error(DiagnosticCode.BadDate, group.Node(key)!.Position, $"'{group.PathOf(key)}' is '{(text.Length <= 60 ? text : text[..60])}'; expected a date such as 2026, 2026-08 or 2026-08-21");
        }

        return text;
    }

    private static bool IsDate(string text) => text.Length switch
    {
        4 => DateOnly.TryParseExact(text, "yyyy", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        7 => DateOnly.TryParseExact(text, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        10 => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        _ => false,
    };
}
