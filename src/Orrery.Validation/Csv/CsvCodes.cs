namespace Orrery.Validation.Csv;

/// <summary>Codes of diagnostics about case files and the tables beside them; explained in <c>docs/errors.md</c>.</summary>
internal static class CsvCodes
{
    /// <summary>The file is not there or cannot be read.</summary>
    public const string Unreadable = "ORR2201";

    /// <summary>Larger than the stated limits.</summary>
    public const string TooLarge = "ORR2202";

    /// <summary>Quotes or compression are broken.</summary>
    public const string Malformed = "ORR2203";

    /// <summary>A row with more or fewer cells than the header.</summary>
    public const string RaggedRow = "ORR2204";

    public const string MissingColumn = "ORR2205";

    /// <summary>A cell of the wrong type or outside its range.</summary>
    public const string BadCell = "ORR2206";

    /// <summary>A column or case given twice.</summary>
    public const string Duplicate = "ORR2207";

    /// <summary>More mistakes than are listed.</summary>
    public const string More = "ORR2208";
}
