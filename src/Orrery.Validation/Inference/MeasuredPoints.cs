namespace Orrery.Validation.Inference;

/// <summary>
/// Tells the first row of a measurement from those that print it again: a table of latencies and one of throughput over the same batches, or the tables of two
/// dates. Rows are asked for in file order.
/// </summary>
public sealed class MeasuredPoints
{
    /// <summary>Why a row that prints a point again is not counted.</summary>
    public const string Reason = "another table of the source prints the same point; it is counted once";

    private readonly HashSet<(string, string, string, string, int?, int?, int?, int?, double?, double?, double?)> seen = [];

    /// <summary>False for a row whose source, inputs and figures are those of a row before it, where the rules say that such rows are one point.</summary>
    public bool Counts(InferenceCase row, InferenceReading reading) =>
        !reading.CountsOnce || !row.Origin.IsExpressible || reading.SetAside.Length > 0
        || seen.Add((row.Origin.Group, row.Origin.Stack, row.Chip, row.Model, row.TensorParallel, row.Batch, row.InputTokens, row.OutputTokens, row.FirstTokenMs, row.PerTokenMs, row.OutputTokensPerSecond));
}
