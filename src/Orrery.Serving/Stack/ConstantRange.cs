namespace Orrery.Serving;

/// <summary>A word of <c>data/serving/constants.yaml</c>: unit, physical range in that unit, the value where nothing was fitted.</summary>
/// <param name="IsOptional">Fitted only where a recipe asks for it.</param>
/// <param name="Scale">SI units of one file unit.</param>
/// <param name="Spread">How far stacks lie from the default, one standard deviation in file units: what a fit with few rows is held to.</param>
public sealed record ConstantRange(string Name, string Unit, double Scale, double Low, double High, double Default, string Meaning, bool IsOptional, double Spread);
