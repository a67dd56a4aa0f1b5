namespace Orrery.Units;

/// <summary>What a text with a unit measures; decides which units it may carry.</summary>
public enum QuantityKind : byte
{
    /// <summary>A pure number; a percentage reads as a fraction.</summary>
    Number,
    Data,
    DataRate,
    Work,
    WorkRate,
    Frequency,
    Duration,
    Power,
    Energy,
    Money,
}
