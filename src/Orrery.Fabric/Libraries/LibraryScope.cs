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

    public required ImmutableArray<AlgorithmChoice> Choice { get; init; }
}
