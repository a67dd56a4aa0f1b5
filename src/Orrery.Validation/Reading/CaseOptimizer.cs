namespace Orrery.Validation.Reading;

/// <summary>Optimizer of a case, as far as its cost differs.</summary>
public enum CaseOptimizer : byte
{
    /// <summary>Adam and its variants: two states a parameter.</summary>
    Adam,

    /// <summary>Adam with a norm per tensor.</summary>
    Lamb,

    /// <summary>One state a parameter and matrix products of its own.</summary>
    Muon,

    /// <summary>Row and column statistics.</summary>
    Adafactor,
}
