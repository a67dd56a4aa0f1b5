using Orrery.Catalog;

namespace Orrery.Training;

/// <summary>Values of <see cref="StackConstant"/> for one stack on one chip, times in seconds.</summary>
public sealed class StackConstants
{
    private readonly double[] inSeconds;

    private StackConstants(double[] inSeconds) => this.inSeconds = inSeconds;

    /// <summary>Number of constants in the vocabulary.</summary>
    public static int Count { get; } = Enum.GetValues<StackConstant>().Length;

    public double this[StackConstant constant] => inSeconds[(int)constant];

    /// <summary>The file's name of a constant: <c>HostPerStep</c> is <c>hostPerStep</c>.</summary>
    public static string NameOf(StackConstant constant)
    {
        string name = constant.ToString();
        return char.ToLowerInvariant(name[0]) + name[1..];
    }

    /// <summary>Constants from values in the file's units (microseconds for times).</summary>
    public static StackConstants FromFileUnits(ReadOnlySpan<double> fileValues)
    {
        double[] values = fileValues.ToArray();
        for (int i = 0; i < values.Length; i++)
        {
            if (IsTime((StackConstant)i))
                values[i] *= 1e-6;
        }

        return new StackConstants(values);
    }

    /// <summary>Takes new values in the file's units: a fit moves constants under models that keep their memo of operator costs.</summary>
    public void SetFileUnits(ReadOnlySpan<double> fileValues)
    {
        for (int i = 0; i < inSeconds.Length; i++)
            inSeconds[i] = IsTime((StackConstant)i) ? fileValues[i] * 1e-6 : fileValues[i];
    }

    /// <summary>True for constants given in microseconds.</summary>
    public static bool IsTime(StackConstant constant) => constant is StackConstant.HostForwardPerLayer or StackConstant.HostBackwardPerLayer
        or StackConstant.HostTensorParallel or StackConstant.HostPerMicroBatch or StackConstant.HostPerHop or StackConstant.HostPerStep
        or StackConstant.HostSyncPerMoeLayer or StackConstant.HostMoeFloor or StackConstant.RoutedTokenTime or StackConstant.KernelGap or StackConstant.GatherLatency or StackConstant.GatherLatencyPerRank;

    /// <summary>
    /// What <paramref name="stack"/> says on <paramref name="chip"/>: the vocabulary's default, then the stack's own, then the chip family's, then
    /// the chip's.
    /// </summary>
    public static double[] FileValues(StackDescription stack, ChipDescription chip, IReadOnlyList<double> defaults)
    {
        var values = new double[Count];
        for (int i = 0; i < Count; i++)
            values[i] = defaults[i];
        for (int i = 0; i < Count; i++)
        {
            string name = NameOf((StackConstant)i);
            if (stack.Constants.TryGetValue(name, out ConstantReading? own))
                values[i] = own.Value;
            if (stack.OnChip.TryGetValue(chip.Family, out var family) && family.TryGetValue(name, out ConstantReading? ofFamily))
                values[i] = ofFamily.Value;
            if (stack.OnChip.TryGetValue(chip.Id, out var single) && single.TryGetValue(name, out ConstantReading? ofChip))
                values[i] = ofChip.Value;
        }

        return values;
    }
}
