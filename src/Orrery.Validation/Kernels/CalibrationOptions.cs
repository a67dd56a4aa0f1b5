using System.Collections.Immutable;
using Orrery.Catalog;

namespace Orrery.Validation.Kernels;

/// <summary>How a chip is calibrated.</summary>
public sealed record CalibrationOptions
{
    /// <summary>Seed of the choice of rows and of the starts.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Share of the rows that is fitted; the rest is the score.</summary>
    public double FittedShare { get; init; } = 0.7;

    /// <summary>Most rows one fit takes; more add time, not knowledge.</summary>
    public int MostRows { get; init; } = 3000;

    /// <summary>Fewest rows for which an operator and format get constants of their own.</summary>
    public int FewestRows { get; init; } = 20;

    /// <summary>With fewer rows than this those of <see cref="Sisters"/> join.</summary>
    public int RowsAlone { get; init; } = 40;

    /// <summary>Operators to fit, as calibration files call them; empty fits all.</summary>
    public ImmutableArray<string> Only { get; init; } = [];

    /// <summary>Chips whose rows join a fit for which the chip's own are few.</summary>
    public ImmutableArray<ChipDescription> Sisters { get; init; } = [];

    /// <summary>What was fitted before; operators that are not fitted now keep their constants from it.</summary>
    public CalibrationFile? Before { get; init; }

    /// <summary>Day of the fit, <c>2026-11-20</c>; handed in, so that the same call writes the same bytes.</summary>
    public required string Date { get; init; }
}
