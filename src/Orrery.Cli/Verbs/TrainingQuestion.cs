using System.Collections.Immutable;
using System.Text;
using Orrery.Training;

namespace Orrery.Cli.Verbs;

/// <summary>A training request with what the command line adds to it.</summary>
/// <param name="Network">Word of <c>--network</c>.</param>
/// <param name="Assumptions">Readings picked with <c>--assume</c>, as <c>KEY=READING</c>.</param>
/// <param name="Arguments">The arguments after the verb as given, for suggesting a next command.</param>
public sealed record TrainingQuestion(
    TrainingRequest Request, string Network, ImmutableArray<string> Assumptions, ImmutableArray<string> Arguments)
{
    /// <summary>
    /// The arguments as a person would type them into a shell, with <paramref name="flag"/> set to <paramref name="value"/> in place of what it was.
    /// </summary>
    public string CommandWith(string flag, string value)
    {
        StringBuilder text = new();
        for (int index = 0; index < Arguments.Length; index++)
        {
            string argument = Arguments[index];
            if (argument == flag)
                index++;
            else if (!argument.StartsWith(flag + "=", StringComparison.Ordinal))
                text.Append(InShell(argument)).Append(' ');
        }

        return text.Append(flag).Append(' ').Append(value).ToString();
    }

    /// <summary>The arguments as a person would type them into a shell.</summary>
    public string Command() => string.Join(' ', Arguments.Select(InShell));

    private static string InShell(string argument)
    {
        foreach (char letter in argument)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && !"-_./=:,+@%".Contains(letter, StringComparison.Ordinal))
                return "'" + Quote.Whole(argument).Replace("'", "'\\''", StringComparison.Ordinal) + "'";
        }

        return argument;
    }
}
