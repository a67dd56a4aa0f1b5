using System.Collections.Immutable;
using Orrery.Accounting;

namespace Orrery.Serving;

/// <summary>Everything a run of denoising jobs tells; times in seconds.</summary>
/// <param name="Job">From sending a job to its image or video.</param>
/// <param name="Wait">Of it, until a group began to work on it.</param>
/// <param name="StepSeconds">One step of a single job; <paramref name="BatchStepSeconds"/> of a full batch.</param>
/// <param name="Duration">From the first job to the last image.</param>
/// <param name="Utilization">Share of the groups' time in which one worked.</param>
/// <param name="MeanBatch">Jobs worked on together, mean over batches.</param>
/// <param name="Limits">What limits the run, the strongest first.</param>
public sealed record GenerationReport(
    GenerationRequest Request, Distribution Job, Distribution Wait, double StepSeconds, double BatchStepSeconds, double Duration, int Jobs, double Utilization,
    double MeanBatch, ServiceAttainment? Attainment, EnergyUse Energy, CostOfRun Cost, ImmutableArray<string> Limits, RequestBook Book)
{
    /// <summary>Jobs done in a second.</summary>
    public double JobsPerSecond => Jobs / Duration;

    /// <summary>Dollars of one job; null where no price is known.</summary>
    public double? UsdPerJob => Cost.UsdPerHour is { } hourly ? hourly / 3600 / JobsPerSecond : null;

    /// <summary>Joules of one job, facility included.</summary>
    public double JoulesPerJob => Energy.Total.Value / Jobs;
}
