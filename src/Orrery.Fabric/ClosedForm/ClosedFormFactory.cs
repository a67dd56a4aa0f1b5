using System.Collections.Immutable;
using Orrery.Catalog;

namespace Orrery.Fabric;

/// <summary>
/// Makes the closed-form collectives of systems: a chip's library from <c>data/fabric</c>, the fitted constants of the chip from
/// <c>data/calibration/collectives</c> or, where there are none, of its family (<c>data/calibration/collectives/FAMILY.yaml</c>); between servers
/// those of the system's <see cref="SystemDescription.NetworkFit"/>. Each file is read once, however many readings of a system are priced. For one thread.
/// </summary>
public sealed class ClosedFormFactory(string dataRoot)
{
    private readonly Dictionary<string, Result<CommunicationLibrary>> _libraries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Result<CalibrationFile>> _fits = new(StringComparer.Ordinal);

    /// <summary>A model of <paramref name="system"/> that remembers nothing yet; its library's diagnostics where it cannot be read.</summary>
    /// <param name="system">The machine.</param>
    /// <param name="measured">Library with constants of its own, such as that of a published table; empty takes the chip's and, between servers, the system's.</param>
    /// <param name="networkShare">Achieved share of the network's line rate, a property of the software stack; null takes the library's.</param>
    public Result<ClosedFormCollectives> Create(SystemDescription system, double? networkShare = null, string measured = "")
    {
        Result<CommunicationLibrary> library = Library(system.Chip);
        if (library.Value is null)
            return new(null, library.Diagnostics);
        ImmutableArray<Diagnostic> diagnostics = library.Diagnostics;
        ProtocolTable? protocols = null, network = null;
        bool isNamed = measured.Length > 0;
        foreach (string subject in (ReadOnlySpan<string>)[$"{measured}.{system.Chip.Id}", $"{measured}.{system.Chip.Family}", system.Chip.Id, system.Chip.Family])
        {
            if ((!isNamed && subject[0] == '.') || Fit(subject) is not { } calibration)
                continue;
            diagnostics = diagnostics.AddRange(calibration.Diagnostics);
            if (calibration.Value is null)
                return new(null, diagnostics);
            bool isFamily = !subject.EndsWith(system.Chip.Id, StringComparison.Ordinal);
            protocols ??= ProtocolTable.From(calibration.Value, isFamily);
            network ??= isNamed ? ProtocolTable.From(calibration.Value, isFamily, ProtocolTable.Network) : null;
            if (protocols is not null)
                break;
        }

        if (network is null && system.NetworkFit is { Length: > 0 } across)
        {
            if (Fit(across) is not { } calibration)
                return new(null, diagnostics.Add(NoSuchFit(system)));
            diagnostics = diagnostics.AddRange(calibration.Diagnostics);
            if (calibration.Value is null)
                return new(null, diagnostics);
            network = ProtocolTable.From(calibration.Value, isFamily: !across.EndsWith("." + system.Chip.Id, StringComparison.Ordinal), ProtocolTable.Network);
            if (network is null)
                return new(null, diagnostics.Add(NoSuchFit(system)));
        }

        if (system.Communication is not { } own)
            return new(new ClosedFormCollectives(system, library.Value, protocols, networkShare, network), diagnostics);
        double? share = networkShare is { } stated && own.ScaleOut is { } between ? Math.Min(1, stated * between.Bandwidth) : networkShare;
        protocols = own.ScaleUp is { } inside ? protocols?.Scaled(inside) : protocols;
        network = own.ScaleOut is { } beyond ? network?.Scaled(beyond) : network;
        return new(new ClosedFormCollectives(system, library.Value.Under(own), protocols, share, network), diagnostics);
    }

    private static Diagnostic NoSuchFit(SystemDescription system) => new(
        Severity.Error, DiagnosticCode.UnknownName, $"data/systems/{system.Id}.yaml", 0, 0,
        $"'networkFit' names '{system.NetworkFit}'; expected the subject of a file of data/calibration/collectives with a fit of the scope {ProtocolTable.Network}");

    private Result<CommunicationLibrary> Library(ChipDescription chip)
    {
        string key = chip.Family + (char)(byte)chip.Architecture;
        if (!_libraries.TryGetValue(key, out Result<CommunicationLibrary>? library))
        {
            library = CommunicationLibrary.Load(dataRoot, chip);
            _libraries[key] = library;
        }

        return library;
    }

    /// <summary>The fitted constants of a chip or family; null where it has no file.</summary>
    private Result<CalibrationFile>? Fit(string subject)
    {
        if (_fits.TryGetValue(subject, out Result<CalibrationFile>? fit))
            return fit;
        string path = Path.Combine(dataRoot, "calibration", "collectives", subject + ".yaml");
        if (!File.Exists(path))
            return null;
        fit = CalibrationFile.Read(path, $"data/calibration/collectives/{subject}.yaml");
        _fits[subject] = fit;
        return fit;
    }
}
