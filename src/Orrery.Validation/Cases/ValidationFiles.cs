using System.Collections.Immutable;

namespace Orrery.Validation.Cases;

/// <summary>Where the case files lie under the data folder.</summary>
public static class ValidationFiles
{
    public static ImmutableArray<string> Training(string dataRoot) => [$"{dataRoot}/validation/training.csv.gz"];

    public static ImmutableArray<string> Memory(string dataRoot) => [$"{dataRoot}/validation/memory.csv"];

    /// <summary>The selection first, then the large operator tables.</summary>
    public static ImmutableArray<string> Kernels(string dataRoot) =>
        [$"{dataRoot}/validation/kernels.csv", $"{dataRoot}/validation/kernels-operators.csv.gz"];

    /// <summary>Work published on chips that nothing is fitted on, and on their predecessors.</summary>
    public static ImmutableArray<string> Transfer(string dataRoot) => [$"{dataRoot}/validation/diffusion-steps.csv"];

    /// <summary>Serving engines under closed loops.</summary>
    public static ImmutableArray<string> Inference(string dataRoot) => [$"{dataRoot}/validation/inference.csv.gz", $"{dataRoot}/validation/inference-closed-loop.csv.gz"];

    /// <summary>Runs of real engines with the times of every request.</summary>
    public static string ServedRuns(string dataRoot) => $"{dataRoot}/validation/runs/index.csv";

    public static ImmutableArray<string> Collectives(string dataRoot) =>
        [$"{dataRoot}/validation/collectives.csv", $"{dataRoot}/validation/collectives-tables.csv.gz"];
}
