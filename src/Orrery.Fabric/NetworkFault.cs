namespace Orrery.Fabric;

/// <summary>A link, port or switch that carries less than it should.</summary>
/// <param name="Link">By the names of <see cref="FabricGraph.Apply"/>.</param>
/// <param name="Factor">Part of its rate that is left; 0 takes it out of service.</param>
public readonly record struct NetworkFault(string Link, double Factor);
