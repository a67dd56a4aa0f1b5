using Orrery.Units;

namespace Orrery.Serving;

/// <summary>Chips of one system or two, as they serve best, and what they take.</summary>
/// <param name="Request">With its chips, widths and pools.</param>
/// <param name="MaximumRate">Requests a second at which the service level is kept.</param>
/// <param name="Power">Rated, at the facility's meter.</param>
public sealed record MixedFleet(ServingRequest Request, double MaximumRate, Watts Power)
{
    /// <summary>Requests a second for each rated kilowatt.</summary>
    public double PerKilowatt => MaximumRate / (Power.Value / 1e3);
}
