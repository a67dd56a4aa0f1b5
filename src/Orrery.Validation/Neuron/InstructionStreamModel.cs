using Orrery.Catalog;
using Orrery.Chips.Neuron;
using Orrery.Units;

namespace Orrery.Validation.Neuron;

/// <summary>The time of an instruction stream on one physical core, the other cores of the chip idle: its transfers have the whole device memory.</summary>
public sealed class InstructionStreamModel
{
    private readonly NeuronFigures figures;
    private readonly NeuronConstants constants;
    private readonly NeuronChipModel chip;
    private readonly DmaModel dma;

    public InstructionStreamModel(ChipDescription chip, NeuronConstants constants)
    {
        ArgumentNullException.ThrowIfNull(chip);
        this.constants = constants;
        this.chip = new NeuronChipModel(chip, chip.Cores, constants, new NeuronAccuracy(0, 0, 0, 0, ""));
        figures = NeuronFigures.Of(chip, chip.Cores) with { MemoryBandwidth = chip.MemoryBandwidth.Value.Value };
        dma = new DmaModel(figures, constants);
    }

    /// <summary>Predicted time of what the stream's <see cref="InstructionStream.Compare"/> names.</summary>
    public Seconds Predict(InstructionStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        double tensor = 0;
        foreach (TensorWork work in stream.Tensor)
        {
            if (!constants.TensorShare.TryGetValue(work.Format, out double share))
                share = constants.TensorShare[NumberFormat.Bf16];
            tensor += InstructionCosts.MatmulCycles(figures, work.M, work.N, work.K, chip.Passes(work.Format)) / (figures.TensorClock * share);
        }

        double vector = 0;
        foreach (VectorWork work in stream.Vector)
            vector += work.Instructions * InstructionCosts.VectorCycles(figures, work.Columns, work.CyclesPerElement, work.Columns, constants.InstructionOverhead) / figures.VectorClock;
        double transfers = 0;
        foreach (DmaWork work in stream.Dma)
            transfers += dma.Time(work.Bytes, work.Piece);
        return new Seconds(stream.Compare switch
        {
            StreamMeasure.Tensor => tensor,
            StreamMeasure.Vector => vector,
            StreamMeasure.Dma => transfers,
            _ => new EngineTimes(tensor, vector, 0, transfers).Last(constants.Overlap),
        });
    }
}
