using System.Collections.Immutable;
using Orrery.Engine;
using Orrery.Serving;
using Orrery.Validation.Fitting;

namespace Orrery.Validation.Inference;

/// <summary>
/// Fits the constants of a serving stack on a few rows, each held to what stacks are like by its declared spread, and says how far off rows are that a
/// fit does not see.
/// </summary>
/// <remarks>
/// A constant <c>k</c> with centre <c>c</c> and spread <c>s</c> counts as one row more, whose log error is <c>RowDoubt x (k - c) / s</c>: without rows that
/// can tell it stays at its centre, and a dozen rows that agree move it. Spreads are of the errors that rows would have had without themselves: with the
/// slopes <c>J</c> at the fit, weights <c>W</c> and <c>H = J (J'WJ)^-1 J'W</c> over rows and centres, <c>e / (1 - H)</c>, which is exact where slopes are straight
/// (Allen's PRESS).
/// </remarks>
public sealed class LoopFit
{
    /// <summary>Weight of a time to the first token beside a time per token: it is a queueing figure, and noisier.</summary>
    private const double FirstTokenWeight = 0.5;

    private const double NoWeight = 1e-9;

    /// <summary>Log error of an ordinary row, in which spreads of constants are weighed against rows.</summary>
    private const double RowDoubt = 0.025;

    private const double SlopeStep = 0.05;

    private const int Starts = 4;

    private const int Draws = 24;

    /// <summary>Most a row is taken to have pulled the fit towards itself: slopes have kinks, and a row alone on its side of one would be told nothing.</summary>
    private const double MostLeverage = 0.75;

    private readonly IReadOnlyList<FittedCase> rows;
    private readonly ImmutableArray<ConstantRange> words;
    private readonly FitBound[] bounds;
    private readonly int[] free;
    private readonly double[] weights;

    /// <summary>A fit of <paramref name="rows"/>.</summary>
    /// <param name="words">Vocabulary of the constants.</param>
    /// <param name="bounds">Range and centre of each; one without range is not fitted.</param>
    public LoopFit(IReadOnlyList<FittedCase> rows, ImmutableArray<ConstantRange> words, FitBound[] bounds)
    {
        this.rows = rows;
        this.words = words;
        this.bounds = bounds;
        free = [.. Enumerable.Range(0, bounds.Length).Where(place => bounds[place].Low < bounds[place].High)];
        weights = new double[(2 * rows.Count) + free.Length];
        Array.Fill(weights, 1);
        for (int row = 0; row < rows.Count; row++)
            weights[(2 * row) + 1] = rows[row].HasFirstToken ? FirstTokenWeight : NoWeight;
    }

    /// <summary>Places of the constants that are fitted.</summary>
    public IReadOnlyList<int> Free => free;

    /// <summary>The constants that fit best, in file units: of a descent from the centres and of some from points that their spreads make likely.</summary>
    public double[] Run(ulong seed)
    {
        RandomStream random = RandomStream.Create(seed, nameof(LoopFit));
        FitResult? best = null;
        for (int start = 0; start < Starts; start++)
        {
            FitBound[] from = start == 0 ? bounds : Drawn(ref random);
            FitResult result = BoundedFit.Minimise(weights.Length, from, Errors, new FitOptions { Seed = seed, Starts = 1, MaximumIterations = 30, Weights = weights });
            if (best is null || result.Loss < best.Loss)
                best = result;
        }

        double[] found = new double[words.Length];
        for (int place = 0; place < found.Length; place++)
            found[place] = Math.Clamp(SignificantDigits.Five(best!.Constants[place]), bounds[place].Low, bounds[place].High);
        return found;
    }

    /// <summary>The best of some points drawn from the spreads: where the host hides behind the device its constants have no slope, so that a descent stays.</summary>
    private FitBound[] Drawn(ref RandomStream random)
    {
        FitBound[] best = bounds;
        double least = double.PositiveInfinity;
        double[] point = new double[bounds.Length];
        double[] errors = new double[weights.Length];
        for (int draw = 0; draw < Draws; draw++)
        {
            var drawn = (FitBound[])bounds.Clone();
            for (int place = 0; place < point.Length; place++)
            {
                double away = 2 * words[place].Spread * random.NextNormal();
                point[place] = Math.Clamp(bounds[place].Start + away, bounds[place].Low, bounds[place].High);
                drawn[place] = bounds[place] with { Start = point[place] };
            }

            Errors(point, errors);
            double loss = 0;
            for (int row = 0; row < errors.Length; row++)
                loss += weights[row] * Math.Abs(errors[row]);
            if (loss < least)
                (best, least) = (drawn, loss);
        }

        return best;
    }

    /// <summary>Log errors of time per token and of time to the first token by row, each with the row itself left out of the fit.</summary>
    public (double PerToken, double FirstToken)[] LeftOut(ReadOnlySpan<double> found)
    {
        int count = free.Length;
        double[] point = found.ToArray();
        double[] errors = new double[weights.Length];
        Errors(point, errors);
        double[] slopes = new double[count * weights.Length];
        double[] moved = new double[weights.Length];
        for (int column = 0; column < count; column++)
        {
            int place = free[column];
            double step = SlopeStep * words[place].Spread * (point[place] + (SlopeStep * words[place].Spread) > bounds[place].High ? -1 : 1);
            point[place] = found[place] + step;
            Errors(point, moved);
            point[place] = found[place];
            for (int row = 0; row < moved.Length; row++)
                slopes[(row * count) + column] = (moved[row] - errors[row]) / step * words[place].Spread;
        }

        double[] inverse = Inverse(slopes, errors, count);
        var left = new (double, double)[rows.Count];
        for (int row = 0; row < left.Length; row++)
            left[row] = (LeftOut(2 * row), LeftOut((2 * row) + 1));
        return left;

        double LeftOut(int figure) => errors[figure] / (1 - Math.Min(MostLeverage, Leverage(slopes, inverse, count, figure) * Weight(figure, errors)));
    }

    /// <summary>Log errors of the rows alone.</summary>
    public (double PerToken, double FirstToken)[] Seen(ReadOnlySpan<double> found)
    {
        double[] errors = new double[weights.Length];
        Errors(found, errors);
        return [.. Enumerable.Range(0, rows.Count).Select(row => (errors[2 * row], errors[(2 * row) + 1]))];
    }

    private static double Leverage(double[] slopes, double[] inverse, int count, int figure)
    {
        double sum = 0;
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < count; j++)
                sum += slopes[(figure * count) + i] * inverse[(i * count) + j] * slopes[(figure * count) + j];
        }

        return sum;
    }

    /// <summary>A row's weight where it stands: far ones pull less.</summary>
    private double Weight(int row, double[] errors)
    {
        double ratio = errors[row] / new FitOptions().SoftScale;
        return weights[row] / Math.Sqrt(1 + (ratio * ratio));
    }

    /// <summary>The inverse of J'WJ, by elimination; centres make it regular.</summary>
    private double[] Inverse(double[] slopes, double[] errors, int count)
    {
        double[] matrix = new double[count * count];
        double[] inverse = new double[count * count];
        for (int row = 0; row < weights.Length; row++)
        {
            double weight = Weight(row, errors);
            for (int i = 0; i < count; i++)
            {
                for (int j = 0; j < count; j++)
                    matrix[(i * count) + j] += weight * slopes[(row * count) + i] * slopes[(row * count) + j];
            }
        }

        for (int i = 0; i < count; i++)
            inverse[(i * count) + i] = 1;
        // Positive definite, so that no pivot is sought.
        for (int pivot = 0; pivot < count; pivot++)
        {
            double head = matrix[(pivot * count) + pivot];
            for (int j = 0; j < count; j++)
            {
                matrix[(pivot * count) + j] /= head;
                inverse[(pivot * count) + j] /= head;
            }

            for (int i = 0; i < count; i++)
            {
                double factor = matrix[(i * count) + pivot];
                if (i == pivot || factor == 0)
                    continue;
                for (int j = 0; j < count; j++)
                {
                    matrix[(i * count) + j] -= factor * matrix[(pivot * count) + j];
                    inverse[(i * count) + j] -= factor * inverse[(pivot * count) + j];
                }
            }
        }

        return inverse;
    }

    private void Errors(ReadOnlySpan<double> constants, Span<double> errors)
    {
        Span<double> scaled = stackalloc double[ServingConstants.Count];
        for (int place = 0; place < scaled.Length; place++)
            scaled[place] = constants[place] * words[place].Scale;
        ServingConstants values = new(scaled);
        for (int row = 0; row < rows.Count; row++)
        {
            FittedCase one = rows[row];
            InferenceFigures figures = one.Prepared.Run(values);
            // Offline rows state a rate alone.
            errors[2 * row] = one.Row.PerTokenMs is { } each
                ? Math.Log(figures.PerToken * 1e3 / each)
                : -Math.Log(figures.OutputTokensPerSecond / one.Row.OutputTokensPerSecond!.Value);
            errors[(2 * row) + 1] = one.HasFirstToken ? Math.Log(figures.FirstToken * 1e3 / one.Row.FirstTokenMs!.Value) : 0;
        }

        for (int column = 0; column < free.Length; column++)
        {
            int place = free[column];
            errors[(2 * rows.Count) + column] = RowDoubt * (constants[place] - bounds[place].Start) / words[place].Spread;
        }
    }
}
