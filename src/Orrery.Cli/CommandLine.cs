using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Cli.Arguments;
using Orrery.Cli.Verbs;
using Orrery.Units;

namespace Orrery.Cli;

/// <summary>The command line: <c>orrery VERB ...</c>. Everything it can do is reachable from <see cref="Run"/>, in process.</summary>
public static class CommandLine
{
    /// <summary>How the program is called from a clone; used wherever a next command is suggested.</summary>
    public const string Program = "./orrery";

    /// <summary>
    /// Runs one command and returns its exit code (see <see cref="ExitCode"/>). Results go to <paramref name="output"/>, diagnostics and progress to
    /// <paramref name="error"/>. Never throws: a failure nobody foresaw is written to a report file and ends with 70.
    /// </summary>
    public static int Run(string[] arguments, TextWriter output, TextWriter error, Terminal terminal = default)
    {
        try
        {
            return Dispatch(arguments, output, error, terminal);
        }
        catch (Exception exception)
        {
            return CrashReport.Write(exception, arguments, error);
        }
    }

    private static int Dispatch(string[] arguments, TextWriter output, TextWriter error, Terminal terminal)
    {
        CommandContext context = new(output, error, terminal, isJson: Array.IndexOf(arguments, "--json") >= 0);
        if (arguments.Length == 0)
        {
            HelpText.WriteExamples(output, terminal);
            return ExitCode.Done;
        }

        string word = arguments[0];
        switch (word)
        {
            case "--help" or "-h" or "-?" when arguments.Length == 1:
            case "help" when arguments.Length == 1:
                HelpText.WriteAll(output, terminal);
                return ExitCode.Done;
            case "--version":
                output.WriteLine(typeof(CommandLine).Assembly.GetName().Version?.ToString(3));
                return ExitCode.Done;
            case "help":
                return HelpOn(arguments[1], context);
        }

        VerbDescription? verb = VerbTable.Find(word);
        if (verb is null)
            return context.RefuseInput("orrery/1", [UnknownVerb(word)]);
        if (AsksForHelp(arguments))
        {
            HelpText.WriteVerb(verb, output, terminal);
            return ExitCode.Done;
        }

        (ParsedArguments parsed, ImmutableArray<Diagnostic> problems) = ArgumentReader.Read(verb, arguments.AsSpan(1));
        return verb.Run(new(context, parsed, [.. arguments.AsSpan(1)], problems));
    }

    private static int HelpOn(string word, CommandContext context)
    {
        VerbDescription? verb = VerbTable.Find(word);
        if (verb is null)
            return context.RefuseInput("orrery/1", [UnknownVerb(word)]);
        HelpText.WriteVerb(verb, context.Output, context.Terminal);
        return ExitCode.Done;
    }

    private static bool AsksForHelp(string[] arguments) =>
        Array.IndexOf(arguments, "--help") >= 0 || Array.IndexOf(arguments, "-h") >= 0;

    private static Diagnostic UnknownVerb(string word)
    {
        string expected = $"expected one of {string.Join(", ", VerbTable.Names)}";
        string message = word.StartsWith('-')
            ? $"a verb comes first; {expected}"
            : $"no such verb; {expected}{EditDistance.Hint(word, VerbTable.Names)}";
        return new(Severity.Error, ErrorCodes.UnknownVerb, Quote.Argument(word), 0, 0, message);
    }
}
