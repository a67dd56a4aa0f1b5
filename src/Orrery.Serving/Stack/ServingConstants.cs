namespace Orrery.Serving;

/// <summary>Values of the <see cref="ServingConstant"/>s in SI units.</summary>
public sealed class ServingConstants
{
    private readonly double[] values;

    /// <summary>Values in the order of <see cref="ServingConstant"/>, in SI units.</summary>
    public ServingConstants(ReadOnlySpan<double> values)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, Count);
        this.values = values.ToArray();
    }

    /// <summary>How many there are.</summary>
    public static int Count { get; } = Enum.GetValues<ServingConstant>().Length;

    public double this[ServingConstant constant] => values[(int)constant];

    /// <summary>The file's name of a constant: <c>HostPerLayer</c> is <c>hostPerLayer</c>.</summary>
    public static string NameOf(ServingConstant constant)
    {
        string name = constant.ToString();
        return char.ToLowerInvariant(name[0]) + name[1..];
    }

    /// <summary>The values with one of them changed.</summary>
    public ServingConstants With(ServingConstant constant, double value)
    {
        double[] changed = [.. values];
        changed[(int)constant] = value;
        return new ServingConstants(changed);
    }
}
