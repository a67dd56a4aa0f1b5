namespace Orrery.Validation.Fitting;

/// <summary>The coordinate in which a constant is searched.</summary>
public enum FitScale : byte
{
    /// <summary>Steps are shares of <c>High - Low</c>: fractions, exponents, offsets that may be 0.</summary>
    Linear,

    /// <summary>Steps are shares of <c>log(High / Low)</c>: times, rates, anything whose order of magnitude is open. Needs <c>Low &gt; 0</c>.</summary>
    Logarithmic,
}

/// <summary>The physical range of one constant and where its search begins.</summary>
/// <param name="Name">Name of the constant, for reports.</param>
/// <param name="Low">Smallest value that is physically possible.</param>
/// <param name="High">Largest value that is physically possible; equal to <paramref name="Low"/> holds the constant fixed.</param>
/// <param name="Start">First start of the search; NaN takes the middle of the range on its scale.</param>
/// <param name="Scale">Coordinate of the search.</param>
public readonly record struct FitBound(string Name, double Low, double High, double Start = double.NaN, FitScale Scale = FitScale.Linear)
{
    /// <summary>The value at <paramref name="position"/> of the range, 0 at <see cref="Low"/> and 1 at <see cref="High"/>; both ends are exact.</summary>
    internal double ValueAt(double position)
    {
        if (position <= 0)
            return Low;
        if (position >= 1)
            return High;
        return Scale == FitScale.Logarithmic
            ? Math.Clamp(Low * Math.Exp(position * Math.Log(High / Low)), Low, High)
            : Math.Clamp(Low + position * (High - Low), Low, High);
    }

    /// <summary>The inverse of <see cref="ValueAt"/>; values outside the range go to its nearest end.</summary>
    internal double PositionOf(double value)
    {
        if (High <= Low || value <= Low)
            return 0;
        if (value >= High)
            return 1;
        return Scale == FitScale.Logarithmic ? Math.Log(value / Low) / Math.Log(High / Low) : (value - Low) / (High - Low);
    }
}
