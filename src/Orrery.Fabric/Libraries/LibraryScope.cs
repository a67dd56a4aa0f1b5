using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>How a library behaves inside a scale-up domain, or on the network between domains.</summary>
public sealed record LibraryScope
{
    /// <summary>Software time of one dependent step, beside the latency of the link.</summary>
    public required Sourced<Seconds> Step { get; init; }

    /// <summary>Time to issue one message.</summary>
    public required Sourced<Seconds> PerMessage { get; init; }

    /// <summary>Achieved share of the link's rate. On the network a stack's own figure takes its place.</summary>
    public required Sourced<double> Share { get; init; }

    /// <summary>Standard deviation of log(measured / predicted).</summary>
    public required Sourced<double> Sigma { get; init; }

    /// <summary>Factor on a fit's residual where its constants stand in for those of a chip that was not measured.</summary>
    public required Sourced<double> CarriedSigma { get; init; }

    public required ImmutableArray<AlgorithmChoice> Choice { get; init; }

    /// <summary>The scope with fixed times and the share of the link times the factors of a machine of one's own; the share stays at most 1.</summary>
    public LibraryScope Under(ScopeOverlay own, string fittedOn)
    {
        ArgumentNullException.ThrowIfNull(own);
        return this with
        {
            Step = Scaled(Step, own.Startup, fittedOn),
            PerMessage = Scaled(PerMessage, own.Startup, fittedOn),
            Share = Calibrated(Share, Math.Min(1, Share.Value * own.Bandwidth), fittedOn),
            Sigma = Calibrated(Sigma, own.Sigma, fittedOn),
        };
    }

    internal static Sourced<Seconds> Scaled(Sourced<Seconds> figure, double factor, string fittedOn) => Calibrated(figure, figure.Value * factor, fittedOn);

    private static Sourced<T> Calibrated<T>(Sourced<T> figure, T value, string fittedOn) =>
        new(figure.Key, [new Reading<T>("", value, Mark.Calibrated, fittedOn, "", "the library's, times a factor measured on this machine")], 0);
}
