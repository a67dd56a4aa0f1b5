namespace Orrery.Cli.Arguments;

/// <summary>One flag: what it is called, takes and means. Same flag, same meaning, in all verbs.</summary>
/// <param name="Name">With its two dashes.</param>
/// <param name="Value">What the value stands for in help (<c>N</c>, <c>FILE</c>); empty for a switch.</param>
/// <param name="Help">One line.</param>
public sealed record FlagDescription(string Name, FlagKind Kind, string Value, string Help)
{
    /// <summary>Smallest value of a number.</summary>
    public double Low { get; init; } = 1;

    /// <summary>Largest value of a number.</summary>
    public double High { get; init; } = int.MaxValue;

    /// <summary>Valid words of a <see cref="FlagKind.Word"/>; those that a <see cref="FlagKind.Count"/> takes beside numbers.</summary>
    public string[] Words { get; init; } = [];

    /// <summary>Words of the vocabulary that this version cannot act on; they get a message of their own.</summary>
    public string[] Unavailable { get; init; } = [];

    /// <summary>May be given more than once.</summary>
    public bool Repeats { get; init; }

    public bool IsRequired { get; init; }

    /// <summary>A flag that, where it is given, takes the place of this required one; empty where none does.</summary>
    public string[] Unless { get; init; } = [];

    /// <summary>The next argument is the value whatever it begins with: arguments of another program.</summary>
    public bool IsVerbatim { get; init; }
}
