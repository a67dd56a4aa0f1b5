using FsCheck;
using FsCheck.Fluent;
using Orrery.Chips.Gpu;
using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Chips.Tests.Gpu;

public sealed class GemmModelTests
{
    private const int Cores = 128;
    private const double Bandwidth = 3e12;
    private const double Peak = 1e15;

    private static readonly Gen<int> Side = Gen.OneOf(Gen.Choose(1, 300), Gen.Choose(300, 20000));

    [Fact]
    public void An_empty_shape_costs_nothing()
    {
        GemmModel model = Make();
        model.Evaluate(0, 10, 10).ShouldBe(default);
        model.Evaluate(10, 10, 0).Isolated.ShouldBe(0);
    }

    [Fact]
    public void No_product_beats_the_peak_or_cold_memory() =>
        Check(Shapes(), shape =>
        {
            (int m, int n, int k) = shape;
            KernelTime time = Make().Evaluate(m, n, k, 1, isCold: true);
            double bytes = 2.0 * (((double)m * k) + ((double)n * k) + ((double)m * n));
            return time.Execution >= 2.0 * m * n * k / Peak && time.Execution >= bytes / Bandwidth && time.MemoryBytes == bytes;
        });

    [Fact]
    public void More_rows_columns_or_depth_are_never_cheaper() =>
        Check(Shapes(), shape =>
        {
            (int m, int n, int k) = shape;
            GemmModel model = Make();
            double time = model.Evaluate(m, n, k).Execution;
            return model.Evaluate(m + 37, n, k).Execution >= time * (1 - 1e-9)
                && model.Evaluate(m, n + 37, k).Execution >= time * (1 - 1e-9)
                && model.Evaluate(m, n, k + 37).Execution >= time * (1 - 1e-9);
        });

    [Fact]
    public void More_bandwidth_or_a_higher_peak_is_never_slower() =>
        Check(Shapes(), shape =>
        {
            (int m, int n, int k) = shape;
            double time = Make().Evaluate(m, n, k).Execution;
            return Make(bandwidth: 2 * Bandwidth).Evaluate(m, n, k).Execution <= time && Make(peak: 2 * Peak).Evaluate(m, n, k).Execution <= time * (1 + 1e-9);
        });

    [Fact]
    public void Groups_share_the_waves_so_many_small_products_beat_one_after_another() =>
        Check(Shapes(), shape =>
        {
            (int m, int n, int k) = shape;
            GemmModel model = Make();
            double one = model.Evaluate(m, n, k, 1, true).Execution;
            double eight = model.Evaluate(m, n, k, 8, true).Execution;
            return eight >= one && eight <= 8 * one * 1.2;
        });

    [Fact]
    public void One_block_more_than_a_full_wave_costs_a_second_wave()
    {
        // 128x256 tiles are the largest of full rate here; 128 cores take 128 rows x 256 columns each in one wave.
        GemmModel model = Make(constants => constants[(int)GemmConstant.Power] = 0, [(128, 256)], [1], peak: Peak / 10);
        double full = model.Evaluate(128L * Cores, 256, 8192).Execution;
        double over = model.Evaluate((128L * Cores) + 1, 256, 8192).Execution;
        double twice = model.Evaluate(2L * 128 * Cores, 256, 8192).Execution;
        over.ShouldBe(2 * full, 0.03 * full);
        twice.ShouldBe(over, 0.03 * full);
    }

    [Fact]
    public void A_deep_product_with_few_outputs_is_split()
    {
        double whole = Make(null, null, [1]).Evaluate(64, 256, 32768).Execution;
        double split = Make().Evaluate(64, 256, 32768).Execution;
        split.ShouldBeLessThan(0.5 * whole);
    }

    [Fact]
    public void Quantised_formats_pay_for_reading_and_writing_the_activations()
    {
        double[] constants = TestChips.Typical(TestChips.Vocabulary.GemmConstants);
        GpuFigures figures = new(Bandwidth, Cores, 50e6, double.PositiveInfinity);
        GemmFormat format = GemmFormat.Of(NumberFormat.Fp8, 2 * Peak);
        double with = new GemmModel(figures, format, TestChips.Vocabulary.Gemm, constants).Evaluate(8192, 256, 8192).Execution;
        double without = new GemmModel(figures, format with { IsQuantised = false }, TestChips.Vocabulary.Gemm, constants).Evaluate(8192, 256, 8192).Execution;
        (with - without).ShouldBe(8192.0 * 8192 * 3 / (Bandwidth * constants[(int)GemmConstant.QuantiseMemory]), 1e-9);
    }

    [Fact]
    public void Operands_that_fit_the_cache_are_faster_warm_than_cold()
    {
        GemmModel model = Make();
        model.Evaluate(16, 1024, 1024).Execution.ShouldBeLessThan(model.Evaluate(16, 1024, 1024, 1, true).Execution);
        KernelTime large = model.Evaluate(16, 65536, 16384);
        large.Execution.ShouldBe(model.Evaluate(16, 65536, 16384, 1, true).Execution, large.Execution * 1e-3);
    }

    [Fact]
    public void An_answer_allocates_nothing()
    {
        GemmModel model = Make();
        double sum = model.Evaluate(333, 4096, 4096).Execution;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int m = 1; m < 200; m++)
            sum += model.Evaluate(m, 4096, 4096).Execution;
        GC.GetAllocatedBytesForCurrentThread().ShouldBe(before);
        sum.ShouldBeGreaterThan(0);
    }

    private static Arbitrary<(int, int, int)> Shapes() => Arb.From(from m in Side from n in Side from k in Side select (m, n, k));

    private static void Check(Arbitrary<(int, int, int)> shapes, Func<(int M, int N, int K), bool> holds) =>
        Prop.ForAll(shapes, holds).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(5, 7));

    private static GemmModel Make(
        Action<double[]>? change = null, (int, int)[]? tiles = null, int[]? splits = null, double bandwidth = Bandwidth, double peak = Peak)
    {
        double[] constants = TestChips.Typical(TestChips.Vocabulary.GemmConstants);
        change?.Invoke(constants);
        GemmStructure structure = TestChips.Vocabulary.Gemm;
        if (tiles is not null)
            structure = structure with { Tiles = [.. tiles] };
        if (splits is not null)
            structure = structure with { Splits = [.. splits] };
        return new GemmModel(new GpuFigures(bandwidth, Cores, 50e6, double.PositiveInfinity), GemmFormat.Of(NumberFormat.Bf16, peak), structure, constants);
    }
}
