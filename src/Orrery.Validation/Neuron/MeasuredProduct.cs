using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Validation.Neuron;

/// <summary>One measured product on one physical core.</summary>
/// <param name="Id">Case id.</param>
/// <param name="Chip">Chip id.</param>
/// <param name="Source">Address of the publication.</param>
public sealed record MeasuredProduct(string Id, string Chip, Operator Work, Seconds Time, string Source);
