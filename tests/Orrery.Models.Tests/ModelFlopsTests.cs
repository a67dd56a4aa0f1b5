using Shouldly;
using Xunit;

namespace Orrery.Models.Tests;

public sealed class ModelFlopsTests
{
    /// <summary>arXiv:2104.04473 equation 3: 96 B s l h^2 (1 + s/6h + V/16lh) with recomputation and the full square of scores.</summary>
    [Theory]
    [InlineData("megatron-1.7b")]
    [InlineData("megatron-22b")]
    [InlineData("gpt-3-175b")]
    [InlineData("megatron-1t")]
    public void Megatron_models_have_the_flop_of_the_papers_formula(string name)
    {
        ModelArchitecture model = TestData.Load(name).Value!;
        const double Sequence = 2048;
        double hidden = model.Hidden;
        double paper = 96 * Sequence * model.Layers * hidden * hidden
            * (1 + (Sequence / (6 * hidden)) + (model.Vocabulary / (16 * model.Layers * hidden)));

        ModelFlops flops = ModelFlops.PerSequence(model, 2048, AttentionCounting.Full);

        flops.TrainingFullRecompute.ShouldBe(paper, paper * 1e-9);
    }

    [Fact]
    public void Causal_attention_counted_once_is_half_of_the_square()
    {
        ModelArchitecture model = TestData.Load("llama-3.1-8b").Value!;

        ModelFlops once = ModelFlops.PerSequence(model, 8192);
        ModelFlops full = ModelFlops.PerSequence(model, 8192, AttentionCounting.Full);

        once.Attention.ShouldBe(full.Attention / 2);
        once.Linear.ShouldBe(full.Linear);
        once.Vocabulary.ShouldBe(2.0 * 8192 * 4096 * 128256);
    }

    [Fact]
    public void An_encoder_attends_to_the_whole_square()
    {
        ModelArchitecture model = TestData.Load("bert-large").Value!;

        ModelFlops.PerSequence(model, 512).Attention.ShouldBe(24 * 4.0 * 512 * 512 * 1024);
    }

    [Fact]
    public void A_window_bounds_the_pairs_and_meets_full_attention_where_it_is_as_long()
    {
        AttentionDescription attention = new(AttentionKind.Grouped, 1, 1, 1, 0, false, false, QkNormKind.None, true);

        LayerFlops.Pairs(attention with { Window = 100 }, 1000, AttentionCounting.Once).ShouldBe((1000 * 100) - 5000);
        LayerFlops.Pairs(attention with { Window = 100 }, 1000, AttentionCounting.Full).ShouldBe(100_000);
        LayerFlops.Pairs(attention with { Window = 1000 }, 1000, AttentionCounting.Once).ShouldBe(LayerFlops.Pairs(attention, 1000, AttentionCounting.Once));
        LayerFlops.Pairs(attention with { Window = 9999 }, 1000, AttentionCounting.Full).ShouldBe(1_000_000);
    }

    [Fact]
    public void Linear_flop_is_twice_the_matmul_parameters_a_token_uses()
    {
        foreach (string name in (string[])["mixtral-8x7b", "qwen3-235b-a22b", "llama-2-70b", "gemma-3-27b"])
        {
            ModelArchitecture model = TestData.Load(name).Value!;

            ModelFlops flops = ModelFlops.PerSequence(model, 1000);

            (flops.Linear + flops.Vocabulary).ShouldBe(2.0 * ParameterCount.Of(model).ActiveMatmul * 1000, 1);
        }
    }

    [Fact]
    public void Only_positions_that_reach_the_loss_pay_for_the_vocabulary()
    {
        ModelArchitecture model = TestData.Load("bert-large").Value!;

        double all = ModelFlops.PerSequence(model, 128).Vocabulary;
        double masked = ModelFlops.PerSequence(model with { LossPositionFraction = 20.0 / 128 }, 128).Vocabulary;

        double pooler = 2.0 * 1024 * 1024;
        (masked - pooler).ShouldBe((all - pooler) * 20 / 128, 1);
    }

    [Fact]
    public void No_tokens_cost_nothing() =>
        ModelFlops.PerSequence(TestData.Load("llama-2-7b").Value!, 0).Forward.ShouldBe(0);
}
