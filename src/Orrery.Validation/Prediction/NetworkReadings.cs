using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Catalog.Yaml;
using Orrery.Units;

namespace Orrery.Validation.Prediction;

/// <summary>Networks of published cases that are not those of the catalogue's system, from <c>data/validation/networks.yaml</c>.</summary>
public sealed class NetworkReadings
{
    private readonly ImmutableSortedDictionary<string, BytesPerSecond> perServer;

    private NetworkReadings(ImmutableSortedDictionary<string, BytesPerSecond> perServer) => this.perServer = perServer;

    /// <summary>Reads the table; a broken one is diagnostics and no readings.</summary>
    public static Result<NetworkReadings> Load(string dataRoot)
    {
        string path = Path.Combine(dataRoot, "validation", "networks.yaml");
        var list = new DiagnosticList("data/validation/networks.yaml");
        MappingReader? top = MappingReader.OfRoot(YamlReader.ReadFile(path, list), list);
        var readings = ImmutableSortedDictionary.CreateBuilder<string, BytesPerSecond>(StringComparer.Ordinal);
        if (top is not null)
        {
            foreach (MappingReader one in top.Groups("networks"))
            {
                readings[one.RequiredText("printed", "the source's words")] = new BytesPerSecond(one.RequiredQuantity("perServer", QuantityKind.DataRate, 1e6, 1e15));
                one.Finish();
            }

            top.Finish();
        }

        return new Result<NetworkReadings>(list.HasErrors ? null : new NetworkReadings(readings.ToImmutable()), list.InOrder());
    }

    /// <summary><paramref name="system"/> with the network that <paramref name="printed"/> names, or unchanged.</summary>
    public SystemDescription Apply(SystemDescription system, string printed)
    {
        if (!perServer.TryGetValue(printed, out BytesPerSecond rate))
            return system;
        LevelDescription outer = system.Levels[^1];
        var reading = new Reading<BytesPerSecond>("case", rate / system.ChipsPerServer, Mark.Stated, printed, "", "the case's own network");
        return system with
        {
            Levels = system.Levels.SetItem(system.Levels.Length - 1, outer with { BandwidthPerChip = new Sourced<BytesPerSecond>(outer.BandwidthPerChip.Key, [reading], 0) }),
        };
    }
}
