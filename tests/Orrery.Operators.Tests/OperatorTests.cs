using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Operators.Tests;

public sealed class OperatorTests
{
    [Fact]
    public void A_product_counts_two_operations_for_each_multiply_add()
    {
        Operator.Matmul(3, 5, 7, NumberFormat.Bf16).FlopCount.ShouldBe(2 * 3 * 5 * 7);
        Operator.Matmul(3, 5, 7, NumberFormat.Bf16, groups: 4).FlopCount.ShouldBe(4 * 2 * 3 * 5 * 7);
    }

    [Fact]
    public void Latent_decode_reads_one_vector_a_token_for_all_heads_and_multiplies_with_its_keys_and_its_values()
    {
        Operator work = Operator.LatentDecode(4, 1000, 128, 512, 64, NumberFormat.Bf16, NumberFormat.Fp8);
        work.CacheBytes.ShouldBe(4 * 1000 * 576);
        work.FlopCount.ShouldBe(2.0 * 4 * 1000 * 128 * (576 + 512));
        Operator.Decode(4, 1000, 128, 8, 64, NumberFormat.Bf16, NumberFormat.Bf16, window: 100).CacheBytes.ShouldBe(2.0 * 2 * 4 * 100 * 8 * 64);
    }

    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(8, 8, 0)]
    [InlineData(3, 8, 0)]
    [InlineData(8, 8, 3)]
    [InlineData(3, 8, 2)]
    [InlineData(8, 8, 8)]
    [InlineData(5, 5, 100)]
    [InlineData(7, 20, 19)]
    public void Causal_pairs_are_those_a_mask_lets_through(int queries, int keys, int window)
    {
        int pairs = 0;
        for (int query = 0; query < queries; query++)
        {
            int place = keys - queries + query;
            for (int key = 0; key <= place; key++)
            {
                if (window == 0 || place - key < window)
                    pairs++;
            }
        }

        Operator.Attention(2, queries, keys, 4, 2, 16, causal: true, NumberFormat.Bf16, window: window).AttendedPairs.ShouldBe(2.0 * pairs);
    }

    [Fact]
    public void Full_attention_counts_every_pair() =>
        Operator.Attention(2, 3, 8, 4, 2, 16, causal: false, NumberFormat.Bf16).AttendedPairs.ShouldBe(2 * 3 * 8);

    [Fact]
    public void The_gradient_of_attention_takes_two_and_a_half_times_the_forward_work()
    {
        Operator forward = Operator.Attention(1, 64, 64, 4, 2, 16, causal: true, NumberFormat.Bf16);
        Operator backward = Operator.Attention(1, 64, 64, 4, 2, 16, causal: true, NumberFormat.Bf16, backward: true);
        forward.FlopCount.ShouldBe(4 * forward.AttendedPairs * 4 * 16);
        backward.FlopCount.ShouldBe(2.5 * forward.FlopCount);
    }

    [Fact]
    public void Decoding_reads_no_further_back_than_its_window()
    {
        Operator.Decode(2, 1000, 8, 2, 64, NumberFormat.Bf16, NumberFormat.Fp8).FlopCount.ShouldBe(4.0 * 2 * 1000 * 8 * 64);
        Operator.Decode(2, 1000, 8, 2, 64, NumberFormat.Bf16, NumberFormat.Fp8, window: 128).FlopCount.ShouldBe(4.0 * 2 * 128 * 8 * 64);
    }

    [Fact]
    public void An_optimizer_moves_bytes_and_touches_each_parameter_once()
    {
        Operator update = Operator.Optimizer(1e9, 16e9);
        update.MemoryBytes.ShouldBe(16e9);
        update.FlopCount.ShouldBe(1e9);
    }

    [Fact]
    public void Equal_work_is_an_equal_value_so_that_costs_can_be_remembered_by_it()
    {
        Operator.Matmul(3, 5, 7, NumberFormat.Bf16).ShouldBe(Operator.Matmul(3, 5, 7, NumberFormat.Bf16));
        Operator.Matmul(3, 5, 7, NumberFormat.Bf16).ShouldNotBe(Operator.Matmul(3, 5, 7, NumberFormat.Fp8));
        Operator.Matmul(3, 5, 7, NumberFormat.Bf16).ShouldNotBe(Operator.Matmul(3, 7, 5, NumberFormat.Bf16));
    }

    [Fact]
    public void An_isolated_operator_pays_its_launch()
    {
        OperatorCost cost = new(new(2e-6), new(10e-6), new(8e-6), new(1e-6), new(1e6), new(1e9));
        cost.Isolated.Value.ShouldBe(12e-6, 1e-12);
    }
}
