using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Chips.Gpu;
using Orrery.Operators;
using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Chips.Tests.Gpu;

public sealed class GpuChipModelTests
{
    private static readonly Operator Product = Operator.Matmul(4096, 4096, 4096, NumberFormat.Bf16);

    [Fact]
    public void A_chip_answers_with_its_own_constants_and_says_where_they_are_from()
    {
        GpuChipModel model = Model(TestChips.Make("h100"), ("h100", "gemm", "bf16", 0.05, []));
        model.Sigma(Product).ShouldBe(0.05);
        model.Provenance(Product).ShouldBe("gemm bf16 on h100: 3 constants fitted on 1000 rows of test-table");
    }

    [Fact]
    public void A_chip_without_constants_takes_its_siblings_and_widens_the_spread()
    {
        GpuChipModel own = Model(TestChips.Make("h100"), ("h100", "gemm", "bf16", 0.05, []));
        GpuChipModel sibling = Model(TestChips.Make("h200"), ("h100", "gemm", "bf16", 0.05, []));
        GpuChipModel stranger = Model(TestChips.Make("mi300x", "cdna3"), ("h100", "gemm", "bf16", 0.05, []));
        sibling.Sigma(Product).ShouldBe(Math.Sqrt(0.0025 + (0.06 * 0.06)), 1e-12);
        stranger.Sigma(Product).ShouldBe(Math.Sqrt(0.0025 + (0.15 * 0.15)), 1e-12);
        sibling.Provenance(Product).ShouldEndWith("borrowed from gemm bf16 on h100, spread widened");
        sibling.Cost(Product).ShouldBe(own.Cost(Product));
    }

    [Fact]
    public void A_sibling_with_the_same_format_is_preferred_to_another_format_of_the_chip()
    {
        GpuChipModel model = Model(
            TestChips.Make("h200"), ("h200", "gemm", "bf16", 0.05, []), ("h100", "gemm", "fp8", 0.04, []));
        model.Provenance(Product with { Format = NumberFormat.Fp8 }).ShouldContain("borrowed from gemm fp8 on h100");
        model.Provenance(Product with { Format = NumberFormat.Mxfp8 }).ShouldContain("borrowed from gemm fp8 on h100");
        model.Provenance(Product with { Format = NumberFormat.Fp16 }).ShouldContain("borrowed from gemm bf16 on h200");
    }

    [Fact]
    public void Layers_of_weights_in_four_bits_run_as_the_kernels_of_the_family_do()
    {
        Operator layer = Operator.ExpertLayer(64, 2880, 2880, true, new(128, 4, 1), NumberFormat.Mxfp4);
        GpuChipModel hopper = Model(TestChips.Make("h100"), ("h100", "experts", "fp8", 0.05, []), ("h100", "experts", "mxfp4-weight-only", 0.04, []));
        hopper.Provenance(layer).ShouldStartWith("experts mxfp4-weight-only on h100");
        hopper.Cost(layer).ShouldBe(hopper.Cost(layer with { Format = NumberFormat.Mxfp4WeightOnly }));
        // Products of a training step are in the format they say.
        hopper.Provenance(Operator.Matmul(64, 2880, 2880, NumberFormat.Mxfp4, 8) with { IsRouted = true }).ShouldContain("experts mxfp4 on h100");
        GpuChipModel blackwell = Model(TestChips.Make("b200", "blackwell"), ("b200", "experts", "mxfp4-mxfp8", 0.05, []));
        blackwell.Provenance(layer).ShouldStartWith("experts mxfp4-mxfp8 on b200");
    }

    [Fact]
    public void Tensor_float_keeps_its_own_peak_on_borrowed_constants()
    {
        GpuChipModel model = Model(TestChips.Make("h100"), ("h100", "gemm", "bf16", 0.05, []));
        Operator large = Operator.Matmul(16384, 16384, 16384, NumberFormat.Bf16);
        double bf16 = model.Cost(large).Execution.Value;
        model.Cost(large with { Format = NumberFormat.Tf32 }).Execution.Value.ShouldBe(2 * bf16, 0.05 * bf16);
    }

    [Fact]
    public void A_format_the_chip_cannot_multiply_runs_at_sixteen_bits()
    {
        GpuChipModel model = Model(TestChips.Make("a100-80", "ampere", hasFp8: false), ("a100-80", "gemm", "bf16", 0.05, []));
        Operator large = Operator.Matmul(16384, 16384, 16384, NumberFormat.Bf16);
        model.Cost(large with { Format = NumberFormat.Fp8 }).MatrixBusy.ShouldBe(model.Cost(large).MatrixBusy);
    }

    [Fact]
    public void The_spread_follows_the_class_of_the_isolated_time()
    {
        GpuChipModel model = Model(TestChips.Make("h100"), ("h100", "gemm", "bf16", 0.05, [0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09]));
        model.Sigma(Operator.Matmul(16, 256, 256, NumberFormat.Bf16)).ShouldBe(0.01);
        model.Sigma(Operator.Matmul(32768, 32768, 16384, NumberFormat.Bf16)).ShouldBe(0.09);
    }

    [Fact]
    public void Shapes_of_another_librarys_kernel_take_its_constants()
    {
        GpuChipModel model = Model(TestChips.Make("b200", "blackwell"), ("b200", "gemm", "bf16", 0.05, []));
        Operator wide = Operator.Decode(8, 4096, 32, 8, 512, NumberFormat.Bf16, NumberFormat.Bf16);
        model.Provenance(wide).ShouldStartWith("decode bf16-flashinfer on b200");
        model.Provenance(wide with { HeadDim = 256 }).ShouldStartWith("decode bf16 on b200");
        model.Provenance(wide with { HeadDim = 256, Window = 1024 }).ShouldStartWith("decode bf16-flashinfer on b200");
        Model(TestChips.Make("h100"), ("h100", "gemm", "bf16", 0.05, [])).Provenance(wide).ShouldStartWith("decode bf16 on h100");
    }

    [Fact]
    public void Nothing_fitted_is_said_and_still_answers()
    {
        GpuChipModel model = Model(TestChips.Make("new", "new"));
        model.Provenance(Product).ShouldContain("typical values, assumed");
        model.Sigma(Product).ShouldBe(0.4);
        model.Cost(Product).Execution.Value.ShouldBeGreaterThan(2 * 4096.0 * 4096 * 4096 / 1e15);
    }

    [Fact]
    public void Training_leaves_the_passes_of_inference_out_and_finds_the_cache_cold()
    {
        ChipDescription chip = TestChips.Make("h100");
        GpuKernelLibrary library = new(TestChips.Vocabulary, static _ => null);
        GpuChipModel training = new(chip, library, GpuModelOptions.Training);
        GpuChipModel benchmark = new(chip, library, GpuModelOptions.Benchmark);
        Operator attention = Operator.Attention(4, 2048, 2048, 32, 8, 128, true, NumberFormat.Bf16);
        training.Cost(attention).Execution.ShouldBeLessThan(benchmark.Cost(attention).Execution);
        Operator small = Operator.Elementwise(1e6, 1e6, 1);
        training.Cost(small).Execution.ShouldBeGreaterThanOrEqualTo(benchmark.Cost(small).Execution);
    }

    [Fact]
    public void Work_of_no_size_costs_nothing()
    {
        GpuChipModel model = Model(TestChips.Make());
        model.Cost(Operator.Matmul(0, 1, 1, NumberFormat.Bf16)).ShouldBe(default);
        model.Cost(Operator.Elementwise(0, 0, 1)).Execution.ShouldBe(Seconds.Zero);
    }

    [Fact]
    public void Costs_of_every_kind_and_format_are_finite_and_allocate_nothing_once_warm()
    {
        GpuChipModel model = Model(TestChips.Make());
        double sum = 0;
        for (int pass = 0; pass < 2; pass++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            foreach (NumberFormat format in AllFormats)
            {
                sum += model.Cost(Operator.Matmul(777, 4096, 4096, format)).Isolated.Value;
                sum += model.Cost(Operator.Attention(2, 1024, 1024, 16, 4, 128, true, format)).Isolated.Value;
                sum += model.Cost(Operator.Attention(2, 1024, 1024, 16, 4, 128, true, format, backward: true)).Isolated.Value;
                sum += model.Cost(Operator.Decode(8, 4096, 16, 4, 128, NumberFormat.Bf16, format)).Isolated.Value;
            }

            sum += model.Cost(Operator.Elementwise(1e8, 1e8, 8)).Isolated.Value + model.Cost(Operator.Optimizer(1e8, 4e9)).Isolated.Value;
            if (pass == 1)
                GC.GetAllocatedBytesForCurrentThread().ShouldBe(before);
        }

        double.IsFinite(sum).ShouldBeTrue();
    }

    private static readonly NumberFormat[] AllFormats = Enum.GetValues<NumberFormat>();

    private static GpuChipModel Model(ChipDescription chip, params (string Chip, string Operator, string Format, double Sigma, double[] Classes)[] fits) =>
        new(chip, new GpuKernelLibrary(TestChips.Vocabulary, id => File(id, fits)), GpuModelOptions.Benchmark);

    private static CalibrationFile? File(string id, (string Chip, string Operator, string Format, double Sigma, double[] Classes)[] fits)
    {
        ImmutableArray<CalibrationFit> found =
        [
            .. fits.Where(fit => fit.Chip == id).Select(fit => new CalibrationFit
            {
                Operator = fit.Operator,
                Format = fit.Format,
                Source = ["test-table"],
                Constants = Constants(),
                ResidualSigma = fit.Sigma,
                ClassSigmas = [.. fit.Classes],
                RowsFitted = 1000,
            }),
        ];
        return found.IsEmpty ? null : new CalibrationFile { Subject = id, Kind = CalibrationKind.Chips, Date = "2026-11-20", Fits = found };
    }

    /// <summary>Only those that cannot be absent, at their typical values.</summary>
    private static ImmutableSortedDictionary<string, CalibratedConstant> Constants()
    {
        ImmutableSortedDictionary<string, CalibratedConstant>.Builder constants = ImmutableSortedDictionary.CreateBuilder<string, CalibratedConstant>(StringComparer.Ordinal);
        foreach (OperatorConstant place in TestChips.Vocabulary.GemmConstants)
        {
            if (place.Absent is null)
                constants[place.Name] = new CalibratedConstant(place.Typical, place.Low, place.High, "1");
        }

        return constants.ToImmutable();
    }
}
