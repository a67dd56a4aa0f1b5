using Orrery.Units;

namespace Orrery.Chips.Gpu;

/// <summary>What a number format means to a matrix product.</summary>
/// <param name="Peak">Dense peak of the multiplying format, FLOP/s.</param>
/// <param name="ActivationBytes">Bytes an element of the left operand as the product reads it.</param>
/// <param name="WeightBytes">Bytes an element of the right operand.</param>
/// <param name="OutputBytes">Bytes an element of the result.</param>
/// <param name="IsQuantised">The measured product contains a pass that quantises 16-bit activations.</param>
public readonly record struct GemmFormat(double Peak, double ActivationBytes, double WeightBytes, double OutputBytes, bool IsQuantised)
{
    /// <summary>The reading of <paramref name="format"/> on a chip whose peak for its multiplying format is <paramref name="peak"/>.</summary>
    public static GemmFormat Of(NumberFormat format, double peak)
    {
        double bytes = format.BytesPerElement();
        return format switch
        {
            NumberFormat.Fp32 or NumberFormat.Tf32 => new(peak, 4, 4, 4, false),
            NumberFormat.Int8WeightOnly or NumberFormat.Int4WeightOnly or NumberFormat.Mxfp4WeightOnly => new(peak, 2, bytes, 2, false),
            NumberFormat.Mxfp4Mxfp8 => new(peak, NumberFormat.Mxfp8.BytesPerElement(), bytes, 2, true),
            // The smooth-quant kernels were measured on activations that are already 8-bit.
            NumberFormat.Int8SmoothQuant or NumberFormat.Int8 => new(peak, bytes, bytes, 2, false),
            _ => new(peak, bytes, bytes, 2, format.IsQuantised()),
        };
    }

    /// <summary>The format whose peak multiplies operands of <paramref name="format"/>.</summary>
    public static NumberFormat Multiplying(NumberFormat format) => format switch
    {
        NumberFormat.Fp8Block or NumberFormat.Mxfp8 or NumberFormat.Mxfp4Mxfp8 => NumberFormat.Fp8,
        NumberFormat.Mxfp4 => NumberFormat.Nvfp4,
        NumberFormat.Fp16 or NumberFormat.Int8WeightOnly or NumberFormat.Int4WeightOnly or NumberFormat.Mxfp4WeightOnly => NumberFormat.Bf16,
        NumberFormat.Int8SmoothQuant => NumberFormat.Int8,
        _ => format,
    };
}
