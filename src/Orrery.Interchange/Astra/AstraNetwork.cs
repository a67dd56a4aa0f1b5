using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Catalog.Yaml;
using Orrery.Units;

namespace Orrery.Interchange;

/// <summary>
/// A network file of ASTRA-sim's analytical back end: dimensions, innermost first, rank-adjacent. Bandwidths are GB/s for each link and direction with 1 GB
/// of 2^30 bytes, latencies ns for each hop.
/// </summary>
/// <remarks>Source: astra-sim/astra-network-analytical, README and input folder.</remarks>
public sealed record AstraNetwork(ImmutableArray<AstraDimension> Dimensions)
{
    private const double BytesPerGigabyte = 1L << 30;
    private const double SecondsPerNanosecond = 1e-9;
    private const int MostRanks = 1 << 24;
    private const double MostBandwidth = 1e9;
    private const double MostLatency = 1e12;

    private static readonly ImmutableArray<string> Words = ["Ring", "FullyConnected", "Switch"];

    /// <summary>Ranks: the product of the sizes.</summary>
    public int Ranks
    {
        get
        {
            int ranks = 1;
            foreach (AstraDimension dimension in Dimensions)
                ranks *= dimension.Size;
            return ranks;
        }
    }

    /// <summary>Reads a file; every mistake at once.</summary>
    public static Result<AstraNetwork> ReadFile(string path)
    {
        DiagnosticList diagnostics = new(path);
        MappingReader? top = MappingReader.OfRoot(YamlReader.ReadFile(path, diagnostics), diagnostics);
        if (top is null)
            return new(null, diagnostics.InOrder());
        List<YamlScalar> topology = AstraText.List(top, "topology", "a list such as [ Ring, Switch ]");
        List<YamlScalar> sizes = AstraText.List(top, "npus_count", "a list of whole numbers above 1");
        List<YamlScalar> bandwidths = AstraText.List(top, "bandwidth", "a list of GB/s");
        List<YamlScalar> latencies = AstraText.List(top, "latency", "a list of ns");
        top.Finish();
        int count = topology.Count;
        foreach ((string key, List<YamlScalar> list) in ((string, List<YamlScalar>)[])[("npus_count", sizes), ("bandwidth", bandwidths), ("latency", latencies)])
        {
            if (list.Count != count && list.Count > 0 && count > 0)
                diagnostics.Error(ReplayCodes.BadAstraFile, list[0].Position, $"'{key}' has {list.Count} entries, 'topology' {count}; expected one for each dimension");
        }

        if (diagnostics.HasErrors)
            return new(null, diagnostics.InOrder());
        AstraDimension[] dimensions = new AstraDimension[count];
        double ranks = 1;
        for (int index = 0; index < count; index++)
        {
            int kind = Words.IndexOf(topology[index].Text.Trim());
            if (kind < 0)
                diagnostics.Error(ReplayCodes.BadAstraFile, topology[index].Position, $"'{topology[index].Shortened}' is no topology; {Suggestion.Of(topology[index].Text, Words)}");
            double size = AstraText.Number(sizes[index], "npus_count", 2, MostRanks, diagnostics);
            if (size != Math.Floor(size))
                diagnostics.Error(ReplayCodes.BadAstraFile, sizes[index].Position, $"npus_count is {sizes[index].Shortened}; expected a whole number");
            double rate = AstraText.Number(bandwidths[index], "bandwidth", 1e-6, MostBandwidth, diagnostics);
            double latency = AstraText.Number(latencies[index], "latency", 0, MostLatency, diagnostics);
            ranks *= size;
            dimensions[index] = new AstraDimension(
                (AstraTopology)Math.Max(0, kind), (int)size, new BytesPerSecond(rate * BytesPerGigabyte), new Seconds(latency * SecondsPerNanosecond));
        }

        if (ranks > MostRanks)
            diagnostics.Error(ReplayCodes.BadAstraFile, sizes[0].Position, $"the product of npus_count is {ranks:R}; at most {MostRanks}");
        return new(diagnostics.HasErrors ? null : new AstraNetwork(ImmutableArray.Create(dimensions)), diagnostics.InOrder());
    }

    /// <summary>
    /// The ranks that share all coordinates with <paramref name="rank"/> but those of the dimensions in <paramref name="mask"/>, in order; bit d stands for
    /// dimension d.
    /// </summary>
    public ImmutableArray<int> GroupOf(int rank, uint mask)
    {
        int origin = rank, stride = 1;
        List<int> members = [0];
        for (int index = 0; index < Dimensions.Length; index++)
        {
            int size = Dimensions[index].Size;
            if ((mask >> index & 1) != 0)
            {
                origin -= rank / stride % size * stride;
                int inner = members.Count;
                for (int place = 1; place < size; place++)
                {
                    for (int member = 0; member < inner; member++)
                        members.Add(members[member] + (place * stride));
                }
            }

            stride *= size;
        }

        return [.. members.Select(offset => origin + offset)];
    }
}
