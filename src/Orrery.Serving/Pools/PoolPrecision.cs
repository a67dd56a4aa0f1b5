using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>Where two kinds of chips serve one model: the format nearest to the one asked for that a chip multiplies in.</summary>
public static class PoolPrecision
{
    /// <summary>Formats by width; what a chip lacks is looked for beside, then in the next wider.</summary>
    private static readonly ImmutableArray<ImmutableArray<NumberFormat>> Widths =
    [
        [NumberFormat.Nvfp4, NumberFormat.Mxfp4],
        [NumberFormat.Fp8, NumberFormat.Mxfp8, NumberFormat.Fp8Block],
        [NumberFormat.Bf16, NumberFormat.Fp16],
    ];

    /// <summary><paramref name="wanted"/> where the chip has it, or where weights alone are narrow; else the nearest it has.</summary>
    public static NumberFormat On(ChipDescription chip, NumberFormat wanted)
    {
        if (chip.Peak.ContainsKey(wanted))
            return wanted;
        bool isFound = false;
        foreach (ImmutableArray<NumberFormat> width in Widths)
        {
            isFound |= width.Contains(wanted);
            if (!isFound)
                continue;
            foreach (NumberFormat format in width)
            {
                if (chip.Peak.ContainsKey(format))
                    return format;
            }
        }

        return wanted;
    }
}
