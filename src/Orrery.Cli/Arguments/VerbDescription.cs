namespace Orrery.Cli.Arguments;

/// <summary>One verb of the command line: its words, its flags, what runs it.</summary>
/// <param name="Name">First argument.</param>
/// <param name="Summary">One line.</param>
/// <param name="Schema">Name of its JSON.</param>
public sealed record VerbDescription(string Name, string Summary, string Schema)
{
    /// <summary>Arguments without a flag, in order.</summary>
    public OperandDescription[] Operands { get; init; } = [];

    public FlagDescription[] Flags { get; init; } = [];

    /// <summary>Whole commands, without the program's name, each with what it shows.</summary>
    public (string Command, string Shows)[] Examples { get; init; } = [];

    /// <summary>More about the verb, below its flags.</summary>
    public string Notes { get; init; } = "";

    public required Func<VerbCall, int> Run { get; init; }
}
