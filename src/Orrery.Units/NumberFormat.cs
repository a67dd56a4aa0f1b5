namespace Orrery.Units;

/// <summary>How a number is stored and multiplied. Scaled formats count their scales in <see cref="NumberFormats.BytesPerElement"/>.</summary>
public enum NumberFormat : byte
{
    Fp32,
    Tf32,
    Bf16,
    Fp16,

    /// <summary>FP8 with one scale a tensor.</summary>
    Fp8,

    /// <summary>FP8 with one scale a 128x128 (weights) or 1x128 (activations) block.</summary>
    Fp8Block,

    /// <summary>OCP microscaling FP8: 32 elements share one E8M0 scale.</summary>
    Mxfp8,

    /// <summary>OCP microscaling FP4: 32 elements share one E8M0 scale.</summary>
    Mxfp4,

    /// <summary>NVIDIA FP4: 16 elements share one FP8 scale.</summary>
    Nvfp4,
    Int8,

    /// <summary>INT8 weights, 16-bit activations and products.</summary>
    Int8WeightOnly,

    /// <summary>INT4 weights, 16-bit activations and products.</summary>
    Int4WeightOnly,

    /// <summary>INT8 weights and activations with smoothed scales.</summary>
    Int8SmoothQuant,

    /// <summary>MXFP4 weights, 16-bit activations and products.</summary>
    Mxfp4WeightOnly,

    /// <summary>MXFP4 weights by MXFP8 activations, multiplied at the rate of the wider.</summary>
    Mxfp4Mxfp8,
}

/// <summary>Sizes and names of number formats.</summary>
public static class NumberFormats
{
    /// <summary>Bytes of one stored element, scales included (an MXFP8 element is 1 + 1/32 bytes).</summary>
    public static double BytesPerElement(this NumberFormat format) => format switch
    {
        NumberFormat.Fp32 or NumberFormat.Tf32 => 4,
        NumberFormat.Bf16 or NumberFormat.Fp16 => 2,
        NumberFormat.Fp8 or NumberFormat.Int8 or NumberFormat.Int8WeightOnly or NumberFormat.Int8SmoothQuant => 1,
        NumberFormat.Fp8Block => 1 + 4.0 / 128,
        NumberFormat.Mxfp8 => 1 + 1.0 / 32,
        NumberFormat.Mxfp4 or NumberFormat.Mxfp4WeightOnly or NumberFormat.Mxfp4Mxfp8 => 0.5 + 1.0 / 32,
        NumberFormat.Nvfp4 => 0.5 + 1.0 / 16,
        NumberFormat.Int4WeightOnly => 0.5 + 2.0 / 128,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "no such number format"),
    };

    /// <summary>True for the formats whose operands must be quantised from 16 bits before a product.</summary>
    public static bool IsQuantised(this NumberFormat format) => format is NumberFormat.Fp8 or NumberFormat.Fp8Block
        or NumberFormat.Mxfp8 or NumberFormat.Mxfp4 or NumberFormat.Nvfp4 or NumberFormat.Int8SmoothQuant or NumberFormat.Mxfp4Mxfp8;

    /// <summary>The name used in files, flags and JSON: lower case, words joined by a hyphen.</summary>
    public static string Text(this NumberFormat format) => format switch
    {
        NumberFormat.Fp32 => "fp32",
        NumberFormat.Tf32 => "tf32",
        NumberFormat.Bf16 => "bf16",
        NumberFormat.Fp16 => "fp16",
        NumberFormat.Fp8 => "fp8",
        NumberFormat.Fp8Block => "fp8-block",
        NumberFormat.Mxfp8 => "mxfp8",
        NumberFormat.Mxfp4 => "mxfp4",
        NumberFormat.Nvfp4 => "nvfp4",
        NumberFormat.Int8 => "int8",
        NumberFormat.Int8WeightOnly => "int8-weight-only",
        NumberFormat.Int4WeightOnly => "int4-weight-only",
        NumberFormat.Int8SmoothQuant => "int8-smooth-quant",
        NumberFormat.Mxfp4WeightOnly => "mxfp4-weight-only",
        NumberFormat.Mxfp4Mxfp8 => "mxfp4-mxfp8",
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "no such number format"),
    };

    /// <summary>Reads the name that <see cref="Text"/> writes.</summary>
    public static bool TryParse(string text, out NumberFormat format)
    {
        foreach (NumberFormat candidate in Enum.GetValues<NumberFormat>())
        {
            if (string.Equals(candidate.Text(), text, StringComparison.OrdinalIgnoreCase))
            {
                format = candidate;
                return true;
            }
        }

        format = default;
        return false;
    }
}
