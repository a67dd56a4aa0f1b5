namespace Orrery.Catalog;

/// <summary>Collectives of a machine of one's own against the catalogue's, fitted on its owner's measurements; a scope that was not measured is null.</summary>
/// <param name="FittedOn">Files, rows and day, for the report.</param>
public sealed record CommunicationOverlay(string FittedOn, ScopeOverlay? ScaleUp, ScopeOverlay? ScaleOut)
{
    /// <summary>Least factor that is believed.</summary>
    public const double Lowest = 0.02;

    /// <summary>Largest factor that is believed.</summary>
    public const double Highest = 50;
}
