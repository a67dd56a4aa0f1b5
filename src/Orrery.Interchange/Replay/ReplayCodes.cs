namespace Orrery.Interchange;

/// <summary>Codes of what can be wrong with traces and the files they are replayed on. Each is described in <c>docs/errors.md</c>, never reused.</summary>
public static class ReplayCodes
{
    public const string Unreadable = "ORR6201";
    public const string TooLarge = "ORR6202";
    public const string Broken = "ORR6203";
    public const string MissingRank = "ORR6204";
    public const string RepeatedNode = "ORR6205";
    public const string MissingParent = "ORR6206";
    public const string Cycle = "ORR6207";
    public const string BadAttribute = "ORR6208";
    public const string GroupsDisagree = "ORR6209";
    public const string Unmatched = "ORR6210";
    public const string UnknownGroup = "ORR6211";
    public const string UnknownCollective = "ORR6212";
    public const string OperatorTree = "ORR6213";
    public const string NoDuration = "ORR6214";
    public const string MoreMistakes = "ORR6215";
    public const string BadAstraFile = "ORR6216";
    public const string IgnoredAstraKey = "ORR6217";
    public const string WrongRanks = "ORR6218";
    public const string Deadlock = "ORR6219";
}
