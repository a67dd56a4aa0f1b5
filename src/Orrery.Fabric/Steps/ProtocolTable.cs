using Orrery.Catalog;
using Orrery.Operators;

namespace Orrery.Fabric;

/// <summary>The fitted protocols of one chip by operation, read from its calibration of collectives.</summary>
public sealed class ProtocolTable
{
    private readonly ProtocolConstants?[] _byKind = new ProtocolConstants?[Enum.GetValues<CollectiveKind>().Length];

    private ProtocolTable(string subject, bool isFamily)
    {
        Subject = subject;
        IsFamily = isFamily;
    }

    /// <summary>Chip the constants were fitted on.</summary>
    public string Subject { get; }

    /// <summary>True where they stand in for another chip of the family.</summary>
    public bool IsFamily { get; }

    /// <summary>Operations that are fitted, and their words in calibration files.</summary>
    public static IReadOnlyList<(CollectiveKind Kind, string Word)> Operations { get; } =
    [
        (CollectiveKind.AllReduce, "all-reduce"), (CollectiveKind.AllGather, "all-gather"), (CollectiveKind.ReduceScatter, "reduce-scatter"),
        (CollectiveKind.AllToAll, "all-to-all"), (CollectiveKind.PointToPoint, "p2p"),
    ];

    /// <summary>The same protocols on a machine whose owner measured it.</summary>
    public ProtocolTable Scaled(ScopeOverlay own)
    {
        ArgumentNullException.ThrowIfNull(own);
        ProtocolTable scaled = new(Subject, IsFamily);
        for (int kind = 0; kind < _byKind.Length; kind++)
            scaled._byKind[kind] = _byKind[kind]?.Scaled(own);
        return scaled;
    }

    public ProtocolConstants? this[CollectiveKind kind] => _byKind[(int)kind];

    /// <summary>Scope of fits between servers.</summary>
    public const string Network = "network";

    /// <summary>The table of a calibration file; null where it fits no operation.</summary>
    public static ProtocolTable? From(CalibrationFile calibration, bool isFamily, string scope = "")
    {
        ProtocolTable table = new(calibration.Subject, isFamily);
        bool any = false;
        foreach ((CollectiveKind kind, string word) in Operations)
        {
            if (calibration.Find(word, scope: scope) is not { } fit)
                continue;
            any = true;
            bool isOneShot = fit.Constants.ContainsKey("oneShotShare");
            string low = isOneShot ? "oneShot" : "low";
            table._byKind[(int)kind] = new ProtocolConstants(
                Read(fit, low + "Base"), Read(fit, low + "PerRank"), Read(fit, low + "Share"), Read(fit, "bulkBase"), Read(fit, "bulkPerRank"),
                Read(fit, "bulkShare"), Read(fit, "fill"), Read(fit, "exponent"), Read(fit, "switchBase"), Read(fit, "switchShare"),
                (int)Read(fit, "largestGroup"), fit.ResidualSigma, Read(fit, "floor"), isOneShot);
        }

        return any ? table : null;
    }

    // A constant that a fit left out has no effect: 0, and shares of 0 are never divided by because their protocol is not offered.
    private static double Read(CalibrationFit fit, string name) => fit.Constants.TryGetValue(name, out CalibratedConstant? constant)
        ? constant.Unit switch { "us" => constant.Value * 1e-6, "sqrt(us)" => constant.Value * 1e-3, _ => constant.Value }
        : 0;
}
