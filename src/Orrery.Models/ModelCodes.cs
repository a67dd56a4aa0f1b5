namespace Orrery.Models;

/// <summary>Codes of diagnostics about model descriptions; explained in <c>docs/errors.md</c>.</summary>
internal static class ModelCodes
{
    /// <summary>No model of that name, or the file cannot be read.</summary>
    public const string NotFound = "ORR2001";

    /// <summary>Larger than the stated limits.</summary>
    public const string TooLarge = "ORR2002";

    /// <summary>Not a JSON object.</summary>
    public const string NotJson = "ORR2003";

    public const string DuplicateKey = "ORR2004";

    public const string MissingKey = "ORR2005";

    /// <summary>A value of the wrong type or outside its range.</summary>
    public const string BadValue = "ORR2006";

    /// <summary>A key that is neither known for the model type nor listed as without bearing on shape.</summary>
    public const string UnknownKey = "ORR2007";

    public const string UnknownModelType = "ORR2008";

    /// <summary>A model type or setting we know and cannot describe yet.</summary>
    public const string NotSupported = "ORR2009";

    /// <summary>Two keys that contradict each other.</summary>
    public const string Inconsistent = "ORR2010";

    /// <summary>A key left out whose published default was taken.</summary>
    public const string DefaultTaken = "ORR2011";

    /// <summary>Something is wrong with the list of keys without bearing on shape.</summary>
    public const string BadIgnoredKeys = "ORR2012";
}
