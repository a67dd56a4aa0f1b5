using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Catalog.Yaml;
using Orrery.Validation.Cases;

namespace Orrery.Validation.Collectives;

/// <summary>Software that published tables timed, from <c>data/calibration/measured.yaml</c>.</summary>
/// <param name="Name">First word of the subject of its calibrations.</param>
/// <param name="ReportedAs">How tables call it.</param>
/// <param name="Algorithm">Word that the column of algorithms holds; empty for any.</param>
/// <param name="IsOneShot">Small all-reduces send whole vectors from each to each.</param>
/// <param name="HasNetwork">Figures between servers are fitted too.</param>
/// <param name="IsAcrossOnly">Inside a server it is NCCL's own benchmark.</param>
public sealed record MeasuredLibrary(string Name, string ReportedAs, string Algorithm, bool IsOneShot, bool HasNetwork, bool IsAcrossOnly)
{
    /// <summary>NCCL's own benchmark: what stands without a name.</summary>
    public static MeasuredLibrary Usual { get; } = new("", "", "", false, false, false);

    /// <summary>All of a data folder; none where the file cannot be read.</summary>
    public static ImmutableArray<MeasuredLibrary> All(string dataRoot)
    {
        DiagnosticList diagnostics = new("data/calibration/measured.yaml");
        string path = Path.Combine(dataRoot, "calibration", "measured.yaml");
        if (!File.Exists(path) || MappingReader.OfRoot(YamlReader.ReadFile(path, diagnostics), diagnostics) is not { } top)
            return [];
        ImmutableArray<MeasuredLibrary>.Builder libraries = ImmutableArray.CreateBuilder<MeasuredLibrary>();
        foreach (MappingReader line in top.Groups("libraries"))
        {
            libraries.Add(new MeasuredLibrary(
                line.RequiredText("name", "a word"), line.RequiredText("reportedAs", "what tables print"), line.Text("algorithm"),
                line.Flag("oneShot", fallback: false), line.Flag("network", fallback: false), line.Flag("acrossOnly", fallback: false)));
        }

        return libraries.ToImmutable();
    }

    /// <summary>The library of a row; <see cref="Usual"/> where none is named.</summary>
    public static MeasuredLibrary Of(ImmutableArray<MeasuredLibrary> all, CollectiveCase row)
    {
        foreach (MeasuredLibrary library in all)
        {
            if ((row.Nodes > 1 || !library.IsAcrossOnly) && row.Library == library.ReportedAs && (library.Algorithm.Length == 0 || library.Algorithm == row.Algorithm))
                return library;
        }

        return Usual;
    }
}
