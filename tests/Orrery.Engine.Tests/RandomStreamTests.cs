using Shouldly;
using Xunit;

namespace Orrery.Engine.Tests;

public sealed class RandomStreamTests
{
    [Fact]
    public void The_sequence_of_a_stream_never_changes()
    {
        // Golden: stored results depend on these bits.
        RandomStream stream = RandomStream.Create(42, "arrivals", 7);
        ulong[] bits = [stream.NextBits(), stream.NextBits(), stream.NextBits()];
        bits.ShouldBe([10236177897840761454, 2919825113077832372, 6189746371263375018]);
    }

    [Fact]
    public void Seed_name_and_id_each_give_another_stream()
    {
        ulong[] first =
        [
            First(1, "failures", 0), First(2, "failures", 0), First(1, "arrivals", 0), First(1, "failures", 1), First(1, "failures", -1),
            First(0, "", 0), First(1, "", 0), First(0, "", 1),
        ];
        first.Distinct().Count().ShouldBe(first.Length);
    }

    [Fact]
    public void Uniform_numbers_fill_the_unit_interval_evenly()
    {
        RandomStream stream = RandomStream.Create(3, "uniform");
        int[] bins = new int[10];
        for (int i = 0; i < 100_000; i++)
        {
            double value = stream.NextDouble();
            value.ShouldBeInRange(0, 1);
            value.ShouldBeLessThan(1);
            bins[(int)(value * 10)]++;
        }

        // Standard deviation of a bin is 95; five of them.
        bins.ShouldAllBe(n => Math.Abs(n - 10_000) < 475);
    }

    [Fact]
    public void Integers_are_even_over_a_range_that_is_no_power_of_two()
    {
        RandomStream stream = RandomStream.Create(4, "integers");
        int[] bins = new int[7];
        for (int i = 0; i < 70_000; i++)
            bins[stream.NextInt(7)]++;
        bins.ShouldAllBe(n => Math.Abs(n - 10_000) < 470);
        stream.NextInt(1).ShouldBe(0);
        Should.Throw<ArgumentOutOfRangeException>(() => RandomStream.Create(4, "integers").NextInt(0));
    }

    [Fact]
    public void Exponential_and_normal_numbers_have_their_moments()
    {
        RandomStream stream = RandomStream.Create(5, "moments");
        const int count = 200_000;
        double exponential = 0, normal = 0, square = 0;
        for (int i = 0; i < count; i++)
        {
            exponential += stream.NextExponential();
            double z = stream.NextNormal();
            normal += z;
            square += z * z;
        }

        (exponential / count).ShouldBe(1, 0.012);
        (normal / count).ShouldBe(0, 0.012);
        (square / count).ShouldBe(1, 0.017);
    }

    private static ulong First(ulong seed, string name, long id)
    {
        RandomStream stream = RandomStream.Create(seed, name, id);
        return stream.NextBits();
    }
}
