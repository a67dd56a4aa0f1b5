namespace Orrery.Cli.Arguments;

/// <summary>What a flag takes.</summary>
public enum FlagKind : byte
{
    /// <summary>Nothing, or <c>on</c> or <c>off</c>.</summary>
    Switch,

    /// <summary>Any text that is not empty.</summary>
    Text,

    /// <summary>A whole number; thousands may be grouped (<c>2,304</c>).</summary>
    Integer,

    /// <summary>A positive count that may end in k, M, B or T (<c>15T</c>), or one of the flag's words, whose number is not-a-number.</summary>
    Count,

    /// <summary>One of a list of words.</summary>
    Word,

    /// <summary>One or more of a list of words, with commas between them.</summary>
    Words,

    /// <summary>A number that need not be whole.</summary>
    Number,

    /// <summary><c>KEY=VALUE</c>.</summary>
    Pair,
}
