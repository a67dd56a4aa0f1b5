using Orrery.Cli.Arguments;

namespace Orrery.Cli.Verbs;

/// <summary>Flags that several verbs take, with one meaning.</summary>
public static class CommonFlags
{
    public static FlagDescription Json { get; } = new("--json", FlagKind.Switch, "", "print JSON for programs instead of text for people");

    public static FlagDescription Assume { get; } = new(
        "--assume", FlagKind.Pair, "KEY=READING", "where sources disagree, take another reading than the first (./orrery show lists them)") { Repeats = true };
}
