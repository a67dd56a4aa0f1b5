using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Chips.Gpu;
using Orrery.Operators;
using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Chips.Tests.Gpu;

/// <summary>What is told apart by kernel library, and what a library without constants borrows.</summary>
public sealed class KernelLibraryRuleTests
{
    private static readonly OperatorVocabulary Vocabulary = TestChips.Vocabulary;

    [Fact]
    public void A_library_that_compiles_the_grouped_kernel_for_any_group_does_not_fall_back_beyond_32_heads()
    {
        Operator step = Operator.Decode(64, 8192, 256, 2, 128, NumberFormat.Bf16, NumberFormat.Bf16);
        double fallen = Time(step, GpuModelOptions.Benchmark);
        double grouped = Time(step, GpuModelOptions.Benchmark with { Library = "flashinfer" });
        fallen.ShouldBeGreaterThan(3 * grouped);
    }

    [Fact]
    public void A_library_that_never_cuts_the_cache_works_through_a_long_one_in_one_block()
    {
        Operator one = Operator.Decode(1, 65536, 16, 2, 128, NumberFormat.Bf16, NumberFormat.Bf16);
        GpuModelOptions whole = GpuModelOptions.Benchmark with { Library = "flash-attention" };
        Time(one, whole).ShouldBeGreaterThan(5 * Time(one, GpuModelOptions.Benchmark));
        Time(one with { Batch = 8 }, whole).ShouldBe(Time(one, whole), 0.02 * Time(one, whole));
    }

    [Fact]
    public void Constants_of_a_library_stand_under_the_format_with_its_name_and_that_of_the_plain_format_stands_in()
    {
        Operator product = Operator.Matmul(4096, 4096, 4096, NumberFormat.Fp8Block);
        Vocabulary.FormatOf(product, "hopper", "deepgemm").ShouldBe("fp8-block-deepgemm");
        Vocabulary.NearestOf("fp8-block-deepgemm")[0].ShouldBe("fp8-block");
        Vocabulary.NearestOf("fp8-block").ShouldNotContain("fp8-block-deepgemm");

        GpuKernelLibrary library = new(Vocabulary, id => id == "test" ? Calibration() : null);
        GpuModelOptions deep = new(false, false, false, "deepgemm");
        new GpuChipModel(TestChips.Make(), library, deep).Provenance(product).ShouldContain("fp8-block-deepgemm on test: 3 constants");
        new GpuChipModel(TestChips.Make(), library, GpuModelOptions.Benchmark).Provenance(product).ShouldContain("typical values");
        new GpuChipModel(TestChips.Make("sister"), new(Vocabulary, id => id == "h100" ? Calibration() : null), deep).Provenance(product)
            .ShouldContain("borrowed from gemm fp8-block-deepgemm on h100");
    }

    [Fact]
    public void A_chip_with_slower_matrix_units_reaches_more_of_their_peak_with_borrowed_constants_and_one_with_faster_ones_no_more()
    {
        Operator product = Operator.Matmul(16384, 16384, 16384, NumberFormat.Fp8Block);
        ChipDescription source = TestChips.Make("h100", peak: 1e15);
        double Share(double peak, bool isKnown) => product.FlopCount / (2 * peak) / new GpuChipModel(
            TestChips.Make("sister", peak: peak),
            new GpuKernelLibrary(Vocabulary, id => id == "h100" ? Calibration() : null, id => isKnown && id == "h100" ? source : null),
            new(true, false, false, "deepgemm")).Cost(product).Execution.Value;

        Share(1e15, isKnown: false).ShouldBe(0.8, 0.02);
        Share(1e15, isKnown: true).ShouldBe(0.8, 0.02);
        // 1 / (1 + (1/0.8 - 1) / 5)
        Share(0.2e15, isKnown: true).ShouldBe(0.952, 0.02);
        Share(0.2e15, isKnown: false).ShouldBe(0.8, 0.02);
        Share(2e15, isKnown: true).ShouldBe(0.8, 0.02);
    }

    [Fact]
    public void A_library_name_that_is_in_no_rule_changes_nothing()
    {
        Operator step = Operator.Decode(8, 4096, 32, 8, 128, NumberFormat.Bf16, NumberFormat.Bf16);
        Time(step, GpuModelOptions.Benchmark with { Library = "unheard-of" }).ShouldBe(Time(step, GpuModelOptions.Benchmark));
    }

    private static double Time(Operator work, GpuModelOptions options) =>
        new GpuChipModel(TestChips.Make(), new GpuKernelLibrary(Vocabulary, _ => null), options).Cost(work).Isolated.Value;

    private static CalibrationFile Calibration() => new()
    {
        Subject = "test",
        Kind = CalibrationKind.Chips,
        Date = "2026-11-20",
        Fits =
        [
            new CalibrationFit
            {
                Operator = "gemm",
                Format = "fp8-block-deepgemm",
                Source = ["t"],
                Constants = ImmutableSortedDictionary<string, CalibratedConstant>.Empty
                    .Add("launch", new(2e-6, 5e-7, 3e-5, "s")).Add("rate", new(0.8, 0.3, 1, "1")).Add("memory", new(0.8, 0.4, 0.96, "1")),
            },
        ],
    };
}
