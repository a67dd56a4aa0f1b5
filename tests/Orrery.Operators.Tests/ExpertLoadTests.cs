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

    [Theory]
    [InlineData(1, 128, 4)]
    [InlineData(16, 128, 4)]
    [InlineData(64, 128, 4)]
    [InlineData(48, 256, 8)]
    [InlineData(8192, 8, 2)]
    public void Random_choices_reach_as_many_experts_as_chance_says_and_lose_no_token(int tokens, int experts, int choices)
    {
        int[] load = ExpertLoad.Busiest(tokens, new(experts, choices, 1) { IsRandom = true });
        load.Sum().ShouldBe(tokens * choices);
        load.Max().ShouldBeLessThanOrEqualTo(tokens);
        double expected = experts * (1 - Math.Pow(1 - ((double)choices / experts), tokens));
        ((double)load.Count(rows => rows > 0)).ShouldBe(expected, 1);
    }

    [Fact]
    public void Experts_that_are_not_chosen_alike_are_fewer_the_fewer_the_more_unlike()
    {
        int before = int.MaxValue;
        foreach (double index in new[] { 0, 0.2, 0.44, 0.65, 0.9 })
        {
            int[] load = ExpertLoad.Busiest(64, new(128, 4, 1) { IsRandom = true, Popularity = index });
            load.Sum().ShouldBe(64 * 4);
            load.Max().ShouldBeLessThanOrEqualTo(64);
            int reached = load.Count(rows => rows > 0);
            reached.ShouldBeLessThan(before);
            before = reached;
        }
    }

    [Fact]
    public void With_many_tokens_shares_have_the_Gini_index_that_was_asked_for()
    {
        int[] load = ExpertLoad.Busiest(1 << 20, new(512, 2, 1) { IsRandom = true, Popularity = 0.44 });
        double differences = 0;
        foreach (int one in load)
        {
            foreach (int other in load)
                differences += Math.Abs(one - other);
        }

        (differences / (2.0 * load.Length * load.Sum())).ShouldBe(0.44, 0.02);
    }

    [Fact]
    public void Random_choices_spread_as_a_binomial_does()
    {
        int[] load = ExpertLoad.Busiest(4096, new(256, 8, 1) { IsRandom = true });
        double mean = load.Average();
        Math.Sqrt(load.Average(rows => (rows - mean) * (rows - mean))).ShouldBe(Math.Sqrt(4096 * 8 / 256.0 * (1 - (8 / 256.0))), 0.3);
    }

    [Fact]
    public void Of_random_choices_the_busiest_rank_has_more_than_its_share_and_less_so_with_more_tokens()
    {
        double before = double.PositiveInfinity;
        foreach (int tokens in new[] { 64, 512, 4096, 32768 })
        {
            double over = ExpertLoad.Busiest(tokens, new(256, 8, 8) { IsRandom = true }).Sum() / (double)tokens;
            over.ShouldBeInRange(1, before);
            before = over;
        }
    }

    [Fact]
    public void Imbalance_fills_the_busiest_rank_and_says_nothing_of_a_rank_alone()
    {
        var even = new ExpertRouting(256, 8, 8) { IsRandom = true };
        int plain = ExpertLoad.Busiest(4096, even).Sum();
        ExpertLoad.Busiest(4096, even with { Imbalance = 0.3 }).Sum().ShouldBeInRange((int)(1.27 * plain), (int)(1.33 * plain));
        ExpertLoad.Busiest(4096, even with { Ranks = 1, Imbalance = 0.3 }).ShouldBe(ExpertLoad.Busiest(4096, even with { Ranks = 1 }));
        // Nobody chooses an expert twice.
        ExpertLoad.Busiest(10, even with { Imbalance = 1000 }).ShouldAllBe(rows => rows == 10);
    }

    [Fact]
    public void The_same_question_has_the_same_answer() =>
        ExpertLoad.Busiest(777, new(160, 6, 8, 1.01)).ShouldBe(ExpertLoad.Busiest(777, new(160, 6, 8, 1.01)));

    [Fact]
    public void No_tokens_are_no_load() => ExpertLoad.Busiest(0, new(64, 4, 8, 1.2)).ShouldAllBe(rows => rows == 0);
}
