using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Engine.Tests;

public sealed class TickScaleTests
{
    [Fact]
    public void Durations_round_to_the_nearest_tick_and_come_back()
    {
        TickScale.Picoseconds.ToTicks(new Seconds(1.5e-6)).ShouldBe(1_500_000);
        TickScale.Picoseconds.ToTicks(new Seconds(0.4e-12)).ShouldBe(0);
        TickScale.Nanoseconds.ToTicks(new Seconds(2.6e-9)).ShouldBe(3);
        TickScale.Picoseconds.ToSeconds(2_500_000_000_000).ShouldBe(new Seconds(2.5));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(1e8)]
    public void A_duration_the_clock_cannot_hold_is_refused(double seconds) =>
        Should.Throw<ArgumentOutOfRangeException>(() => TickScale.Picoseconds.ToTicks(new Seconds(seconds)));
}
