namespace Orrery.Cli.Arguments;

/// <summary>An argument without a flag.</summary>
/// <param name="Name">As it stands in help: <c>NAME</c>.</param>
/// <param name="Words">Valid words; empty takes any text.</param>
/// <param name="IsOptional">May be left out.</param>
/// <param name="TakesRest">Everything from here on, flags too, belongs to it.</param>
public sealed record OperandDescription(string Name, string[] Words, string Help, bool TakesRest = false, bool IsOptional = false);
