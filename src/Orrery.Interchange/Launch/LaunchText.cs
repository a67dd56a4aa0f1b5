using System.Collections.Immutable;

namespace Orrery.Interchange.Launch;

/// <summary>Launch arguments of one plan for one framework.</summary>
/// <param name="Framework">Word of <c>--launch</c>.</param>
/// <param name="Release">What the names of the arguments were taken from.</param>
/// <param name="Text">Ready to paste; comments begin with <c>#</c>. Ends with a line end.</param>
/// <param name="Arguments">The arguments alone, in order: key and value, the value empty for a switch.</param>
/// <param name="Gaps">What the framework cannot state.</param>
/// <param name="Remarks">What the arguments mean differently from the plan, or need beside them.</param>
public sealed record LaunchText(
    string Framework,
    string Release,
    string Text,
    ImmutableArray<KeyValuePair<string, string>> Arguments,
    ImmutableArray<LaunchGap> Gaps,
    ImmutableArray<string> Remarks);
