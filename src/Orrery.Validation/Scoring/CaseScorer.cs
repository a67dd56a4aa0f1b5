using System.Collections.Immutable;
using Orrery.Validation.Cases;

namespace Orrery.Validation.Scoring;

/// <summary>Runs a predictor over case files and gathers scored and skipped rows, in file order.</summary>
/// <param name="fitted">Ids of rows that calibrations were fitted on.</param>
public sealed class CaseScorer(IReadOnlySet<string> fitted)
{
    private readonly List<ScoredCase> _scored = [];
    private readonly List<SkippedCase> _skipped = [];
    private readonly Dictionary<string, int> _notExpressible = new(StringComparer.Ordinal);

    /// <summary>Rows scored so far.</summary>
    public int ScoredCount => _scored.Count;

    /// <summary>Scores one row.</summary>
    /// <param name="measured">The figure of the primary metric; null makes the row skipped.</param>
    /// <param name="isRate">More is faster.</param>
    /// <param name="group">Group to count the row in; null is the source's own.</param>
    /// <param name="slice">Part of the group to report beside it; empty for none.</param>
    /// <param name="isUnseen">No fit of this figure saw the row, whatever fits of other figures saw.</param>
    /// <param name="secondSlice">Another cut through the group.</param>
    /// <param name="isFitted">A constant was fitted on the row, though no list of rows names it.</param>
    public void Add(
        CaseOrigin origin, double? measured, Func<Prediction> predict, bool isRate, string note = "", string? group = null, string slice = "", bool isFitted = false,
        string secondSlice = "", bool isUnseen = false)
    {
        string countedIn = group ?? origin.Group;
        if (!origin.IsExpressible)
        {
            _notExpressible[countedIn] = _notExpressible.GetValueOrDefault(countedIn) + 1;
            return;
        }

        if (measured is not { } figure)
        {
            _skipped.Add(new SkippedCase(origin.Id, countedIn, $"the metric {origin.PrimaryMetric} is blank or unknown") { Slice = slice, SecondSlice = secondSlice });
            return;
        }

        Prediction prediction = predict();
        if (prediction.SkipReason is { } reason)
        {
            _skipped.Add(new SkippedCase(origin.Id, countedIn, reason) { Slice = slice, SecondSlice = secondSlice });
            return;
        }

        string all = note.Length == 0 ? prediction.Note : prediction.Note.Length == 0 ? note : $"{note}; {prediction.Note}";
        _scored.Add(new ScoredCase(
            origin.Id,
            countedIn,
            origin.PrimaryMetric,
            figure,
            prediction.Value,
            prediction.Low,
            prediction.High,
            !isUnseen && (isFitted || fitted.Contains(origin.Id)),
            all,
            prediction.AtPeak,
            isRate)
        {
            Slice = slice,
            SecondSlice = secondSlice,
        });
    }

    /// <summary>Scores kernels: times by <c>time_us</c>, the rest as rates.</summary>
    /// <param name="group">Group of a row (a regime, a chip and format); null is the source's own.</param>
    public void AddKernels(ImmutableArray<KernelCase> rows, ICasePredictor<KernelCase> predictor, Func<KernelCase, string>? group = null)
    {
        foreach (KernelCase row in rows)
        {
            Add(
                row.Origin,
                row.Measured(row.Origin.PrimaryMetric),
                () => predictor.Predict(row),
                row.Origin.PrimaryMetric != "time_us",
                group: group?.Invoke(row));
        }
    }

    /// <summary>Scores memory figures; sizes behave as times do (less is better, no rate).</summary>
    public void AddMemory(ImmutableArray<MemoryCase> rows, ICasePredictor<MemoryCase> predictor)
    {
        foreach (MemoryCase row in rows)
            Add(row.Origin, row.Measured(row.Origin.PrimaryMetric), () => predictor.Predict(row), isRate: false, row.Component);
    }

    /// <summary>The report over everything added.</summary>
    public ValidationReport Report(string kind, IReadOnlyDictionary<string, double>? leaveOneOut = null) =>
        ValidationReport.Of(kind, _scored, _skipped, _notExpressible, leaveOneOut);
}
