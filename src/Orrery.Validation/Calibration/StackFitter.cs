using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Training;
using Orrery.Validation.Fitting;

namespace Orrery.Validation.Calibration;

/// <summary>
/// Fits constants of one or more stacks on measured steps: robust loss on log errors, every constant inside its physical range.
/// </summary>
public sealed class StackFitter
{
    private readonly ImmutableArray<StackRow> rows;
    private readonly ImmutableArray<FreeConstant> free;
    private readonly FitBound[] bounds;
    /// <summary>
    /// A group of n rows weighs n^(1 - this): rows of one group mostly repeat one measurement (they differ in counts that enter as straight lines),
    /// so they count for more than one row and for far less than n.
    /// </summary>
    private const double GroupDiscount = 0.75;

    private readonly double[] scratch = new double[StackConstants.Count];

    /// <summary>Prepares a fit; the vocabulary gives each constant its range.</summary>
    /// <param name="rows">Rows to fit; rows of one context should stand together.</param>
    public StackFitter(ImmutableArray<StackRow> rows, ImmutableArray<FreeConstant> free, StackVocabulary vocabulary)
    {
        this.rows = rows;
        this.free = free;
        bounds = new FitBound[free.Length];
        for (int i = 0; i < free.Length; i++)
        {
            string name = StackConstants.NameOf(free[i].Constant);
            StackConstantDefinition word = vocabulary.Find(name) ?? throw new ArgumentException($"no stack constant '{name}'", nameof(free));
            double start = BaseOf(free[i], word.Default);
            bounds[i] = new FitBound(free[i].ToString(), word.Low, word.High, Math.Clamp(start, word.Low, word.High));
        }
    }

    public ImmutableArray<FreeConstant> Free => free;

    /// <summary>The value of a constant before any fit, in file units.</summary>
    public double StartOf(FreeConstant one) => bounds[free.IndexOf(one)].Start;

    /// <summary>Fits on all rows. <paramref name="from"/> replaces the starting values where given.</summary>
    public FitResult Fit(int starts, ulong seed, ReadOnlySpan<double> from = default)
    {
        FitBound[] started = bounds;
        if (from.Length > 0)
        {
            started = new FitBound[bounds.Length];
            for (int i = 0; i < started.Length; i++)
                started[i] = bounds[i] with { Start = from[i] };
        }

        var sizes = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (StackRow row in rows)
            sizes[row.Group] = sizes.GetValueOrDefault(row.Group) + 1;
        var weights = new double[rows.Length];
        for (int i = 0; i < weights.Length; i++)
            weights[i] = Math.Pow(sizes[rows[i].Group], -GroupDiscount);
        return BoundedFit.Minimise(rows.Length, started, (values, errors) => Errors(rows, values, errors), new FitOptions { Starts = starts, Seed = seed, SoftScale = 0.05, Weights = weights });
    }

    /// <summary>log(predicted / measured) of <paramref name="which"/> under <paramref name="values"/> of the free constants.</summary>
    public void Errors(ImmutableArray<StackRow> which, ReadOnlySpan<double> values, Span<double> errors)
    {
        for (int i = 0; i < which.Length; i++)
        {
            StackRow row = which[i];
            Apply(row, values);
            if (!row.Context.Steps.Estimate(row.Plan, out StepEstimate estimate))
                throw new InvalidOperationException($"{row.Id} cannot be laid out");
            double step = Math.Log(estimate.StepTime);
            if (row.Alternative is { } other && row.Context.Steps.Estimate(other, out StepEstimate second))
                step = (step + Math.Log(second.StepTime)) / 2;
            errors[i] = step - Math.Log(row.MeasuredStep);
        }
    }

    private void Apply(StackRow row, ReadOnlySpan<double> values)
    {
        row.BaseValues.CopyTo(scratch, 0);
        ChipDescription chip = row.Context.System.Chip;
        for (int i = 0; i < free.Length; i++)
        {
            FreeConstant one = free[i];
            bool isHere = (one.Stack.Length == 0 || one.Stack == row.Stack) && (one.Chip.Length == 0 || one.Chip == chip.Id || one.Chip == chip.Family);
            if (isHere)
                scratch[(int)one.Constant] = values[i];
        }

        row.Context.Constants.SetFileUnits(scratch);
    }

    private double BaseOf(FreeConstant one, double otherwise)
    {
        foreach (StackRow row in rows)
        {
            ChipDescription chip = row.Context.System.Chip;
            if ((one.Stack.Length == 0 || one.Stack == row.Stack) && (one.Chip.Length == 0 || one.Chip == chip.Id || one.Chip == chip.Family))
                return row.BaseValues[(int)one.Constant];
        }

        return otherwise;
    }
}
