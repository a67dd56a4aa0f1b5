using Shouldly;
using Xunit;

namespace Orrery.Operators.Tests;

public sealed class ExpertLoadTests
{
    [Theory]
    [InlineData(1024, 128, 8, 1)]
    [InlineData(1024, 128, 8, 16)]
    [InlineData(3, 256, 6, 32)]
    public void An_even_spread_gives_every_expert_the_same_within_one_choice(int tokens, int experts, int choices, int ranks)
    {
        int[] load = ExpertLoad.Busiest(tokens, new(experts, choices, ranks));
        load.Length.ShouldBe(experts / ranks);
        (load.Max() - load.Min()).ShouldBeLessThanOrEqualTo(1);
        if (ranks == 1)
            load.Sum().ShouldBe(tokens * choices);
    }

    [Theory]
    [InlineData(1, 128, 8)]
    [InlineData(16, 128, 8)]
    [InlineData(4096, 256, 6)]
    [InlineData(4096, 8, 2)]
    public void A_power_law_loses_no_token_and_gives_no_expert_more_than_all(int tokens, int experts, int choices)
    {
        int[] load = ExpertLoad.Busiest(tokens, new(experts, choices, 1, 1.2));
        load.Sum().ShouldBe(tokens * choices);
        load.Max().ShouldBeLessThanOrEqualTo(tokens);
    }

    [Fact]
    public void The_busiest_rank_has_more_than_its_share_and_more_so_with_more_ranks_and_skew()
    {
        double before = 1;
        foreach (int ranks in new[] { 2, 8, 32 })
        {
            double over = ExpertLoad.Busiest(8192, new(256, 8, ranks, 1.2)).Sum() / (8192.0 * 8 / ranks);
            over.ShouldBeGreaterThan(before);
            before = over;
        }

        ExpertLoad.Busiest(8192, new(256, 8, 16, 1.2)).Sum().ShouldBeGreaterThan(ExpertLoad.Busiest(8192, new(256, 8, 16, 0.5)).Sum());
    }

    [Fact]
    public void The_same_question_has_the_same_answer() =>
        ExpertLoad.Busiest(777, new(160, 6, 8, 1.01)).ShouldBe(ExpertLoad.Busiest(777, new(160, 6, 8, 1.01)));

    [Fact]
    public void No_tokens_are_no_load() => ExpertLoad.Busiest(0, new(64, 4, 8, 1.2)).ShouldAllBe(rows => rows == 0);
}
