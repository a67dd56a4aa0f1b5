using Orrery.Chips.Gpu;
using Shouldly;
using Xunit;

namespace Orrery.Chips.Tests.Gpu;

public sealed class LatentDecodeModelTests
{
    private const double Peak = 1e15;
    private const double Bandwidth = 3e12;
    private const int Cores = 128;

    [Fact]
    public void An_empty_shape_costs_nothing() => Model().Evaluate(0, 1024, 128, 576, 512, 2, true).ShouldBe(default);

    [Fact]
    public void A_step_never_beats_memory_when_cold_nor_the_matrix_units_and_warm_is_never_slower()
    {
        LatentDecodeModel model = Model();
        for (int keys = 1; keys <= 131072; keys *= 3)
        {
            for (int batch = 1; batch <= 256; batch *= 4)
            {
                double cold = model.Evaluate(batch, keys, 128, 576, 512, 2, true).Execution;
                cold.ShouldBeGreaterThan(2.0 * batch * keys * 576 / Bandwidth);
                cold.ShouldBeGreaterThan(2.0 * batch * keys * 128 * (576 + 512) / Peak);
                model.Evaluate(batch, keys, 128, 576, 512, 2, false).Execution.ShouldBeLessThanOrEqualTo(cold);
            }
        }
    }

    [Fact]
    public void Heads_of_one_block_share_what_it_reads_so_few_heads_cost_almost_what_a_full_block_costs()
    {
        LatentDecodeModel model = Model();
        double few = model.Evaluate(8, 32768, 8, 576, 512, 2, true).Execution;
        double full = model.Evaluate(8, 32768, 64, 576, 512, 2, true).Execution;
        full.ShouldBe(few, 0.1 * few);
double beyond = model.Evaluate(64, 32768, 65, 576, 512, 2, true).MatrixTime;
        beyond.ShouldBe(model.Evaluate(64, 32768, 128, 576, 512, 2, true).MatrixTime);
        beyond.ShouldBe(2 * model.Evaluate(64, 32768, 64, 576, 512, 2, true).MatrixTime, 1e-9);
    }

    [Fact]
    public void A_library_that_never_cuts_the_cache_takes_one_block_a_sequence_and_reads_8_bits_as_16()
    {
        LatentDecodeModel whole = Model("ada");
        double one = whole.Evaluate(1, 65536, 64, 576, 512, 2, true).Execution;
        whole.Evaluate(64, 65536, 64, 576, 512, 2, true).Execution.ShouldBeLessThan(1.3 * one);
        one.ShouldBeGreaterThan(5 * Model().Evaluate(1, 65536, 64, 576, 512, 2, true).Execution);
        whole.Evaluate(4, 8192, 64, 576, 512, 1, true).ShouldBe(whole.Evaluate(4, 8192, 64, 576, 512, 2, true));
        Model().Evaluate(64, 65536, 64, 576, 512, 1, true).Execution.ShouldBeLessThan(Model().Evaluate(64, 65536, 64, 576, 512, 2, true).Execution);
    }

    private static LatentDecodeModel Model(string family = "hopper") => new(
        new GpuFigures(Bandwidth, Cores, 50e6, 0),
        Peak,
        TestChips.Vocabulary.LatentDecodeOf(family),
        TestChips.Typical(TestChips.Vocabulary.LatentDecodeConstants));
}
