using Orrery.Validation.Fitting;
using Shouldly;
using Xunit;

namespace Orrery.Validation.Tests.Fitting;

public sealed class BoundedFitTests
{
    /// <summary>A roofline with a launch time: t = t0 + max(work / rate, bytes / bandwidth), noiseless, over five decades of size.</summary>
    private static readonly (double Work, double Bytes)[] Shapes = MakeShapes();

    private static readonly FitBound[] RooflineBounds =
    [
        new("t0", 0.1, 100, Scale: FitScale.Logarithmic),
        new("rate", 0.01, 1),
        new("bandwidth", 0.01, 1),
    ];

    [Fact]
    public void Known_constants_come_back_from_noiseless_rows()
    {
        double[] truth = [7.5, 0.63, 0.81];
        FitResult fit = BoundedFit.Minimise(Shapes.Length, RooflineBounds, Against(truth, _ => 0), new FitOptions());
        for (int i = 0; i < truth.Length; i++)
            fit.Constants[i].ShouldBe(truth[i], truth[i] * 1e-3);
        fit.Loss.ShouldBeLessThan(1e-6);
        fit.AtLimit.ShouldAllBe(limit => !limit);
    }

    [Fact]
    public void A_tenth_of_rows_three_times_off_hardly_moves_the_constants()
    {
        double[] truth = [7.5, 0.63, 0.81];
        FitResult fit = BoundedFit.Minimise(Shapes.Length, RooflineBounds, Against(truth, row => row % 10 == 3 ? Math.Log(3) : 0), new FitOptions());
        for (int i = 0; i < truth.Length; i++)
            fit.Constants[i].ShouldBe(truth[i], truth[i] * 0.03);
    }

    [Fact]
    public void A_constant_whose_best_value_lies_outside_its_range_ends_on_the_limit_and_is_flagged()
    {
        FitBound[] bounds = [RooflineBounds[0], new("rate", 0.01, 0.5), RooflineBounds[2]];
        FitResult fit = BoundedFit.Minimise(Shapes.Length, bounds, Against([7.5, 0.63, 0.81], _ => 0), new FitOptions());
        fit.Constants[1].ShouldBe(0.5);
        fit.AtLimit.ShouldBe([false, true, false]);
        fit.Constants[0].ShouldBe(7.5, 0.4);
    }

    [Fact]
    public void A_fixed_constant_stays_and_is_not_called_a_limit()
    {
        FitBound[] bounds = [new("t0", 7.5, 7.5), RooflineBounds[1], RooflineBounds[2]];
        FitResult fit = BoundedFit.Minimise(Shapes.Length, bounds, Against([7.5, 0.63, 0.81], _ => 0), new FitOptions());
        fit.Constants[0].ShouldBe(7.5);
        fit.AtLimit[0].ShouldBeFalse();
        fit.Constants[1].ShouldBe(0.63, 1e-3);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bits_and_starts_are_all_reported()
    {
        LogErrorPredictor predict = Against([7.5, 0.63, 0.81], row => 0.1 * Math.Sin(row * 1.7));
        FitResult first = BoundedFit.Minimise(Shapes.Length, RooflineBounds, predict, new FitOptions { Seed = 42, Starts = 3 });
        FitResult second = BoundedFit.Minimise(Shapes.Length, RooflineBounds, predict, new FitOptions { Seed = 42, Starts = 3 });
        first.Constants.ShouldBe(second.Constants);
        first.Loss.ShouldBe(second.Loss);
        first.Evaluations.ShouldBe(second.Evaluations);
        first.StartLosses.Length.ShouldBe(3);
        first.StartLosses.Min().ShouldBe(first.Loss);
    }

    [Fact]
    public void Several_starts_find_the_deeper_of_two_valleys()
    {
        // One constant whose loss has a shallow valley at 0.2 and a true one at 0.9; the own start lies in the shallow one.
        static void Predict(ReadOnlySpan<double> constants, Span<double> errors)
        {
            double x = constants[0];
            errors.Fill(Math.Min(0.3 + Math.Abs(x - 0.2), 8 * Math.Abs(x - 0.9)));
        }

        FitBound[] bounds = [new("x", 0, 1, Start: 0.2)];
        BoundedFit.Minimise(1, bounds, Predict, new FitOptions { Starts = 1 }).Constants[0].ShouldBe(0.2, 0.01);
        BoundedFit.Minimise(1, bounds, Predict, new FitOptions { Starts = 4 }).Constants[0].ShouldBe(0.9, 1e-3);
    }

    [Fact]
    public void Twenty_constants_of_an_additive_model_are_told_apart()
    {
        const int Count = 20;
        const int Rows = 400;
        var features = new double[Rows * Count];
        var random = new Random(3);
        for (int i = 0; i < features.Length; i++)
            features[i] = Math.Exp(4 * random.NextDouble() - 2);
        var truth = new double[Count];
        for (int i = 0; i < Count; i++)
            truth[i] = 0.2 + 0.15 * i;
        var bounds = new FitBound[Count];
        for (int i = 0; i < Count; i++)
            bounds[i] = new FitBound($"c{i}", 0.01, 10, Scale: FitScale.Logarithmic);
        double Total(ReadOnlySpan<double> constants, int row)
        {
            double sum = 0;
            for (int i = 0; i < Count; i++)
                sum += constants[i] * features[row * Count + i];
            return sum;
        }

        FitResult fit = BoundedFit.Minimise(
            Rows,
            bounds,
            (constants, errors) =>
            {
                for (int row = 0; row < Rows; row++)
                    errors[row] = Math.Log(Total(constants, row) / Total(truth, row));
            },
            new FitOptions { Starts = 1 });
        for (int i = 0; i < Count; i++)
            fit.Constants[i].ShouldBe(truth[i], 0.02 * truth[i]);
    }

    [Fact]
    public void Weights_decide_between_rows_that_disagree()
    {
        static void Predict(ReadOnlySpan<double> constants, Span<double> errors)
        {
            for (int row = 0; row < errors.Length; row++)
                errors[row] = Math.Log(constants[0] / (row < 6 ? 2 : 5));
        }

        FitBound[] bounds = [new("x", 1, 10)];
        BoundedFit.Minimise(10, bounds, Predict, new FitOptions()).Constants[0].ShouldBe(2, 0.1);
        double[] weights = [1, 1, 1, 1, 1, 1, 4, 4, 4, 4];
        BoundedFit.Minimise(10, bounds, Predict, new FitOptions { Weights = weights }).Constants[0].ShouldBe(5, 0.25);
    }

    [Fact]
    public void Impossible_regions_are_walked_around_and_an_impossible_problem_throws()
    {
        static void HalfImpossible(ReadOnlySpan<double> constants, Span<double> errors) =>
            errors.Fill(constants[0] < 0.4 ? double.NaN : constants[0] - 0.45);

        FitBound[] bounds = [new("x", 0, 1)];
        BoundedFit.Minimise(1, bounds, HalfImpossible, new FitOptions()).Constants[0].ShouldBe(0.45, 1e-3);
        Should.Throw<InvalidOperationException>(() => BoundedFit.Minimise(1, bounds, static (_, errors) => errors.Fill(double.NaN), new FitOptions()));
    }

    [Fact]
    public void Ranges_that_are_none_are_refused()
    {
        static void Predict(ReadOnlySpan<double> constants, Span<double> errors) => errors.Clear();
        Should.Throw<ArgumentException>(() => BoundedFit.Minimise(1, [new FitBound("x", 2, 1)], Predict, new FitOptions()));
        Should.Throw<ArgumentException>(() => BoundedFit.Minimise(1, [new FitBound("x", 0, 1, Scale: FitScale.Logarithmic)], Predict, new FitOptions()));
        Should.Throw<ArgumentException>(() => BoundedFit.Minimise(1, [], Predict, new FitOptions()));
    }

    private static LogErrorPredictor Against(double[] truth, Func<int, double> noise) => (constants, errors) =>
    {
        for (int row = 0; row < errors.Length; row++)
            errors[row] = Math.Log(Roofline(constants, row) / Roofline(truth, row)) - noise(row);
    };

    private static double Roofline(ReadOnlySpan<double> constants, int row)
    {
        (double work, double bytes) = Shapes[row];
        return constants[0] + Math.Max(work / constants[1], bytes / constants[2]);
    }

    private static (double Work, double Bytes)[] MakeShapes()
    {
        var shapes = new (double Work, double Bytes)[300];
        var random = new Random(11);
        for (int i = 0; i < shapes.Length; i++)
            shapes[i] = (Math.Pow(10, 4 * random.NextDouble() - 1), Math.Pow(10, 4 * random.NextDouble() - 1));
        return shapes;
    }
}
