using Orrery.Chips.Gpu;
using Orrery.Operators;
using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Chips.Tests.Gpu;

public sealed class ExpertModelTests
{
    private const double Peak = 1e15;
    private const double Bandwidth = 3e12;
    private const int Cores = 128;

    [Fact]
    public void An_empty_shape_costs_nothing()
    {
        Model().Layer(0, 4096, 1024, true, new(64, 4, 1)).ShouldBe(default);
        Model().Product(16, 0, 64, 8).ShouldBe(default);
    }

    [Fact]
    public void A_layer_never_beats_the_weights_of_the_experts_it_wakes_nor_the_matrix_units()
    {
        ExpertModel model = Model();
        for (int tokens = 1; tokens <= 65536; tokens *= 4)
        {
            foreach (double skew in new[] { 0, 1.2 })
            {
                ExpertRouting routing = new(64, 4, 4, skew);
                int[] load = ExpertLoad.Busiest(tokens, routing);
                double time = model.Layer(tokens, 4096, 1024, true, routing).Execution;
                time.ShouldBeGreaterThan(load.Count(rows => rows > 0) * 3.0 * 4096 * 1024 * 2 / Bandwidth);
                time.ShouldBeGreaterThan(load.Sum(rows => (double)rows) * 3 * 4096 * 1024 * 2 / Peak);
            }
        }
    }

    [Fact]
    public void Few_tokens_wake_few_experts_and_read_only_their_weights()
    {
        ExpertModel model = Model();
        double one = model.Layer(1, 7168, 2048, true, new(256, 8, 1)).Execution;
        double many = model.Layer(64, 7168, 2048, true, new(256, 8, 1)).Execution;
        many.ShouldBeGreaterThan(15 * one);
        // From then on all experts are awake, and more tokens are almost free until the matrix units are busy.
        model.Layer(256, 7168, 2048, true, new(256, 8, 1)).Execution.ShouldBeLessThan(1.15 * many);
    }

    [Fact]
    public void A_skewed_load_costs_more_than_an_even_one_where_experts_are_dealt_over_ranks()
    {
        ExpertModel model = Model();
        model.Layer(16384, 4096, 1536, true, new(128, 8, 16, 1.2)).Execution
            .ShouldBeGreaterThan(1.3 * model.Layer(16384, 4096, 1536, true, new(128, 8, 16)).Execution);
    }

    [Fact]
    public void A_library_that_takes_tiles_from_the_mean_pays_for_tiles_it_does_not_fill()
    {
        ExpertStructure free = TestChips.Vocabulary.ExpertsOf("hopper", "mxfp4-mxfp8");
        ExpertStructure mean = TestChips.Vocabulary.ExpertsOf("blackwell", "mxfp4-mxfp8");
        free.TilesFromMean.ShouldBe(-1);
        mean.TilesFromMean.ShouldBe(0);
        // 6 experts of 384 on a rank: all choices over 6 experts is a mean of 64 times what each really gets.
        ExpertRouting routing = new(384, 6, 64);
        double Ratio(int tokens) => Model(mean).Layer(tokens, 7168, 3072, true, routing).Execution / Model(mean with { TilesFromMean = -1 }).Layer(tokens, 7168, 3072, true, routing).Execution;
        Ratio(1024).ShouldBeGreaterThan(1.3);
        Ratio(4).ShouldBe(1, 0.05);
    }

    [Fact]
    public void A_product_of_experts_takes_their_constants_and_any_other_group_those_of_products()
    {
        GpuChipModel model = new(TestChips.Make(), new GpuKernelLibrary(TestChips.Vocabulary, _ => null), GpuModelOptions.Training);
        Operator routed = Operator.Matmul(512, 4096, 1024, NumberFormat.Bf16, groups: 8) with { IsRouted = true };
        model.Provenance(routed).ShouldStartWith("experts bf16");
        model.Provenance(routed with { IsRouted = false }).ShouldStartWith("gemm bf16");
        model.Cost(routed).Execution.Value.ShouldBeGreaterThan(routed.FlopCount / Peak);
        model.Cost(Operator.ExpertLayer(512, 4096, 1024, true, new(8, 2, 1), NumberFormat.Bf16)).Flop.Value.ShouldBe(512.0 * 2 * 3 * 2 * 4096 * 1024);
    }

    private static ExpertModel Model(ExpertStructure? structure = null) => new(
        new GpuFigures(Bandwidth, Cores, 50e6, 0),
        new GemmFormat(Peak, 2, 2, 2, false),
        structure ?? TestChips.Vocabulary.Experts,
        TestChips.Typical(TestChips.Vocabulary.ExpertConstants));
}
