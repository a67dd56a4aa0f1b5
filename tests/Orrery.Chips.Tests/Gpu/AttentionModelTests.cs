using Orrery.Chips.Gpu;
using Shouldly;
using Xunit;

namespace Orrery.Chips.Tests.Gpu;

public sealed class AttentionModelTests
{
    private const double Peak = 1e15;
    private const double Bandwidth = 3e12;
    private const int Cores = 128;

    private static readonly AttentionShape Long = new(4, 8192, 8192, 32, 8, 128, 0, true);

    [Fact]
    public void An_empty_shape_costs_nothing()
    {
        Prefill().Evaluate(Long with { Queries = 0 }, false, true).ShouldBe(default);
        Decode().Evaluate(Long with { Batch = 0 }, 2, false).ShouldBe(default);
    }

    [Fact]
    public void A_causal_mask_halves_long_attention()
    {
        PrefillAttentionModel model = Prefill();
        double causal = model.Evaluate(Long, false, false).Execution;
        double full = model.Evaluate(Long with { IsCausal = false }, false, false).Execution;
        (causal / full).ShouldBe(0.5, 0.03);
    }

    [Fact]
    public void Prefill_never_beats_the_peak_of_the_matrix_units()
    {
        PrefillAttentionModel model = Prefill();
        for (int length = 1; length <= 16384; length = (length * 5 / 3) + 1)
        {
            for (int heads = 1; heads <= 64; heads *= 4)
            {
                AttentionShape shape = new(2, length, length, heads, 1, 128, 0, true);
                double flop = 4.0 * 2 * heads * 128 * (length * (length + 1.0) / 2);
                model.Evaluate(shape, false, false).Execution.ShouldBeGreaterThan(flop / Peak);
            }
        }
    }

    [Fact]
    public void Exponentials_are_a_second_roof_so_narrow_heads_lose_rate()
    {
        PrefillAttentionModel model = Prefill(constants => constants[(int)PrefillConstant.Exponential] = 0.3);
        double wide = model.Evaluate(Long, false, false).Execution;
        double narrow = model.Evaluate(Long with { HeadDim = 64 }, false, false).Execution;
        narrow.ShouldBeGreaterThan(0.8 * wide);
        PrefillAttentionModel unbound = Prefill(constants => constants[(int)PrefillConstant.Exponential] = 1e6);
        unbound.Evaluate(Long with { HeadDim = 64 }, false, false).Execution
            .ShouldBe(0.5 * unbound.Evaluate(Long, false, false).Execution, 0.05 * wide);
    }

    [Fact]
    public void A_window_is_cheaper_and_grows_linearly_with_length()
    {
        PrefillAttentionModel model = Prefill();
        AttentionShape windowed = Long with { Window = 512 };
        double at8k = model.Evaluate(windowed, false, false).Execution;
        at8k.ShouldBeLessThan(0.5 * model.Evaluate(Long, false, false).Execution);
        model.Evaluate(windowed with { Queries = 16384, Keys = 16384 }, false, false).Execution.ShouldBe(2 * at8k, 0.1 * at8k);
    }

    [Fact]
    public void A_window_wider_than_the_keys_changes_nothing()
    {
        PrefillAttentionModel model = Prefill();
        model.Evaluate(Long with { Window = 8192 }, false, false).ShouldBe(model.Evaluate(Long, false, false));
    }

    [Fact]
    public void The_gradient_has_two_and_a_half_times_the_matrix_work()
    {
        PrefillAttentionModel model = Prefill();
        KernelTime forward = model.Evaluate(Long, false, false);
        KernelTime backward = model.Evaluate(Long, true, false);
        backward.MatrixTime.ShouldBe(2.5 * forward.MatrixTime, 1e-9);
        backward.VectorTime.ShouldBe(forward.VectorTime, 1e-12);
        backward.Execution.ShouldBeInRange(forward.Execution, 2.5 * forward.Execution);
    }

    [Fact]
    public void Cached_tokens_add_the_keys_they_bring()
    {
        PrefillAttentionModel model = Prefill();
        AttentionShape chunk = new(1, 2048, 2048, 32, 8, 128, 0, true);
        double alone = model.Evaluate(chunk, false, false).Execution;
        double late = model.Evaluate(chunk with { Keys = 16384 }, false, false).Execution;
        late.ShouldBeGreaterThan(6 * alone);
    }

    [Fact]
    public void Passes_that_stay_in_the_last_level_cache_are_cheaper_than_their_bytes_and_long_ones_are_not()
    {
        PrefillAttentionModel cached = Prefill(constants => constants[(int)PrefillConstant.CacheShare] = 0.5);
        PrefillAttentionModel plain = Prefill(constants => constants[(int)PrefillConstant.CacheShare] = 0);
        double Passes(PrefillAttentionModel model, int batch)
        {
            AttentionShape shape = new(batch, 256, 256, 8, 8, 128, 0, true);
            return model.Evaluate(shape, false, true).Execution - model.Evaluate(shape, false, false).Execution;
        }

        Passes(cached, 1).ShouldBe(TestChips.Vocabulary.Prefill.CachedShare * Passes(plain, 1), 0.02 * Passes(plain, 1));
        Passes(cached, 512).ShouldBe(Passes(plain, 512), 0.01 * Passes(plain, 512));
    }

    [Fact]
    public void A_cache_that_no_longer_holds_what_passes_move_can_lose_all_of_it_at_once()
    {
        PrefillAttentionModel Falling(double fall) => Prefill(constants =>
        {
            constants[(int)PrefillConstant.CacheShare] = 0.5;
            constants[(int)PrefillConstant.CacheFall] = fall;
        });
        static double PerByte(PrefillAttentionModel model, int batch)
        {
            AttentionShape shape = new(batch, 256, 256, 8, 8, 128, 0, true);
            return (model.Evaluate(shape, false, true).Execution - model.Evaluate(shape, false, false).Execution) / batch;
        }

        // Half of the cache holds the passes of seven sequences, not those of nine.
        double cached = TestChips.Vocabulary.Prefill.CachedShare;
        (PerByte(Falling(60), 7) / PerByte(Falling(60), 9)).ShouldBe(cached, 0.02);
        (PerByte(Falling(3), 7) / PerByte(Falling(3), 9)).ShouldBeGreaterThan(2 * cached);
    }

    [Fact]
    public void Longer_prefill_is_never_cheaper()
    {
        PrefillAttentionModel model = Prefill();
        double before = 0;
        for (int length = 64; length <= 32768; length += 64)
        {
            double time = model.Evaluate(Long with { Queries = length, Keys = length }, false, true).Execution;
            time.ShouldBeGreaterThanOrEqualTo(before * (1 - 1e-9));
            before = time;
        }
    }

    [Fact]
    public void Decode_never_beats_memory_when_cold_and_warm_is_never_slower()
    {
        DecodeAttentionModel model = Decode();
        for (int tokens = 1; tokens <= 131072; tokens *= 3)
        {
            for (int batch = 1; batch <= 256; batch *= 4)
            {
                AttentionShape shape = new(batch, 1, tokens, 32, 8, 128, 0, true);
                double cold = model.Evaluate(shape, 2, true).Execution;
                cold.ShouldBeGreaterThan(4.0 * batch * 8 * tokens * 128 / Bandwidth);
                model.Evaluate(shape, 2, false).Execution.ShouldBeLessThanOrEqualTo(cold);
            }
        }
    }

    [Fact]
    public void More_heads_than_a_block_holds_fall_back_to_the_kernel_of_single_heads()
    {
        DecodeAttentionModel model = Decode(constants => constants[(int)DecodeConstant.SingleRate] = 1e9);
        double grouped = model.Evaluate(new AttentionShape(8, 1, 8192, 32, 1, 128, 0, true), 2, true).Execution;
        double single = model.Evaluate(new AttentionShape(8, 1, 8192, 33, 1, 128, 0, true), 2, true).Execution;
        single.ShouldBeGreaterThan(3 * grouped);
    }

    [Fact]
    public void A_decode_window_caps_the_tokens()
    {
        DecodeAttentionModel model = Decode();
        AttentionShape shape = new(8, 1, 65536, 32, 8, 128, 1024, true);
        model.Evaluate(shape, 2, true).ShouldBe(model.Evaluate(shape with { Keys = 1024, Window = 0 }, 2, true));
    }

    private static PrefillAttentionModel Prefill(Action<double[]>? change = null)
    {
        double[] constants = TestChips.Typical(TestChips.Vocabulary.PrefillConstants);
        change?.Invoke(constants);
        return new PrefillAttentionModel(new GpuFigures(Bandwidth, Cores, 50e6, 16 * 1.8e9 * Cores), Peak, TestChips.Vocabulary.Prefill, constants);
    }

    private static DecodeAttentionModel Decode(Action<double[]>? change = null)
    {
        double[] constants = TestChips.Typical(TestChips.Vocabulary.DecodeConstants);
        change?.Invoke(constants);
        return new DecodeAttentionModel(new GpuFigures(Bandwidth, Cores, 50e6, 0), TestChips.Vocabulary.DecodeOf("hopper"), constants);
    }
}
