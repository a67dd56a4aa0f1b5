using Orrery.Catalog;
using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Accounting.Tests;

public sealed class CostModelTests
{
    private static readonly PriceReading OnDemand = new("on-demand", 4, Mark.Reported, "2026-09", "a tracker");

    [Fact]
    public void The_first_price_is_taken_and_says_where_it_comes_from()
    {
        CostOfRun cost = CostModel.Of(Systems.Plain(OnDemand, OnDemand with { UsdPerChipHour = 1 }), 100, 1e6);
        cost.UsdPerHour.ShouldBe(400);
        cost.UsdPerMillionTokens.ShouldNotBeNull().ShouldBe(400 / 3600.0, 1e-12);
        cost.Mark.ShouldBe("reported");
        cost.Source.ShouldBe("on-demand, a tracker, 2026-09");
    }

    [Fact]
    public void A_given_price_takes_its_place()
    {
        CostOfRun cost = CostModel.Of(Systems.Plain(OnDemand), 10, 1e6, 2.5);
        cost.UsdPerHour.ShouldBe(25);
        cost.Mark.ShouldBe("given");
    }

    [Fact]
    public void An_unknown_price_is_null_and_the_break_even_stands_in()
    {
        CostOfRun cost = CostModel.Of(Systems.Plain(OnDemand with { UsdPerChipHour = null, Mark = Mark.Unknown }), 100, 1e6);
        cost.UsdPerHour.ShouldBeNull();
        cost.UsdPerMillionTokens.ShouldBeNull();
        cost.Mark.ShouldBe("unknown");
        cost.BreakEvenTokensPerUsd.ShouldBe(1e6 * 3600 / 100);

        // At that price a chip-hour, tokens cost as much as on the system it is compared with.
        double price = cost.BreakEvenUsdPerChipHour(0.5);
        CostModel.Of(Systems.Plain(), 100, 1e6, price).UsdPerMillionTokens.ShouldNotBeNull().ShouldBe(0.5, 1e-12);
    }

    [Fact]
    public void A_system_without_prices_has_an_unknown_one() => CostModel.Of(Systems.Plain(), 8, 1).Mark.ShouldBe("unknown");

    [Fact]
    public void Without_tokens_there_is_no_price_of_a_token()
    {
        CostOfRun cost = CostModel.Of(Systems.Plain(OnDemand), 8, 0);
        cost.UsdPerHour.ShouldBe(32);
        cost.UsdPerMillionTokens.ShouldBeNull();
    }

    [Fact]
    public void Time_costs_by_the_hour()
    {
        CostModel.OfTime(CostModel.Of(Systems.Plain(OnDemand), 8, 1), new Seconds(1800)).ShouldBe(16);
        CostModel.OfTime(CostModel.Of(Systems.Plain(), 8, 1), new Seconds(1800)).ShouldBeNull();
    }
}
