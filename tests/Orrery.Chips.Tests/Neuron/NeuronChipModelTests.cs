using System.Diagnostics;
using FsCheck;
using FsCheck.Fluent;
using Orrery.Catalog;
using Orrery.Chips.Neuron;
using Orrery.Operators;
using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Chips.Tests.Neuron;

public sealed class NeuronChipModelTests
{
    private static readonly NeuronChipModel Second = NeuronChips.Model(NeuronChips.Second);
    private static readonly NeuronChipModel Third = NeuronChips.Model(NeuronChips.Third);
    private static readonly NeuronChipModel Fourth = NeuronChips.Model(NeuronChips.Fourth);

    private static double Time(NeuronChipModel model, in Operator work) => model.Cost(work).Execution.Value;

    [Fact]
    public void Nothing_costs_nothing()
    {
        Third.Cost(Operator.Matmul(0, 10, 10, NumberFormat.Bf16)).ShouldBe(default);
        Third.Cost(Operator.Attention(1, 0, 128, 8, 8, 128, true, NumberFormat.Bf16)).ShouldBe(default);
        Third.Cost(Operator.Decode(0, 128, 8, 8, 128, NumberFormat.Bf16, NumberFormat.Bf16)).ShouldBe(default);
        Third.Cost(Operator.Elementwise(0, 0, 1)).ShouldBe(default);
        Third.Cost(Operator.Optimizer(0, 0)).ShouldBe(default);
    }

    [Fact]
    public void Passes_follow_the_stated_peaks()
    {
        Second.Passes(NumberFormat.Fp32).ShouldBe(4);
        Second.Passes(NumberFormat.Fp8).ShouldBe(1);
        Third.Passes(NumberFormat.Fp8).ShouldBe(0.5);
        Third.Passes(NumberFormat.Fp8Block).ShouldBe(0.5);
        Fourth.Passes(NumberFormat.Mxfp8).ShouldBe(0.25);
        Fourth.Passes(NumberFormat.Int4WeightOnly).ShouldBe(1);
        // No hardware for it: operands are widened.
        Third.Passes(NumberFormat.Nvfp4).ShouldBe(1);
    }

    [Fact]
    public void The_reading_of_plain_fp8_decides_its_rate()
    {
        Operator work = Operator.Matmul(8192, 8192, 8192, NumberFormat.Fp8);
        NeuronChipModel full = NeuronChips.Model(NeuronChips.FourthWithFp8(0));
        NeuronChipModel half = NeuronChips.Model(NeuronChips.FourthWithFp8(1));
        full.Passes(NumberFormat.Fp8).ShouldBe(0.25);
        half.Passes(NumberFormat.Fp8).ShouldBe(0.5);
        (half.Cost(work).MatrixBusy.Value / full.Cost(work).MatrixBusy.Value).ShouldBe(2, 1e-9);
    }

    [Fact]
    public void The_published_cube_is_within_fifteen_percent_on_one_version_3_core()
    {
        NeuronChipModel core = NeuronChips.Model(NeuronChips.Third, 8);
        double share = 218.45e-6 / Time(core, Operator.Matmul(2048, 2048, 2048, NumberFormat.Bf16));
        foreach (double measured in (double[])[0.9092, 0.8665, 0.8926, 0.8384])
            (share / measured).ShouldBeInRange(0.85, 1.15);
    }

    [Fact]
    public void A_rank_of_two_cores_has_twice_the_rate_and_its_share_of_the_memory()
    {
        NeuronChipModel one = NeuronChips.Model(NeuronChips.Third, 8);
        Operator work = Operator.Matmul(4096, 4096, 4096, NumberFormat.Bf16);
        (one.Cost(work).MatrixBusy.Value / Third.Cost(work).MatrixBusy.Value).ShouldBe(2, 1e-9);
        one.Figures.MemoryBandwidth.ShouldBe(Third.Figures.MemoryBandwidth / 2);
    }

    [Fact]
    public void The_warm_up_is_in_the_launch_and_only_where_the_chip_has_one()
    {
        Operator work = Operator.Matmul(4096, 4096, 4096, NumberFormat.Bf16);
        Second.Cost(work).Launch.Value.ShouldBe(1.9e-6, 1e-12);
        Third.Cost(work).Launch.Value.ShouldBe(1.9e-6 + 1.5e-6, 1e-12);
        Third.Cost(Operator.Elementwise(1e6, 1e6, 1)).Launch.Value.ShouldBe(1.9e-6, 1e-12);
    }

    [Fact]
    public void Fp32_element_wise_work_is_slower_than_16_bit_where_the_engines_have_fast_modes()
    {
        Operator narrow = Operator.Elementwise(1, 1e8, 1);
        Operator wide = Operator.Elementwise(1, 1e8, 1, NumberFormat.Fp32);
        Time(Third, wide).ShouldBeGreaterThan(1.5 * Time(Third, narrow));
        Time(Second, wide).ShouldBe(Time(Second, narrow), 1e-12);
    }

    [Fact]
    public void Attention_gains_from_fast_exponentials_and_background_transposes_beyond_the_clock()
    {
        Operator work = Operator.Attention(1, 8192, 8192, 8, 8, 128, true, NumberFormat.Bf16);
        double third = Third.Cost(work).Flop.Value / (Time(Third, work) * 629e12 / 4);
        double fourth = Fourth.Cost(work).Flop.Value / (Time(Fourth, work) * 629e12 / 4);
        third.ShouldBeInRange(0.3, 0.7);
        fourth.ShouldBeGreaterThan(1.2 * third);
        fourth.ShouldBeLessThan(0.95);
    }

    [Fact]
    public void A_window_as_long_as_the_keys_changes_nothing()
    {
        Operator whole = Operator.Attention(1, 4096, 4096, 8, 8, 128, true, NumberFormat.Bf16);
        Time(Third, whole with { Window = 4096 }).ShouldBe(Time(Third, whole), 1e-15);
        Time(Third, whole with { Window = 1024 }).ShouldBeLessThan(0.6 * Time(Third, whole));
    }

    [Fact]
    public void Long_decode_runs_at_memory_speed()
    {
        Operator work = Operator.Decode(32, 16384, 8, 1, 128, NumberFormat.Bf16, NumberFormat.Bf16);
        OperatorCost cost = Third.Cost(work);
        (cost.MemoryBytes.Value / cost.Execution.Value).ShouldBeInRange(0.6 * 2.9e12 / 4, 0.9 * 2.9e12 / 4);
        Time(Third, work with { KvFormat = NumberFormat.Fp8 }).ShouldBeLessThan(0.75 * Time(Third, work));
    }

    [Fact]
    public void Operands_beyond_the_on_chip_memory_are_read_again()
    {
        double once = 3 * 2.0 * 16384 * 16384;
        Third.Cost(Operator.Matmul(16384, 16384, 16384, NumberFormat.Bf16)).MemoryBytes.Value.ShouldBeGreaterThan(2 * once);
        Third.Cost(Operator.Matmul(1024, 1024, 1024, NumberFormat.Bf16)).MemoryBytes.Value.ShouldBe(3 * 2.0 * 1024 * 1024);
    }

    [Fact]
    public void Busy_times_never_exceed_the_execution()
    {
        foreach (Operator work in Samples())
        {
            OperatorCost cost = Fourth.Cost(work);
            cost.MatrixBusy.Value.ShouldBeLessThanOrEqualTo(cost.Execution.Value);
            cost.VectorBusy.Value.ShouldBeLessThanOrEqualTo(cost.Execution.Value);
            cost.Execution.Value.ShouldBeGreaterThan(0);
            double.IsFinite(cost.Isolated.Value).ShouldBeTrue();
        }
    }

    [Fact]
    public void No_product_beats_the_array()
    {
        Prop.ForAll(Products(), work =>
        {
            foreach ((NeuronChipModel model, double clock, double cores) in ((NeuronChipModel, double, double)[])[(Second, 2.8e9, 1), (Third, 2.4e9, 2), (Fourth, 2.4e9, 2)])
            {
                double peak = 2.0 * 128 * 128 * clock * cores / model.Passes(work.Format);
                if (!(work.FlopCount / Time(model, work) <= peak * (1 + 1e-12)))
                    return false;
            }

            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(400).WithReplay(11, 13));
    }

    [Fact]
    public void Bigger_is_never_cheaper()
    {
        Prop.ForAll(Products(), work =>
        {
            double time = Time(Third, work) * (1 - 1e-12);
            return Time(Third, work with { M = work.M + 1 }) >= time
                && Time(Third, work with { N = work.N + 7 }) >= time
                && Time(Third, work with { K = work.K + 3 }) >= time
                && Time(Third, work with { Groups = work.Groups + 1 }) >= time;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(400).WithReplay(21, 23));
    }

    [Fact]
    public void Longer_attention_is_never_cheaper()
    {
        Prop.ForAll(Attentions(), work =>
        {
            foreach (NeuronChipModel model in (NeuronChipModel[])[Second, Third, Fourth])
            {
                double time = Time(model, work) * (1 - 1e-12);
                bool isLonger = Time(model, work with { KeyLength = work.KeyLength + 5 }) >= time && Time(model, work with { Batch = work.Batch + 1 }) >= time
                    && Time(model, work with { HeadDim = work.HeadDim + 8 }) >= time;
                if (!isLonger)
                    return false;
            }

            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(31, 33));
    }

    [Fact]
    public void More_memory_bandwidth_is_never_slower()
    {
        NeuronChipModel faster = NeuronChips.Model(NeuronChips.Third with { MemoryBandwidth = NeuronChips.Plain(new BytesPerSecond(3.3e12)) });
        foreach (Operator work in Samples())
            Time(faster, work).ShouldBeLessThanOrEqualTo(Time(Third, work));
    }

    [Fact]
    public void Gradients_of_attention_cost_more_than_twice_the_forward_pass()
    {
        Operator forward = Operator.Attention(2, 4096, 4096, 8, 8, 128, true, NumberFormat.Bf16);
        Operator backward = Operator.Attention(2, 4096, 4096, 8, 8, 128, true, NumberFormat.Bf16, backward: true);
        Third.Cost(backward).MatrixBusy.Value.ShouldBeInRange(1.5 * Third.Cost(forward).MatrixBusy.Value, 2.6 * Third.Cost(forward).MatrixBusy.Value);
        Fourth.Cost(backward).MatrixBusy.Value.ShouldBeInRange(2.4 * Fourth.Cost(forward).MatrixBusy.Value, 2.6 * Fourth.Cost(forward).MatrixBusy.Value);
    }

    [Fact]
    public void A_cost_allocates_nothing_and_takes_about_a_microsecond()
    {
        Operator[] work = [.. Samples()];
        double sum = 0;
        for (int i = 0; i < 20_000; i++)
            sum += Time(Third, work[i % work.Length]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < 20_000; i++)
            sum += Time(Third, work[i % work.Length]);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        // Ten times the aim: the machine may be shared.
        (elapsed.TotalMicroseconds / 20_000).ShouldBeLessThan(10);
        sum.ShouldBeGreaterThan(0);
    }

    private static Operator[] Samples() =>
    [
        Operator.Matmul(4096, 8192, 8192, NumberFormat.Bf16),
        Operator.Matmul(1, 4096, 4096, NumberFormat.Bf16),
        Operator.Matmul(300, 700, 130, NumberFormat.Fp32, groups: 5),
        Operator.Matmul(4096, 4096, 4096, NumberFormat.Mxfp8),
        Operator.Attention(1, 4096, 4096, 8, 8, 128, true, NumberFormat.Bf16),
        Operator.Attention(3, 200, 4096, 7, 1, 96, true, NumberFormat.Bf16, backward: true, window: 1024),
        Operator.Attention(1, 262_144, 262_144, 2, 1, 128, true, NumberFormat.Bf16),
        Operator.Decode(16, 2000, 8, 1, 128, NumberFormat.Bf16, NumberFormat.Fp8),
        Operator.Elementwise(1e8, 4e7, 8),
        Operator.Optimizer(1e8, 4e9),
    ];

    private static Arbitrary<Operator> Products() => (
        from m in Gen.Choose(1, 5000)
        from n in Gen.Choose(1, 5000)
        from k in Gen.Choose(1, 5000)
        from groups in Gen.Choose(1, 9)
        from format in Gen.Elements(NumberFormat.Bf16, NumberFormat.Fp32, NumberFormat.Fp8, NumberFormat.Mxfp8, NumberFormat.Int4WeightOnly)
        select Operator.Matmul(m, n, k, format, groups)).ToArbitrary();

    private static Arbitrary<Operator> Attentions() => (
        from batch in Gen.Choose(1, 4)
        from queries in Gen.Choose(1, 5000)
        from past in Gen.Choose(0, 5000)
        from kvHeads in Gen.Elements(1, 4, 8)
        from dimension in Gen.Elements(64, 96, 128, 192)
        from isBackward in Gen.Elements(false, true)
        from window in Gen.Elements(0, 512)
        select Operator.Attention(batch, queries, queries + past, 8, kvHeads, dimension, true, NumberFormat.Bf16, isBackward, window)).ToArbitrary();
}
