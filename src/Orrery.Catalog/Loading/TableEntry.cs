using Orrery.Catalog.Yaml;

namespace Orrery.Catalog.Loading;

/// <summary>One number of a table in a file.</summary>
internal sealed class TableEntry(YamlScalar key, double value)
{
    public YamlScalar Key { get; } = key;

    public double Value { get; } = value;
}
