using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Cli.Arguments;

namespace Orrery.Cli.Verbs;

/// <summary>Opens the catalogue with the readings a person assumes.</summary>
public static class CatalogOpening
{
    /// <summary>The catalogue under <c>--assume</c>, and what is wrong with the assumptions.</summary>
    public static (DataCatalog Catalog, ImmutableArray<Diagnostic> Problems) Open(ParsedArguments arguments)
    {
        string root = DataCatalog.FindDataRoot();
        Dictionary<string, string>? assumptions = null;
        foreach (string pair in arguments.Texts("--assume"))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            assumptions ??= new(StringComparer.Ordinal);
            assumptions[pair[..equals]] = pair[(equals + 1)..];
        }

        DataCatalog catalog = DataCatalog.Open(root, assumptions);
        return (catalog, assumptions is null ? [] : catalog.CheckAssumptions());
    }
}
