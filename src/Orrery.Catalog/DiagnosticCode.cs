namespace Orrery.Catalog;

/// <summary>Codes of the catalogue's diagnostics. Each is described in <c>docs/errors.md</c> and never reused.</summary>
public static class DiagnosticCode
{
    public const string FileUnreadable = "ORR0101";
    public const string FileTooLarge = "ORR0102";
    public const string NotUtf8 = "ORR0103";
    public const string YamlSyntax = "ORR0104";
    public const string TabIndentation = "ORR0105";
    public const string YamlFeature = "ORR0106";
    public const string DuplicateKey = "ORR0107";
    public const string TooDeep = "ORR0108";
    public const string EmptyFile = "ORR0109";
    public const string KeyIsNotText = "ORR0110";

    public const string MissingKey = "ORR0201";
    public const string UnknownKey = "ORR0202";
    public const string WrongShape = "ORR0203";
    public const string BadQuantity = "ORR0204";
    public const string OutOfRange = "ORR0205";
    public const string UnknownWord = "ORR0206";
    public const string BadInteger = "ORR0207";
    public const string FigureWithoutSource = "ORR0208";
    public const string UnknownSource = "ORR0209";
    public const string EmptyText = "ORR0210";
    public const string DuplicateName = "ORR0211";
    public const string BadDate = "ORR0212";
    public const string MissingNote = "ORR0213";

    public const string UnknownName = "ORR0301";
    public const string UnknownAssumption = "ORR0302";
    public const string UnknownReading = "ORR0303";
    public const string InconsistentLevels = "ORR0304";
    public const string UnknownConstant = "ORR0305";
    public const string ConstantOutOfRange = "ORR0306";
    public const string AmbiguousName = "ORR0307";
    public const string InconsistentChip = "ORR0308";
    public const string WrongSubject = "ORR0309";
}
