namespace Orrery.Interchange;

/// <summary>
/// What a trace may hold before it is refused, so that no file, whatever its bytes, takes more memory or time than a large real one. The
/// defaults hold a trace a hundred times the size of a large recorded step.
/// </summary>
public sealed record ChakraLimits
{
    public static ChakraLimits Default { get; } = new();

    /// <summary>Bytes of one file, packed or not.</summary>
    public long FileBytes { get; init; } = 1L << 30;

    /// <summary>Bytes of one node.</summary>
    public int MessageBytes { get; init; } = 1 << 24;

    /// <summary>Nodes of one file.</summary>
    public int Nodes { get; init; } = 4_000_000;

    /// <summary>Dependencies of one file, those to be looked up included.</summary>
    public int Dependencies { get; init; } = 50_000_000;

    /// <summary>Nodes of all files of one replay together.</summary>
    public long AllNodes { get; init; } = 20_000_000;

    /// <summary>Files of one replay.</summary>
    public int Files { get; init; } = 65_536;

    /// <summary>Levels of nesting in a JSON file.</summary>
    public int JsonDepth { get; init; } = 32;

    /// <summary>Bytes of one JSON file, which is read whole.</summary>
    public int JsonBytes { get; init; } = 1 << 28;

    /// <summary>Mistakes named for one file; the rest are counted.</summary>
    public int Mistakes { get; init; } = 50;
}
