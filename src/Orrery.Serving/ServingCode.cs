namespace Orrery.Serving;

/// <summary>Codes of the diagnostics of serving; each is described in <c>docs/errors.md</c> and never reused.</summary>
public static class ServingCode
{
    public const string TraceUnreadable = "ORR6001";
    public const string UnknownLayout = "ORR6002";
    public const string BadTraceLine = "ORR6003";
    public const string BadLength = "ORR6004";
    public const string UnsortedTrace = "ORR6005";
    public const string PromptTooLong = "ORR6006";
    public const string EmptyTrace = "ORR6007";
    public const string LineTooLong = "ORR6008";
    public const string TooManyRequests = "ORR6009";
    public const string BadSlo = "ORR6010";
    public const string NoPlan = "ORR6011";
    public const string DoesNotFit = "ORR6012";
    public const string SloMissed = "ORR6013";
    public const string Preview = "ORR6014";
    public const string UnknownStack = "ORR6015";
    public const string NoWorkload = "ORR6016";
    public const string RequestsRefused = "ORR6017";
    public const string NoHighestRate = "ORR6018";
    public const string IdleChoice = "ORR6019";
    public const string BadSpeculation = "ORR6020";
    public const string BadPriorities = "ORR6021";
    public const string NoHostLink = "ORR6022";
    public const string BadShape = "ORR6030";
    public const string TraceTooLarge = "ORR6031";
    public const string EmptyPrompt = "ORR6032";
    public const string NoTower = "ORR6033";
    public const string ShapeNotSeen = "ORR6034";
    public const string BadPools = "ORR6050";
    public const string SharedDomain = "ORR6051";
    public const string IdleChips = "ORR6052";
}
