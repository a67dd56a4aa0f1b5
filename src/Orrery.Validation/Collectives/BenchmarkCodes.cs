namespace Orrery.Validation.Collectives;

/// <summary>Codes of what can be said about the output of a benchmark of collectives; listed in <c>docs/errors.md</c>, never reused.</summary>
public static class BenchmarkCodes
{
    public const string Unreadable = "ORR3101";

    public const string NoTable = "ORR3102";

    public const string NoOperation = "ORR3103";

    public const string NoRanks = "ORR3104";

    public const string BadRow = "ORR3105";

    public const string WrongResult = "ORR3106";

    public const string Inconsistent = "ORR3107";

    public const string TooFew = "ORR3108";

    public const string DoesNotFit = "ORR3109";

    public const string AtLimit = "ORR3110";
}
