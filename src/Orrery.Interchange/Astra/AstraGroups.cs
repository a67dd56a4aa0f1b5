using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Catalog.Yaml;

namespace Orrery.Interchange;

/// <summary>Small JSON files beside a workload of ASTRA-sim: process groups, and the sizes of a logical topology.</summary>
public static class AstraGroups
{
    /// <summary>A file of process groups: each key the name of one, each value its ranks.</summary>
    public static Result<ImmutableDictionary<string, ProcessGroup>> ReadFile(string path)
    {
        DiagnosticList diagnostics = new(path);
        if (AstraText.ReadJson(path, diagnostics) is not { } top)
            return new(null, diagnostics.InOrder());
        ImmutableDictionary<string, ProcessGroup>.Builder groups = ImmutableDictionary.CreateBuilder<string, ProcessGroup>(StringComparer.Ordinal);
        foreach (YamlEntry entry in top.Mapping.Entries)
        {
            ImmutableArray<int>.Builder ranks = ImmutableArray.CreateBuilder<int>();
            foreach (YamlNode item in entry.Value is YamlSequence list ? list.Items : [entry.Value])
            {
                if (item is YamlScalar scalar && int.TryParse(scalar.Text, NumberStyles.None, CultureInfo.InvariantCulture, out int rank))
                    ranks.Add(rank);
                else
                    diagnostics.Error(ReplayCodes.BadAstraFile, item.Position, $"group '{entry.Key.Shortened}' holds {item.Noun}; expected the numbers of ranks");
            }

            if (!GroupText.HasNoRepeats(ranks.ToImmutable()))
                diagnostics.Error(ReplayCodes.BadAstraFile, entry.Key.Position, $"group '{entry.Key.Shortened}' names a rank twice");
            groups[entry.Key.Text] = new ProcessGroup(ranks.ToImmutable(), []);
        }

        return new(diagnostics.HasErrors ? null : groups.ToImmutable(), diagnostics.InOrder());
    }

    /// <summary>A file of a logical topology: the sizes of its dimensions, innermost first.</summary>
    public static Result<AstraNetwork> ReadTopology(string path)
    {
        DiagnosticList diagnostics = new(path);
        if (AstraText.ReadJson(path, diagnostics) is not { } top)
            return new(null, diagnostics.InOrder());
        ImmutableArray<AstraDimension>.Builder dimensions = ImmutableArray.CreateBuilder<AstraDimension>();
        double ranks = 1;
        foreach (YamlScalar scalar in AstraText.List(top, "logical-dims", "a list such as [\"8\", \"2\"]"))
        {
            double size = AstraText.Number(scalar, "logical-dims", 1, 1 << 24, diagnostics);
            ranks *= size;
            dimensions.Add(new AstraDimension(AstraTopology.Switch, (int)size, default, default));
        }

        top.Finish();
        if (ranks > 1 << 24)
            diagnostics.Error(ReplayCodes.BadAstraFile, top.Position, $"the product of logical-dims is {ranks:R}; at most {1 << 24}");
        return new(diagnostics.HasErrors ? null : new AstraNetwork(dimensions.ToImmutable()), diagnostics.InOrder());
    }
}
