using Orrery.Chips.Neuron;
using Shouldly;
using Xunit;

namespace Orrery.Chips.Tests.Neuron;

public sealed class InstructionCostTests
{
    private static readonly NeuronFigures Second = NeuronFigures.Of(NeuronChips.Second, 2);
    private static readonly NeuronFigures ThirdCore = NeuronFigures.Of(NeuronChips.Third, 8);
    private static readonly NeuronFigures ThirdPair = NeuronFigures.Of(NeuronChips.Third, 4);

    [Fact]
    public void The_large_product_of_the_version_2_tutorial_takes_5_99_ms_of_tensor_time() =>
        (InstructionCosts.MatmulCycles(Second, 4096, 8192, 8192, 1) / Second.TensorClock).ShouldBe(5.99e-3, 0.005e-3);

    [Fact]
    public void A_cube_of_2048_takes_218_45_us_on_one_version_3_core() =>
        (InstructionCosts.MatmulCycles(ThirdCore, 2048, 2048, 2048, 1) / ThirdCore.TensorClock).ShouldBe(218.45e-6, 0.01e-6);

    [Fact]
    public void The_fp32_product_of_the_version_3_tutorial_takes_27_96_ms() =>
        (InstructionCosts.MatmulCycles(ThirdCore, 4096, 8192, 8192, 4) / ThirdCore.TensorClock).ShouldBe(27.96e-3, 0.01e-3);

    [Fact]
    public void Two_cores_of_a_rank_halve_a_product_that_divides() =>
        InstructionCosts.MatmulCycles(ThirdPair, 2048, 2048, 2048, 1).ShouldBe(InstructionCosts.MatmulCycles(ThirdCore, 2048, 2048, 2048, 1) / 2);

    [Fact]
    public void One_row_against_a_square_costs_the_instruction_interval_because_the_square_stays() =>
        InstructionCosts.MatmulCycles(ThirdCore, 1, 128, 128, 1).ShouldBe(64);

    [Fact]
    public void A_tile_started_is_a_tile_paid()
    {
        double exact = InstructionCosts.MatmulCycles(ThirdCore, 512, 512, 128, 1);
        InstructionCosts.MatmulCycles(ThirdCore, 512, 512, 129, 1).ShouldBe(2 * exact);
        InstructionCosts.MatmulCycles(ThirdCore, 513, 513, 128, 1).ShouldBe((512 + 64) * 5);
    }

    [Fact]
    public void Double_row_and_microscaling_deepen_the_array()
    {
        double bf16 = InstructionCosts.MatmulCycles(ThirdCore, 4096, 4096, 4096, 1);
        InstructionCosts.MatmulCycles(ThirdCore, 4096, 4096, 4096, 0.5).ShouldBe(bf16 / 2);
        InstructionCosts.MatmulCycles(ThirdCore, 4096, 4096, 4096, 0.25).ShouldBe(bf16 / 4);
        // A depth of one BF16 tile gains nothing.
        InstructionCosts.MatmulCycles(ThirdCore, 4096, 4096, 128, 0.25).ShouldBe(InstructionCosts.MatmulCycles(ThirdCore, 4096, 4096, 128, 1));
    }

    [Fact]
    public void Shallow_products_run_beside_each_other_on_sub_arrays()
    {
        double alone = InstructionCosts.MatmulCycles(ThirdCore, 128, 512, 64, 1);
        InstructionCosts.MatmulCycles(ThirdCore, 128, 512, 64, 1, groups: 8).ShouldBe(4 * alone);
        InstructionCosts.MatmulCycles(ThirdCore, 128, 512, 32, 1, groups: 8).ShouldBe(2 * alone);
        InstructionCosts.MatmulCycles(Second, 128, 512, 32, 1, groups: 8).ShouldBe(4 * InstructionCosts.MatmulCycles(Second, 128, 512, 32, 1));
    }

    [Fact]
    public void The_scan_tutorial_of_version_2_follows_from_its_instructions()
    {
        // 32 blocks of channels x 16 states; broadcast operands in PSUM cost N, tiles from SBUF and the scan 2 N; 110 cycles where each waits for the last.
        double four = 512 * (2 * InstructionCosts.VectorCycles(Second, 512, 1, 512, 110) + (2 * InstructionCosts.VectorCycles(Second, 512, 2, 512, 110)));
        (four / Second.VectorClock).ShouldBe(1.604e-3, 0.01e-3);
        double five = four + (512 * InstructionCosts.VectorCycles(Second, 512, 2, 512, 110));
        (five / Second.VectorClock).ShouldBe(2.157e-3, 0.05e-3);
    }

    [Fact]
    public void Small_vector_instructions_cost_the_interval() =>
        InstructionCosts.VectorCycles(Second, 3, 1, 512, 0).ShouldBe(64);

    [Fact]
    public void Fast_modes_follow_the_generation()
    {
        InstructionCosts.VectorCopy16(Second).ShouldBe(1);
        InstructionCosts.VectorCopy16(ThirdCore).ShouldBe(0.25);
        InstructionCosts.VectorCopy16FromPsum(ThirdCore).ShouldBe(0.5);
        InstructionCosts.VectorTwoInput16(Second).ShouldBe(2);
        InstructionCosts.VectorTwoInput16(ThirdCore).ShouldBe(1);
    }

    [Fact]
    public void Dma_runs_at_the_sustained_rate_from_a_packet_on_and_slower_below()
    {
        DmaModel dma = new(Second, NeuronChips.Constants with { DescriptorTime = 105e-9, MemoryShare = 1 });
        dma.Time(1e9, 4096).ShouldBe(1e9 / (16 * 17e9), 1e-12);
        dma.Time(1e9, 1 << 20).ShouldBe(dma.Time(1e9, 4096), 1e-12);
        // 1 KiB pieces: about 105 GB/s a core in the published product tutorials.
        (1e9 / dma.Time(1e9, 1024)).ShouldBeInRange(95e9, 125e9);
        dma.Time(1e9, 256).ShouldBeGreaterThan(2 * dma.Time(1e9, 1024));
    }

    [Fact]
    public void Memory_caps_the_engines()
    {
        DmaModel dma = new(ThirdPair, NeuronChips.Constants with { MemoryShare = 0.5 });
        dma.Time(1e9, 4096).ShouldBe(1e9 / (2.9e12 / 4 * 0.5), 1e-9);
    }
}
