using System.Collections.Immutable;

namespace Orrery.Validation.Fitting;

/// <summary>
/// Fits a handful of constants inside physical limits by minimising a robust loss of log errors.
/// </summary>
/// <remarks>
/// Loss of a row with log error e and soft scale c: <c>c * (sqrt(1 + (e/c)^2) - 1)</c>, about e^2/2c when small and |e| when large.
/// Each constant is searched on [0, 1] of its range (linear or logarithmic). A descent alternates damped Gauss-Newton steps on a numeric
/// Jacobian, rows reweighted by <c>1 / sqrt(1 + (e/c)^2)</c> and constants at a limit dropped while the slope pushes outward, with a
/// search along single coordinates: the models fitted here take minima and whole waves, so their slopes have kinks at which
/// Gauss-Newton alone stops early. Several descents run, one from the given start; the best wins, ties to the first.
/// Single-threaded and deterministic: same rows, bounds and seed, same constants.
/// </remarks>
public static class BoundedFit
{
    /// <summary>Most constants one fit may have; more cannot be told apart on tables of this size.</summary>
    public const int MaximumConstants = 25;

    private const double SlopeStep = 1e-4;
    private const double CoarsestStep = 0.04;
    private const double FinestStep = 1e-3;

    /// <summary>
    /// Minimises over <paramref name="rows"/> log errors. Fixed constants (<c>Low == High</c>) are passed through.
    /// </summary>
    /// <exception cref="ArgumentException">No rows, no or too many constants, an empty or non-finite range, weights of another length.</exception>
    /// <exception cref="InvalidOperationException">No sampled point gave finite errors.</exception>
    public static FitResult Minimise(int rows, ReadOnlySpan<FitBound> bounds, LogErrorPredictor predict, FitOptions options)
    {
        ArgumentNullException.ThrowIfNull(predict);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        Check(rows, bounds, options);
        var descent = new Descent(rows, bounds.ToArray(), predict, options);
        return descent.Run();
    }

    private static void Check(int rows, ReadOnlySpan<FitBound> bounds, FitOptions options)
    {
        if (bounds.Length is 0 or > MaximumConstants)
            throw new ArgumentException($"1 to {MaximumConstants} constants can be fitted, not {bounds.Length}", nameof(bounds));
        foreach (FitBound bound in bounds)
        {
            if (!double.IsFinite(bound.Low) || !double.IsFinite(bound.High) || bound.High < bound.Low)
                throw new ArgumentException($"the range of '{bound.Name}' is not a range: [{bound.Low}, {bound.High}]", nameof(bounds));
            if (bound.Scale == FitScale.Logarithmic && bound.Low <= 0)
                throw new ArgumentException($"'{bound.Name}' has a logarithmic scale and a range that reaches 0", nameof(bounds));
        }

        if (!options.Weights.IsEmpty && options.Weights.Length != rows)
            throw new ArgumentException($"{options.Weights.Length} weights for {rows} rows", nameof(options));
        if (!(options.SoftScale > 0))
            throw new ArgumentException("the soft scale must be above 0", nameof(options));
    }

    /// <summary>The buffers and counters of one fit.</summary>
    private sealed class Descent
    {
        private readonly FitBound[] bounds;
        private readonly LogErrorPredictor predict;
        private readonly FitOptions options;
        private readonly int rows;
        private readonly int count;
        private readonly double totalWeight;
        private readonly double[] constants;
        private readonly double[] errors;
        private readonly double[] trialErrors;
        private readonly double[] jacobian;
        private readonly double[] normal;
        private readonly double[] gradient;
        private readonly double[] damped;
        private readonly double[] step;
        private readonly double[] trial;
        private readonly bool[] free;
        private int iterations;
        private int evaluations;

        public Descent(int rows, FitBound[] bounds, LogErrorPredictor predict, FitOptions options)
        {
            this.rows = rows;
            this.bounds = bounds;
            this.predict = predict;
            this.options = options;
            count = bounds.Length;
            constants = new double[count];
            errors = new double[rows];
            trialErrors = new double[rows];
            jacobian = new double[count * rows];
            normal = new double[count * count];
            gradient = new double[count];
            damped = new double[count * (count + 1)];
            step = new double[count];
            trial = new double[count];
            free = new bool[count];
            totalWeight = rows;
            if (!options.Weights.IsEmpty)
            {
                totalWeight = 0;
                foreach (double weight in options.Weights.Span)
                    totalWeight += weight;
            }
        }

        public FitResult Run()
        {
            var random = new SplitMix64(options.Seed);
            var best = new double[count];
            double bestLoss = double.PositiveInfinity;
            var startLosses = ImmutableArray.CreateBuilder<double>(options.Starts);
            for (int start = 0; start < Math.Max(1, options.Starts); start++)
            {
                double[] point = start == 0 ? OwnStart() : SampledStart(ref random);
                double loss = Descend(point);
                startLosses.Add(loss);
                if (loss < bestLoss)
                {
                    bestLoss = loss;
                    point.CopyTo(best, 0);
                }
            }

            if (!double.IsFinite(bestLoss))
                throw new InvalidOperationException("no point inside the limits gives finite errors");
            var values = ImmutableArray.CreateBuilder<double>(count);
            var atLimit = ImmutableArray.CreateBuilder<bool>(count);
            for (int i = 0; i < count; i++)
            {
                values.Add(bounds[i].ValueAt(best[i]));
                atLimit.Add(bounds[i].High > bounds[i].Low && best[i] is <= 1e-3 or >= 1 - 1e-3);
            }

            return new FitResult(values.MoveToImmutable(), atLimit.MoveToImmutable(), bestLoss, iterations, evaluations, startLosses.ToImmutable());
        }

        private double[] OwnStart()
        {
            var point = new double[count];
            for (int i = 0; i < count; i++)
                point[i] = double.IsNaN(bounds[i].Start) ? (bounds[i].High > bounds[i].Low ? 0.5 : 0) : bounds[i].PositionOf(bounds[i].Start);
            return point;
        }

        private double[] SampledStart(ref SplitMix64 random)
        {
            var best = new double[count];
            double bestLoss = double.PositiveInfinity;
            for (int sample = 0; sample < Math.Max(1, options.SamplesPerStart); sample++)
            {
                var point = new double[count];
                for (int i = 0; i < count; i++)
                {
                    double position = random.NextUnit();
                    point[i] = bounds[i].High > bounds[i].Low ? 0.05 + 0.9 * position : 0;
                }

                double loss = Evaluate(point, trialErrors);
                if (sample == 0 || loss < bestLoss)
                {
                    bestLoss = loss;
                    best = point;
                }
            }

            return best;
        }

        private double Descend(double[] point)
        {
            double loss = Evaluate(point, errors);
            if (!double.IsFinite(loss))
                return double.PositiveInfinity;
            for (int round = 0; round < 4; round++)
            {
                double before = loss;
                loss = GaussNewton(point, loss);
                loss = AlongCoordinates(point, loss);
                if (before - loss < 2e-4 * before)
                    break;
            }

            return loss;
        }

        private double GaussNewton(double[] point, double loss)
        {
            double damping = 1e-2;
            int stalled = 0;
            for (int iteration = 0; iteration < options.MaximumIterations && stalled < 2; iteration++)
            {
                Slopes(point);
                Normal();
                bool accepted = false;
                double before = loss;
                for (int attempt = 0; attempt < 9 && !accepted; attempt++)
                {
                    Solve(point, damping);
                    double moved = 0;
                    for (int i = 0; i < count; i++)
                    {
                        trial[i] = Math.Clamp(point[i] + step[i], 0, 1);
                        moved = Math.Max(moved, Math.Abs(trial[i] - point[i]));
                    }

                    if (moved < 1e-9)
                        break;
                    double trialLoss = Evaluate(trial, trialErrors);
                    if (trialLoss < loss)
                    {
                        trial.CopyTo(point, 0);
                        trialErrors.CopyTo(errors, 0);
                        loss = trialLoss;
                        damping = Math.Max(1e-9, damping / 5);
                        accepted = true;
                        iterations++;
                    }
                    else
                    {
                        damping = Math.Min(1e6, damping * 4);
                    }
                }

                if (!accepted)
                    break;
                stalled = before - loss < 1e-5 * before ? stalled + 1 : 0;
            }

            return loss;
        }

        private double AlongCoordinates(double[] point, double loss)
        {
            for (double size = CoarsestStep; size >= FinestStep; size /= 2)
            {
                for (int i = 0; i < count; i++)
                {
                    if (bounds[i].High <= bounds[i].Low)
                        continue;
                    double centre = point[i];
                    double chosen = centre;
                    for (int side = -1; side <= 1; side += 2)
                    {
                        point[i] = Math.Clamp(centre + side * size, 0, 1);
                        if (point[i] == centre)
                            continue;
                        double trialLoss = Evaluate(point, trialErrors);
                        if (trialLoss < loss)
                        {
                            loss = trialLoss;
                            chosen = point[i];
                            trialErrors.CopyTo(errors, 0);
                            iterations++;
                        }
                    }

                    point[i] = chosen;
                }
            }

            return loss;
        }

        private double Evaluate(ReadOnlySpan<double> point, double[] into)
        {
            for (int i = 0; i < count; i++)
                constants[i] = bounds[i].ValueAt(point[i]);
            predict(constants, into);
            evaluations++;
            double scale = options.SoftScale;
            ReadOnlySpan<double> weights = options.Weights.Span;
            double sum = 0;
            for (int row = 0; row < rows; row++)
            {
                double ratio = into[row] / scale;
                double loss = scale * (Math.Sqrt(1 + ratio * ratio) - 1);
                sum += weights.IsEmpty ? loss : weights[row] * loss;
            }

            return double.IsFinite(sum) ? sum / totalWeight : double.PositiveInfinity;
        }

        private void Slopes(double[] point)
        {
            for (int i = 0; i < count; i++)
            {
                Span<double> column = jacobian.AsSpan(i * rows, rows);
                if (bounds[i].High <= bounds[i].Low)
                {
                    column.Clear();
                    continue;
                }

                double centre = point[i];
                double side = centre + SlopeStep <= 1 ? SlopeStep : -SlopeStep;
                point[i] = centre + side;
                double loss = Evaluate(point, trialErrors);
                point[i] = centre;
                if (!double.IsFinite(loss))
                {
                    column.Clear();
                    continue;
                }

                for (int row = 0; row < rows; row++)
                    column[row] = (trialErrors[row] - errors[row]) / side;
            }
        }

        private void Normal()
        {
            double scale = options.SoftScale;
            ReadOnlySpan<double> weights = options.Weights.Span;
            Array.Clear(normal);
            Array.Clear(gradient);
            for (int row = 0; row < rows; row++)
            {
                double ratio = errors[row] / scale;
                double weight = (weights.IsEmpty ? 1 : weights[row]) / Math.Sqrt(1 + ratio * ratio);
                for (int i = 0; i < count; i++)
                {
                    double slope = weight * jacobian[i * rows + row];
                    if (slope == 0)
                        continue;
                    gradient[i] += slope * errors[row];
                    for (int j = 0; j <= i; j++)
                        normal[i * count + j] += slope * jacobian[j * rows + row];
                }
            }

            for (int i = 0; i < count; i++)
            {
                for (int j = i + 1; j < count; j++)
                    normal[i * count + j] = normal[j * count + i];
            }
        }

        /// <summary>Solves the damped normal equations for the constants that may move; the others get a step of 0.</summary>
        private void Solve(double[] point, double damping)
        {
            double largest = 0;
            for (int i = 0; i < count; i++)
            {
                bool outward = (point[i] <= 0 && gradient[i] > 0) || (point[i] >= 1 && gradient[i] < 0);
                free[i] = normal[i * count + i] > 0 && !outward;
                largest = Math.Max(largest, normal[i * count + i]);
            }

            int width = count + 1;
            for (int i = 0; i < count; i++)
            {
                for (int j = 0; j < count; j++)
                    damped[i * width + j] = free[i] && free[j] ? normal[i * count + j] : 0;
                // The small share of the largest slope keeps a constant that hardly matters from leaping across its range.
                damped[i * width + i] = free[i] ? normal[i * count + i] * (1 + damping) + damping * 1e-3 * largest : 1;
                damped[i * width + count] = free[i] ? -gradient[i] : 0;
            }

            Eliminate(width);
        }

        private void Eliminate(int width)
        {
            for (int pivot = 0; pivot < count; pivot++)
            {
                int chosen = pivot;
                for (int row = pivot + 1; row < count; row++)
                {
                    if (Math.Abs(damped[row * width + pivot]) > Math.Abs(damped[chosen * width + pivot]))
                        chosen = row;
                }

                if (chosen != pivot)
                {
                    for (int column = 0; column < width; column++)
                        (damped[pivot * width + column], damped[chosen * width + column]) = (damped[chosen * width + column], damped[pivot * width + column]);
                }

                double head = damped[pivot * width + pivot];
                if (head == 0)
                    continue;
                for (int row = pivot + 1; row < count; row++)
                {
                    double factor = damped[row * width + pivot] / head;
                    if (factor == 0)
                        continue;
                    for (int column = pivot; column < width; column++)
                        damped[row * width + column] -= factor * damped[pivot * width + column];
                }
            }

            for (int row = count - 1; row >= 0; row--)
            {
                double sum = damped[row * width + count];
                for (int column = row + 1; column < count; column++)
                    sum -= damped[row * width + column] * step[column];
                double head = damped[row * width + row];
                step[row] = head == 0 ? 0 : sum / head;
            }
        }
    }
}
