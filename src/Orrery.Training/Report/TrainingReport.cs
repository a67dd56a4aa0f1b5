using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Units;

namespace Orrery.Training;

/// <summary>Bytes of the fullest rank at the peak of the schedule.</summary>
public sealed record MemoryReport(
    Bytes Weights, Bytes Gradients, Bytes Optimizer, Bytes Activations, Bytes Workspace, Bytes Capacity)
{
    /// <summary>What is kept in the host's memory for the rank.</summary>
    public Bytes Host { get; init; }

    public Bytes Total => Weights + Gradients + Optimizer + Activations + Workspace;

    public bool Fits => Total <= Capacity;
}

/// <summary>
/// Exposed time of one step by cause, mean over ranks; the parts sum to the step.
/// </summary>
public readonly record struct StepBreakdown(
    Seconds Compute,
    Seconds Recompute,
    Seconds TensorParallel,
    Seconds ContextParallel,
    Seconds ExpertParallel,
    Seconds PipelineTransfer,
    Seconds PipelineBubble,
    Seconds DataParallel,
    Seconds Optimizer,
    Seconds Straggler,
    Seconds Overhead)
{
    public Seconds Total => Compute + Recompute + TensorParallel + ContextParallel + ExpertParallel + PipelineTransfer + PipelineBubble
        + DataParallel + Optimizer + Straggler + Overhead;
}

/// <summary>Energy of one step, whole job.</summary>
/// <param name="Step">Facility included.</param>
/// <param name="Chip">Mean power of one chip.</param>
/// <param name="Facility">Mean power of the job at the meter.</param>
public sealed record EnergyReport(Joules Step, Watts Chip, Watts Facility);

/// <summary>Money; null where no price is known.</summary>
public sealed record CostReport(double? UsdPerHour, double? UsdPerMillionTokens, string PriceMark, string PriceSource, double BreakEvenTokensPerUsd);

/// <summary>The whole run of <c>--tokens</c>.</summary>
public sealed record RunReport(double Tokens, Seconds Time, Joules Energy, double? Usd);

/// <summary>One thing that limits the job, what would change it and by how much.</summary>
public sealed record Limit(string What, Seconds Time, string Remedy);

/// <summary>A component of the interval: relative half-width of the step time at 80 %, and why.</summary>
public sealed record Uncertainty(string What, double RelativeHalfWidth)
{
    /// <summary>How far the step may be faster for this reason, as a logarithm; that half-width unless the reason lies on one side.</summary>
    public double Below { get; init; } = RelativeHalfWidth;

    /// <summary>The same for slower.</summary>
    public double Above { get; init; } = RelativeHalfWidth;
}

/// <summary>The answer to a <see cref="TrainingRequest"/>.</summary>
public sealed record TrainingReport
{
    public required TrainingRequest Request { get; init; }

    public required Plan Plan { get; init; }

    /// <summary>Names of plan entries that were chosen, not given (<c>tp</c>, <c>pp</c>...).</summary>
    public required ImmutableArray<string> Chosen { get; init; }

    /// <summary>Plans priced by the search; 1 when everything was given.</summary>
    public required int PlansEvaluated { get; init; }

    public required int Ranks { get; init; }

    /// <summary>Layers of each model chunk, in the order of the network.</summary>
    public ImmutableArray<int> LayersOfChunks { get; init; } = [];

    public required int RanksPerChip { get; init; }

    public required Seconds StepTime { get; init; }

    public required Seconds StepTimeLow { get; init; }

    public required Seconds StepTimeHigh { get; init; }

    /// <summary>The step without the faults that were asked for; null where there are none.</summary>
    public Seconds? HealthyStepTime { get; init; }

    /// <summary>Links of the first message that left its usual way because of a fault; empty for none.</summary>
    public string Detour { get; init; } = "";

    public required StepBreakdown Breakdown { get; init; }

    public required double TokensPerStep { get; init; }

    /// <summary>Useful FLOP of a step (causal attention once, no recomputation) over stated dense peak of the precision.</summary>
    public required double Mfu { get; init; }

    /// <summary>With recomputation.</summary>
    public required double Hfu { get; init; }

    public required FlopPerSecond ModelFlopPerChip { get; init; }

    public required MemoryReport Memory { get; init; }

    public required EnergyReport Energy { get; init; }

    public required CostReport Cost { get; init; }

    public RunReport? Run { get; init; }

    public required ImmutableArray<Limit> Limits { get; init; }

    public required ImmutableArray<Uncertainty> Uncertainties { get; init; }

    /// <summary>Where the constants came from, a line each.</summary>
    public required ImmutableArray<string> Provenance { get; init; }

    public required ImmutableArray<Diagnostic> Diagnostics { get; init; }

    public double TokensPerSecond => TokensPerStep / StepTime.Value;

    public double TokensPerSecondPerChip => TokensPerSecond / Request.Chips;
}
