using Orrery.Catalog;
using Orrery.Engine;
using Orrery.Serving;
using Shouldly;
using Xunit;

namespace Orrery.Serving.Tests;

/// <summary>Requests that are made up: when they arrive and how long they are.</summary>
public sealed class WorkloadTests
{
    private static readonly ShapeCatalog Shapes = new(Bench.DataRoot());

    private static ArrivalProcess Arrivals(string text) => Shapes.Arrivals(text, "--arrivals").Value!.Shape;

    private static LengthSpread Lengths(string text) => Shapes.Lengths(text, "--lengths").Value!.Shape;

    [Theory]
    [InlineData("poisson")]
    [InlineData("gamma")]
    [InlineData("gamma:cv=0.3")]
    [InlineData("bursts")]
    [InlineData("bursts:size=10,peak=20,share=0.9")]
    [InlineData("bursts:share=1")]
    [InlineData("diurnal:period=100s")]
    [InlineData("diurnal:period=1min,peak=50")]
    [InlineData("even")]
    public void Every_arrival_process_keeps_the_rate_it_is_asked_for(string text)
    {
        RequestTrace trace = SyntheticTrace.Create(Arrivals(text), 50, 60_000, new LengthRange(10), new LengthRange(10), 4);
        double rate = (trace.Count - 1) / (trace.Arrivals[^1] / RequestTrace.TicksPerSecond);
        rate.ShouldBe(50, 2.5);
    }

    [Theory]
    [InlineData("even", 0, 1e-6)]
    [InlineData("poisson", 1, 0.02)]
    [InlineData("gamma:cv=0.25", 0.25, 0.01)]
    [InlineData("gamma:cv=1", 1, 0.02)]
    [InlineData("gamma", 2, 0.06)]
    [InlineData("gamma:cv=5", 5, 0.5)]
    public void Gaps_vary_as_much_as_they_are_asked_to(string text, double variation, double within) => Variation(Arrivals(text)).ShouldBe(variation, within);

    [Fact]
    public void Bursts_hold_their_share_of_the_requests_at_their_rate()
    {
        // In mean gaps a burst of 50 at 10 times the rate lasts 5, and one begins every 50 / 0.4 = 125.
        RequestTrace trace = SyntheticTrace.Create(new BurstArrivals(50, 10, 0.4), 1, 100_000, new LengthRange(1), new LengthRange(1), 2);
        int inBursts = 0;
        foreach (long arrival in trace.Arrivals)
            inBursts += arrival / RequestTrace.TicksPerSecond % 125 < 5 ? 1 : 0;
        (inBursts / 100_000.0).ShouldBe(0.4, 0.01);
    }

    [Fact]
    public void A_day_has_a_busy_half_and_a_quiet_one()
    {
        // Peak 3 swings by half: the rising half of a sine holds 1/2 + 0.5/pi of the requests.
        RequestTrace trace = SyntheticTrace.Create(Arrivals("diurnal:period=200s,peak=3"), 100, 100_000, new LengthRange(1), new LengthRange(1), 3);
        int first = 0;
        foreach (long arrival in trace.Arrivals)
            first += arrival / RequestTrace.TicksPerSecond % 200 < 100 ? 1 : 0;
        (first / 100_000.0).ShouldBe(0.5 + (0.5 / Math.PI), 0.01);
    }

    [Theory]
    [InlineData("gama", "did you mean 'gamma'")]
    [InlineData("gamma:vc=2", "did you mean 'cv'")]
    [InlineData("gamma:cv=0", "expected standard deviation")]
    [InlineData("gamma:cv=NaN", "expected standard deviation")]
    [InlineData("gamma:cv", "expected standard deviation")]
    [InlineData("gamma:cv=2,cv=3", "given twice")]
    [InlineData("poisson:cv=2", "takes no numbers")]
    [InlineData("diurnal:period=fast", "from 1 ms to")]
    public void What_is_no_shape_is_a_diagnostic(string text, string message)
    {
        Result<Shaped<ArrivalProcess>> result = Shapes.Arrivals(text, "--arrivals");
        result.Value.ShouldBeNull();
        result.Diagnostics[0].Code.ShouldBe(ServingCode.BadShape);
        result.Diagnostics[0].Message.ShouldContain(message);
    }

    [Fact]
    public void A_shape_says_all_its_numbers()
    {
        Shapes.Arrivals("BURSTS:size=7", "--arrivals").Value!.Text.ShouldBe("bursts, size 7, peak 5, share 0.5");
        Shapes.Arrivals(null, "--arrivals").Value!.Text.ShouldBe("poisson");
        Shapes.Problems.ShouldBeEmpty();
    }

    [Fact]
    public void Lognormal_lengths_have_their_median_and_end_at_the_longest()
    {
        int[] lengths = Drawn(new LognormalLengths(0.1, 0.5));
        lengths.Max().ShouldBeLessThanOrEqualTo(4000);
        ((double)lengths.Order().ElementAt(lengths.Length / 2)).ShouldBe(400, 8);
        lengths.Average().ShouldBe(400 * Math.Exp(0.125), 8);
    }

    [Theory]
    [InlineData(0.6)]
    [InlineData(1)]
    [InlineData(2.5)]
    public void Zipf_lengths_have_the_chances_of_the_law(double exponent)
    {
        LengthSpread spread = new ZipfLengths(exponent, 0.1);
        RandomStream random = RandomStream.Create(5, "zipf");
        int[] counts = new int[51];
        for (int draw = 0; draw < 200_000; draw++)
            counts[spread.Next(ref random, 50)]++;
        double sum = 0;
        for (int length = 5; length <= 50; length++)
            sum += Math.Pow(length, -exponent);
        for (int length = 0; length <= 50; length++)
        {
            double expected = length < 5 ? 0 : 200_000 * Math.Pow(length, -exponent) / sum;
            ((double)counts[length]).ShouldBe(expected, 0.5 + (5 * Math.Sqrt(expected)), $"{length}");
        }
    }

    [Theory]
    [InlineData("fixed")]
    [InlineData("uniform")]
    [InlineData("lognormal")]
    [InlineData("lognormal:median=1,sigma=5")]
    [InlineData("zipf")]
    [InlineData("zipf:shortest=0.000001,exponent=5")]
    public void Lengths_stay_between_their_ends(string text)
    {
        LengthSpread spread = Lengths(text);
        RandomStream random = RandomStream.Create(6, "ends");
        foreach (int most in (int[])[1, 2, 1000, TraceLimits.AbsurdTokens])
        {
            for (int draw = 0; draw < 500; draw++)
                spread.Next(ref random, most).ShouldBeInRange(spread.Least(most), most);
        }
    }

    private static int[] Drawn(LengthSpread spread)
    {
        RandomStream random = RandomStream.Create(9, "lengths");
        int[] lengths = new int[50_000];
        for (int draw = 0; draw < lengths.Length; draw++)
            lengths[draw] = spread.Next(ref random, 4000);
        return lengths;
    }

    [Fact]
    public void Changing_the_lengths_leaves_the_arrivals_as_they_were()
    {
        RequestTrace one = SyntheticTrace.Create(new PoissonArrivals(), 5, 100, new LengthRange(10, 0.5), new LengthRange(10), 4);
        RequestTrace other = SyntheticTrace.Create(new PoissonArrivals(), 5, 100, new LengthRange(999, 0.1), new LengthRange(77, 0.1), 4);
        one.Arrivals.SequenceEqual(other.Arrivals).ShouldBeTrue();
        SyntheticTrace.Create(new PoissonArrivals(), 5, 100, new LengthRange(10), new LengthRange(10), 5).Arrivals.SequenceEqual(one.Arrivals).ShouldBeFalse();
    }

    [Fact]
    public void Lengths_fill_their_range()
    {
        RequestTrace trace = SyntheticTrace.Create(new PoissonArrivals(), 5, 20_000, new LengthRange(1000, 0.8), new LengthRange(7), 4);
        int[] inputs = trace.Inputs.ToArray();
        inputs.Min().ShouldBe(800);
        inputs.Max().ShouldBe(1000);
        inputs.Average().ShouldBe(900, 2);
        trace.Outputs.ToArray().ShouldAllBe(static output => output == 7);
    }

    private static double Variation(ArrivalProcess process)
    {
        RequestTrace trace = SyntheticTrace.Create(process, 1, 50_000, new LengthRange(1), new LengthRange(1), 8);
        double[] gaps = new double[trace.Count - 1];
        for (int gap = 0; gap < gaps.Length; gap++)
            gaps[gap] = trace.Arrivals[gap + 1] - trace.Arrivals[gap];
        double mean = gaps.Average();
        return Math.Sqrt(gaps.Average(gap => (gap - mean) * (gap - mean))) / mean;
    }
}
