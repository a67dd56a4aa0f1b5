namespace Orrery.Serving;

/// <summary>One pool as a person names it.</summary>
/// <param name="Chips">Its chips.</param>
/// <param name="System">Name of their system; null where it is that of the whole.</param>
public sealed record PoolShare(int Chips, string? System);
