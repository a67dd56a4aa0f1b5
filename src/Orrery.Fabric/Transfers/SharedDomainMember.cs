namespace Orrery.Fabric;

/// <summary>A system on a <see cref="SharedDomain"/>.</summary>
/// <param name="System">Id of the system.</param>
/// <param name="Level">Its level that the fabric is.</param>
public sealed record SharedDomainMember(string System, string Level);
