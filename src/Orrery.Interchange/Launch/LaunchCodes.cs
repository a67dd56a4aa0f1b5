namespace Orrery.Interchange.Launch;

/// <summary>Codes of what can be said about launch arguments; listed in <c>docs/errors.md</c>, never reused.</summary>
public static class LaunchCodes
{
    public const string NoFramework = "ORR6101";

    public const string UnknownArgument = "ORR6102";

    public const string WrongValue = "ORR6103";

    public const string Contradiction = "ORR6104";

    public const string Ignored = "ORR6105";

    public const string NotExpressed = "ORR6106";

    public const string NearestMeaning = "ORR6107";

    public const string Syntax = "ORR6108";

    public const string Repeated = "ORR6109";

    public const string Overridden = "ORR6110";
}
