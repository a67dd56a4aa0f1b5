using System.Collections.Immutable;
using Orrery.Catalog;

namespace Orrery.Chips;

/// <summary>Reads constants out of the calibration of a chip that must hold them all, and notes each that is missing.</summary>
internal sealed class CalibrationReading(CalibrationFile file)
{
    private readonly ImmutableArray<Diagnostic>.Builder _diagnostics = ImmutableArray.CreateBuilder<Diagnostic>();

    /// <summary>True while nothing was missing.</summary>
    public bool IsComplete => _diagnostics.Count == 0;

    public ImmutableArray<Diagnostic> Diagnostics => _diagnostics.ToImmutable();

    /// <summary>A constant of the fit of an operator; 1 and a diagnostic where it is missing.</summary>
    public double Constant(string operatorName, string name)
    {
        if (file.Find(operatorName) is { } fit)
            return Constant(fit, name);
        Complain($"no fit of '{operatorName}', which holds '{name}'");
        return 1;
    }

    /// <summary>A constant of <paramref name="fit"/>; 1 and a diagnostic where it is missing.</summary>
    public double Constant(CalibrationFit fit, string name)
    {
        if (fit.Constants.TryGetValue(name, out CalibratedConstant? constant))
            return constant.Value;
        Complain($"'{fit.Operator}' lacks the constant '{name}'");
        return 1;
    }

    public void Complain(string message) =>
        _diagnostics.Add(new Diagnostic(Severity.Error, DiagnosticCode.MissingKey, $"data/calibration/chips/{file.Subject}.yaml", 0, 0, message));
}
