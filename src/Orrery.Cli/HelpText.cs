using Orrery.Cli.Arguments;
using Orrery.Cli.Reports;
using Orrery.Cli.Verbs;

namespace Orrery.Cli;

/// <summary>Help: examples first, then the words.</summary>
public static class HelpText
{
    private static readonly (string Command, string Shows)[] FirstExamples =
    [
        ("train --model llama-3.1-405b --system trn3-gen2 --chips 2304", "one training step: time, memory, energy, money"),
        ("train --model mixtral-8x22b --system gb200-nvl72 --chips 1152 --tokens 1T", "a whole run of a mixture of experts"),
        ("explain train --model llama-3.1-8b --system dgx-h100 --chips 64", "where every figure came from"),
        ("show trn3-gen2", "a system, figure by figure, with sources"),
        ("validate training", "how wrong the predictions are"),
    ];

    /// <summary>What a call without arguments prints: five commands to start from.</summary>
    public static void WriteExamples(TextWriter output, Terminal terminal)
    {
        output.WriteLine("Orrery predicts what training on AWS Trainium and GPU systems takes: time, memory, energy, money.");
        output.WriteLine();
        WriteCommands(output, terminal, FirstExamples);
        output.WriteLine();
        output.WriteLine($"{CommandLine.Program} --help lists the verbs, {CommandLine.Program} VERB --help their flags.");
    }

    /// <summary>Every verb in a line.</summary>
    public static void WriteAll(TextWriter output, Terminal terminal)
    {
        WriteExamples(output, terminal);
        output.WriteLine();
        output.WriteLine(terminal.Bold("Verbs"));
        foreach (string name in VerbTable.Names)
        {
            VerbDescription verb = VerbTable.Find(name)!;
            output.WriteLine($"  {name,-10} {verb.Summary}");
        }

        output.WriteLine();
        output.WriteLine("Results go to standard output, diagnostics to standard error. Exit codes: 0 done, 1 the answer is no,");
        output.WriteLine("2 the input is wrong, 70 a bug of ours. Every verb takes --json.");
    }

    /// <summary>Words that the line of usage has room for.</summary>
    private static bool AreFew(OperandDescription operand) => operand.Words.Length is > 0 and <= 6;

    /// <summary>One verb: examples, usage, flags.</summary>
    public static void WriteVerb(VerbDescription verb, TextWriter output, Terminal terminal)
    {
        output.WriteLine($"{CommandLine.Program} {verb.Name}: {verb.Summary}");
        output.WriteLine();
        WriteCommands(output, terminal, verb.Examples);
        output.WriteLine();

        output.Write($"{terminal.Bold("Usage")}  {CommandLine.Program} {verb.Name}");
        foreach (OperandDescription operand in verb.Operands)
        {
            string words = AreFew(operand) ? string.Join('|', operand.Words) : operand.Name;
            output.Write(operand.IsOptional ? $" [{words}]" : $" {words}");
        }

        foreach (FlagDescription flag in verb.Flags)
        {
            if (flag.IsRequired)
                output.Write($" {flag.Name} {flag.Value}");
        }

        output.WriteLine(verb.Flags.Length > 0 ? " [flags]" : "");
        if (verb.Operands.Length > 0)
            output.WriteLine();
        foreach (OperandDescription operand in verb.Operands)
            WriteEntry(output, operand.Name, operand.Words.Length == 0 || AreFew(operand) ? operand.Help : $"{operand.Help}: {string.Join(", ", operand.Words)}");

        if (verb.Flags.Length > 0)
        {
            output.WriteLine();
            output.WriteLine(terminal.Bold("Flags"));
        }

        foreach (FlagDescription flag in verb.Flags)
            WriteEntry(output, flag.Kind == FlagKind.Switch ? flag.Name : $"{flag.Name} {flag.Value}", flag.Help);

        if (verb.Notes.Length > 0)
        {
            output.WriteLine();
            foreach (string line in TextLayout.Wrap(verb.Notes, TextLayout.Width))
                output.WriteLine(line);
        }
    }

    private static void WriteEntry(TextWriter output, string name, string help)
    {
        const int Gutter = 30;
        string indent = new(' ', Gutter);
        bool isFirst = true;
        foreach (string line in TextLayout.Wrap(help, TextLayout.Width - Gutter))
        {
            output.Write(isFirst && name.Length < Gutter - 3 ? $"  {name}".PadRight(Gutter) : isFirst ? $"  {name}{Environment.NewLine}{indent}" : indent);
            output.WriteLine(line);
            isFirst = false;
        }
    }

    private static void WriteCommands(TextWriter output, Terminal terminal, (string Command, string Shows)[] examples)
    {
        foreach ((string command, string shows) in examples)
        {
            output.WriteLine(terminal.Dim($"  # {shows}"));
            output.WriteLine($"  {CommandLine.Program} {command}");
        }
    }
}
