namespace Orrery.Cli;

/// <summary>Codes of what can be wrong with a command line; listed in <c>docs/errors.md</c>, never reused.</summary>
public static class ErrorCodes
{
    public const string UnknownVerb = "ORR0001";

    public const string UnknownFlag = "ORR0002";

    public const string MissingValue = "ORR0003";

    public const string WrongValue = "ORR0004";

    public const string OutOfRange = "ORR0005";

    public const string RepeatedFlag = "ORR0006";

    public const string MissingFlag = "ORR0007";

    public const string UnexpectedArgument = "ORR0008";

    public const string MissingArgument = "ORR0009";

    public const string NotAvailable = "ORR0010";

    public const string CannotWrite = "ORR0011";

    public const string PriceOfAnother = "ORR0012";

    public const string UnknownName = "ORR0013";

    public const string NotASystem = "ORR0014";
}
