using System.Globalization;

namespace Orrery.Validation.Fitting;

/// <summary>Numbers as calibration files show them: few enough digits to read, no more than a fit can know.</summary>
public static class SignificantDigits
{
    /// <summary>The nearest number of five significant decimal digits.</summary>
    public static double Five(double value) => double.Parse(value.ToString("G5", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
