namespace Orrery.Catalog;

/// <summary>One fitted constant: its value and physical range, all in <paramref name="Unit"/>.</summary>
/// <param name="Unit">The unit the three numbers are in (<c>1</c> for a pure number, <c>s</c>, <c>B/s</c>...).</param>
public sealed record CalibratedConstant(double Value, double Low, double High, string Unit)
{
    /// <summary>True where the fit ended on an end of the range, within a thousandth of the span: a failure to be explained.</summary>
    public bool IsAtLimit => Value - Low <= 1e-3 * (High - Low) || High - Value <= 1e-3 * (High - Low);
}
