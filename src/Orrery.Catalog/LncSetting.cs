namespace Orrery.Catalog;

/// <summary>One setting of the logical-core size (<c>lnc</c>) and the ranks the runtime then schedules on a chip.</summary>
public readonly record struct LncSetting(int Setting, int RanksPerChip);
