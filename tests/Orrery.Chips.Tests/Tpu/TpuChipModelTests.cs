using FsCheck;
using FsCheck.Fluent;
using Orrery.Catalog;
using Orrery.Chips.Tpu;
using Orrery.Operators;
using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Chips.Tests.Tpu;

public sealed class TpuChipModelTests
{
    private static readonly TpuChipModel Narrow = TpuChips.Model(TpuChips.Narrow);
    private static readonly TpuChipModel Wide = TpuChips.Model(TpuChips.Wide);

    [Fact]
    public void A_large_square_product_runs_at_the_peak()
    {
        OperatorCost cost = Narrow.Cost(Operator.Matmul(8192, 8192, 8192, NumberFormat.Bf16));
        (cost.Flop.Value / cost.Execution.Value / 262.144e12).ShouldBe(1, 0.01);
    }

    [Theory]
    [InlineData(4096, 4096, 100, 4096, 4096, 128)]
    [InlineData(130, 4096, 4096, 136, 4096, 4096)]
    [InlineData(4096, 1, 4096, 4096, 128, 4096)]
    public void Sides_are_padded_to_arrays_and_rows_to_register_tiles(long m, long n, long k, long paddedM, long paddedN, long paddedK) =>
        Narrow.MatrixTime(m, n, k, 1, NumberFormat.Bf16).ShouldBe(Narrow.MatrixTime(paddedM, paddedN, paddedK, 1, NumberFormat.Bf16), 1e-12);

    [Fact]
    public void Few_rows_wait_for_the_weights()
    {
        // 32 x 32 squares of weights over 8 arrays, each loaded in 128 cycles, whether 1 row or 128 pass.
        double one = Narrow.MatrixTime(1, 4096, 4096, 1, NumberFormat.Bf16);
        one.ShouldBe(((32 * 32 * 128 / 8) + 256) / 1e9, 1e-12);
        Narrow.MatrixTime(128, 4096, 4096, 1, NumberFormat.Bf16).ShouldBe(one, 1e-12);
        Narrow.MatrixTime(256, 4096, 4096, 1, NumberFormat.Bf16).ShouldBe(((32 * 32 * 256 / 8) + 256) / 1e9, 1e-12);
    }

    [Fact]
    public void Either_operand_may_stay_in_the_arrays()
    {
        foreach ((long m, long n, long k) in new (long, long, long)[] { (64, 8192, 4096), (8192, 64, 4096), (200, 3000, 70) })
            Narrow.MatrixTime(m, n, k, 1, NumberFormat.Bf16).ShouldBe(Narrow.MatrixTime(n, m, k, 1, NumberFormat.Bf16), 1e-15);
    }

    [Fact]
    public void Formats_run_at_their_own_peaks_and_others_are_widened()
    {
        double bf16 = Narrow.MatrixTime(4096, 4096, 4096, 1, NumberFormat.Bf16);
        Narrow.MatrixTime(4096, 4096, 4096, 1, NumberFormat.Int8).ShouldBe(bf16 / 2, 1e-9);
        Narrow.MatrixTime(4096, 4096, 4096, 1, NumberFormat.Fp32).ShouldBe(bf16 * 6, 1e-9);
        Narrow.MatrixTime(4096, 4096, 4096, 1, NumberFormat.Fp8).ShouldBe(bf16, 1e-15);
    }

    [Fact]
    public void A_head_narrower_than_the_array_leaves_part_of_it_idle()
    {
        // Both devices have half of a chip of 262 TFLOPS or the whole of one; compare at equal rates.
        OperatorCost head128 = Wide.Cost(Operator.Attention(1, 4096, 4096, 16, 16, 128, true, NumberFormat.Bf16));
        OperatorCost head256 = Wide.Cost(Operator.Attention(1, 4096, 4096, 16, 16, 256, true, NumberFormat.Bf16));
        head128.MatrixBusy.Value.ShouldBe(head256.MatrixBusy.Value, 1e-12);
        OperatorCost half = Narrow.Cost(Operator.Attention(1, 4096, 4096, 16, 16, 128, true, NumberFormat.Bf16));
        OperatorCost whole = Narrow.Cost(Operator.Attention(1, 4096, 4096, 16, 16, 256, true, NumberFormat.Bf16));
        whole.MatrixBusy.Value.ShouldBe(2 * half.MatrixBusy.Value, 1e-12);
    }

    [Fact]
    public void Blocks_behind_the_mask_are_left_out()
    {
        double full = Narrow.Cost(Operator.Attention(2, 4096, 4096, 8, 8, 128, false, NumberFormat.Bf16)).Execution.Value;
        double causal = Narrow.Cost(Operator.Attention(2, 4096, 4096, 8, 8, 128, true, NumberFormat.Bf16)).Execution.Value;
        double window = Narrow.Cost(Operator.Attention(2, 4096, 4096, 8, 8, 128, true, NumberFormat.Bf16, window: 512)).Execution.Value;

        // Of 8 x 8 blocks of 512, 36 hold a pair under the mask, 15 one inside the window.
        (causal / full).ShouldBe(36 / 64.0, 0.01);
        (window / full).ShouldBe(15 / 64.0, 0.01);
        double gradient = Narrow.Cost(Operator.Attention(2, 4096, 4096, 8, 8, 128, true, NumberFormat.Bf16, backward: true)).Execution.Value;
        gradient.ShouldBeGreaterThan(1.3 * causal);
    }

    [Fact]
    public void Decode_reads_its_cache_once()
    {
        OperatorCost cost = Narrow.Cost(Operator.Decode(64, 8192, 32, 8, 128, NumberFormat.Bf16, NumberFormat.Bf16));
        double cache = 2.0 * 64 * 8192 * 8 * 128 * 2;
        cost.MemoryBytes.Value.ShouldBe(cache, 0.01 * cache);
        cost.Execution.Value.ShouldBeGreaterThanOrEqualTo(cache / 1e12);
        OperatorCost narrow = Narrow.Cost(Operator.Decode(64, 8192, 32, 8, 128, NumberFormat.Bf16, NumberFormat.Int8));
        narrow.MemoryBytes.Value.ShouldBeLessThan(0.51 * cost.MemoryBytes.Value);
    }

    [Fact]
    public void What_leads_in_shows_on_short_products_only()
    {
        TpuChipModel leading = TpuChips.Model(TpuChips.Narrow, TpuChips.Ideal with { LeadBytes = 16e6 });
        foreach ((int side, double least) in new[] { (1024, 1.4), (2048, 1.1) })
        {
            Operator work = Operator.Matmul(side, side, side, NumberFormat.Bf16);
            (leading.Cost(work).Execution / Narrow.Cost(work).Execution).ShouldBeGreaterThan(least);
        }

        Operator large = Operator.Matmul(16384, 16384, 16384, NumberFormat.Bf16);
        (leading.Cost(large).Execution / Narrow.Cost(large).Execution).ShouldBeLessThan(1.01);
    }

    [Fact]
    public void Element_wise_work_is_bound_by_memory_or_by_the_vector_unit()
    {
        Narrow.Cost(Operator.Elementwise(1e9, 0, 1)).Execution.Value.ShouldBe(1e-3, 1e-9);

        // 2 cores x 4096 operations a cycle at 1 GHz, 8 operations an element.
        Narrow.Cost(Operator.Elementwise(1e6, 1e9, 1)).Execution.Value.ShouldBe(8e9 / 8.192e12, 1e-6);
        Narrow.Cost(Operator.Optimizer(1e6, 0)).Execution.Value.ShouldBe(20e6 / 8.192e12, 1e-9);
    }

    [Fact]
    public void A_chiplet_has_half_of_the_chip()
    {
        Operator copy = Operator.Elementwise(1e9, 0, 1);
        (Wide.Cost(copy).Execution / Narrow.Cost(copy).Execution).ShouldBe(2, 1e-6);
        Operator product = Operator.Matmul(16384, 16384, 16384, NumberFormat.Bf16);
        (Wide.Cost(product).MatrixBusy / Narrow.Cost(product).MatrixBusy).ShouldBe(2, 0.01);
    }

    [Fact]
    public void Nothing_beats_the_peak_or_the_memory_and_more_work_never_takes_less()
    {
        Gen<(int, int, int, int)> shapes =
            from m in Gen.Choose(1, 5000)
            from n in Gen.Choose(1, 5000)
            from k in Gen.Choose(1, 5000)
            from groups in Gen.Choose(1, 4)
            select (m, n, k, groups);
        Prop.ForAll(shapes.ToArbitrary(), shape =>
        {
            (int m, int n, int k, int groups) = shape;
            Operator work = Operator.Matmul(m, n, k, NumberFormat.Bf16, groups);
            OperatorCost cost = Narrow.Cost(work);
            OperatorCost more = Narrow.Cost(Operator.Matmul(m + 8, n, k, NumberFormat.Bf16, groups));
            return cost.Execution.Value >= work.FlopCount / 262.144e12
                && cost.Execution.Value >= cost.MemoryBytes.Value / 1e12 * (1 - 1e-9)
                && cost.MemoryBytes.Value >= 2.0 * groups * (((double)m * k) + ((double)n * k) + ((double)m * n)) * (1 - 1e-9)
                && more.Execution.Value >= cost.Execution.Value * (1 - 1e-9);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(20261120, 1));
    }

    [Fact]
    public void Work_without_a_dimension_costs_nothing_and_asking_allocates_nothing()
    {
        Narrow.Cost(Operator.Matmul(0, 128, 128, NumberFormat.Bf16)).Execution.Value.ShouldBe(0);
        Narrow.Cost(Operator.Attention(0, 128, 128, 1, 1, 128, true, NumberFormat.Bf16)).Execution.Value.ShouldBe(0);
        Narrow.Cost(Operator.Elementwise(0, 0, 1)).Execution.Value.ShouldBe(0);
        Operator work = Operator.Matmul(1000, 1000, 1000, NumberFormat.Bf16);
        Operator attention = Operator.Attention(1, 2048, 2048, 8, 8, 128, true, NumberFormat.Bf16);
        Narrow.Cost(work);
        Narrow.Cost(attention);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Narrow.Cost(work);
        Narrow.Cost(attention);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void A_chip_of_another_architecture_has_no_figures()
    {
        Should.Throw<ArgumentException>(() => TpuFigures.Of(TpuChips.Narrow with { TensorCore = null }, 1));
        Should.Throw<ArgumentException>(() => TpuFigures.Of(TpuChips.Narrow, 3));
    }
}
