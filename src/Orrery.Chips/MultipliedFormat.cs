using Orrery.Catalog;
using Orrery.Chips.Gpu;
using Orrery.Units;

namespace Orrery.Chips;

/// <summary>Which format the matrix units of a chip multiply when asked for another.</summary>
public static class MultipliedFormat
{
    /// <summary>
    /// The format in which <paramref name="chip"/> multiplies operands of <paramref name="format"/>: its own where the chip has it, else the one whose products
    /// take its scales along, else BF16, to which operands are widened on the way in. Tensor cores of GPUs and TPUs take the scales of FP8 in blocks and
    /// of MXFP8 beside FP8 products; a NeuronCore multiplies a microscaling format in its own mode or not at all.
    /// </summary>
    public static NumberFormat Of(ChipDescription chip, NumberFormat format)
    {
        ArgumentNullException.ThrowIfNull(chip);
        NumberFormat multiplied = chip.Architecture switch
        {
            ChipArchitecture.Gpu => GemmFormat.Multiplying(format),
            ChipArchitecture.Tpu => format switch
            {
                NumberFormat.Int8SmoothQuant => NumberFormat.Int8,
                NumberFormat.Fp8Block or NumberFormat.Mxfp8 => NumberFormat.Fp8,
                NumberFormat.Tf32 => NumberFormat.Fp32,
                _ => format,
            },
            _ => format switch
            {
                NumberFormat.Int8SmoothQuant => NumberFormat.Int8,
                NumberFormat.Fp8Block => NumberFormat.Fp8,
                _ => format,
            },
        };
        return chip.Peak.ContainsKey(multiplied) ? multiplied : NumberFormat.Bf16;
    }
}
