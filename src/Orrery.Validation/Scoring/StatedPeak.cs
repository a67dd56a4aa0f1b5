using Orrery.Catalog;
using Orrery.Units;
using Orrery.Validation.Reading;

namespace Orrery.Validation.Scoring;

/// <summary>Stated dense peak of a case's chip and number format, for the baseline of one efficiency.</summary>
public sealed class StatedPeak(DataCatalog catalog)
{
    /// <summary>
    /// The peak of one chip; that of the nearest wider format where the chip has none of its own (a scaled 8-bit format runs at the 8-bit rate, FP4 at the
    /// 8-bit rate where there is no FP4, 16-bit formats alike). Null where the chip is not in the catalogue or states no such format.
    /// </summary>
    public FlopPerSecond? Of(TrainingCaseInputs inputs)
    {
        if (catalog.Chip(inputs.Chip).Value is not { } chip)
            return null;
        for (NumberFormat? format = inputs.Precision.Products; format is { } wanted; format = Wider(wanted))
        {
            if (chip.Peak.TryGetValue(wanted, out Sourced<FlopPerSecond>? peak))
                return peak.Value;
        }

        return null;
    }

    private static NumberFormat? Wider(NumberFormat format) => format switch
    {
        NumberFormat.Nvfp4 or NumberFormat.Mxfp4 or NumberFormat.Mxfp4Mxfp8 => NumberFormat.Mxfp8,
        NumberFormat.Mxfp8 or NumberFormat.Fp8Block or NumberFormat.Int8 or NumberFormat.Int8SmoothQuant => NumberFormat.Fp8,
        NumberFormat.Fp8 or NumberFormat.Fp16 or NumberFormat.Int8WeightOnly or NumberFormat.Int4WeightOnly or NumberFormat.Mxfp4WeightOnly => NumberFormat.Bf16,
        _ => null,
    };
}
