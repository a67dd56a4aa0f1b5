using System.Text.Json;
using Orrery.Cli.Arguments;
using Orrery.Cli.Verbs;
using Shouldly;
using Xunit;

namespace Orrery.Cli.Tests.Fuzz;

/// <summary>Every flag of every verb gets what nobody should give it. The answer is always diagnostics and exit code 2, never an exception.</summary>
public sealed class FlagFuzzTests
{
    private const int Seed = 20261120;

    private static readonly string[] Nonsense =
    [
        "", " ", "-", "--", "-1", "0", "-99999999999999999999", "99999999999999999999999999999999999999", "1e400", "NaN", "Infinity", "1.5", "1,2,3", "0x10",
        "true", "null", "nonsense", "=", "a=", "=b", "a=b=c", "../../../../etc/passwd", "/", "/dev/null", "\0", "\u001b[31m", "\ud800", "\u202e", "\u0660\u0661",
        "'; drop table", "{}", "[]", "%s%n", "$(reboot)", new string('9', 300), new string('x', 5000), "tp-tp-tp", "bf16,fp8",
    ];

    public static TheoryData<string, string> Flags()
    {
        TheoryData<string, string> flags = [];
        foreach (string verb in VerbTable.Names)
        {
            foreach (FlagDescription flag in VerbTable.Find(verb)!.Flags)
                flags.Add(verb, flag.Name);
        }

        return flags;
    }

    [Theory]
    [MemberData(nameof(Flags))]
    public void Every_flag_survives_every_value(string verb, string flag)
    {
        foreach (string value in Nonsense)
        {
            ShouldAnswer([verb, .. Operands(verb), flag, value]);
            ShouldAnswer([verb, .. Operands(verb), $"{flag}={value}"]);
        }

        ShouldAnswer([verb, .. Operands(verb), flag]);
        ShouldAnswer([verb, .. Operands(verb), flag + "x", "1"]).Code.ShouldBe(ExitCode.WrongInput);
        ShouldAnswer([verb, .. Operands(verb), flag, "nonsense", "--json"]);
    }

    [Theory]
    [MemberData(nameof(WrongValues))]
    public void A_wrong_value_is_refused_with_its_flag_named(string flag, string value)
    {
        Command command = Command.Run("train", "--model", "llama-3.1-8b", "--system", "dgx-h100", "--chips", "8", flag, value);
        command.ShouldBeRefused();
        command.Error.ShouldContain(flag + ": error ORR");
    }

    public static TheoryData<string, string> WrongValues()
    {
        TheoryData<string, string> values = [];
        foreach (FlagDescription flag in VerbTable.Find("train")!.Flags)
        {
            switch (flag.Kind)
            {
                case FlagKind.Integer:
                    foreach (string value in (string[])["-1", "1.5", "many", "1e30", "", "NaN"])
                        values.Add(flag.Name, value);
                    break;
                case FlagKind.Count:
                    foreach (string value in (string[])["-1", "0", "many", "1e400", ""])
                        values.Add(flag.Name, value);
                    break;
                case FlagKind.Word or FlagKind.Pair:
                    foreach (string value in (string[])["nonsense", "", "="])
                        values.Add(flag.Name, value);
                    break;
                case FlagKind.Text:
                    values.Add(flag.Name, "");
                    break;
            }
        }

        return values;
    }

    [Fact]
    public void Random_command_lines_never_throw()
    {
        Random random = new(Seed);
        string[] words = [.. VerbTable.Names, .. VerbTable.Names.SelectMany(verb => VerbTable.Find(verb)!.Flags).Select(flag => flag.Name), .. Nonsense, "llama-3.1-8b", "dgx-h100"];
        for (int round = 0; round < 2000; round++)
        {
            string[] line = new string[random.Next(1, 9)];
            line[0] = random.Next(8) == 0 ? RandomText(random) : VerbTable.Names[random.Next(VerbTable.Names.Length)];
            for (int index = 1; index < line.Length; index++)
                line[index] = random.Next(6) == 0 ? RandomText(random) : words[random.Next(words.Length)];

            // These read and score whole files: a test of arguments has no use for that.
            if (line[0] is "validate" or "calibrate" && !line.Contains("--nonsense"))
                line = [.. line, "--nonsense"];
            ShouldAnswer(line);
        }
    }

    private static string RandomText(Random random)
    {
        char[] letters = new char[random.Next(0, 24)];
        for (int index = 0; index < letters.Length; index++)
            letters[index] = (char)random.Next(0, random.Next(4) == 0 ? 0x10000 : 0x80);
        return new string(letters);
    }

    /// <summary>What a verb needs so that the flag under test is the only thing wrong.</summary>
    private static string[] Operands(string verb) => verb switch
    {
        "train" => ["--model", "llama-3.1-8b", "--system", "no-such-system", "--chips", "8"],
        "list" => ["systems"],
        "show" => ["llama-3.1-8b"],
        "validate" => ["kernels", "--nonsense"],
        "calibrate" => ["no-such-chip"],
        "explain" => ["train", "--model", "llama-3.1-8b", "--system", "no-such-system", "--chips", "8"],
        _ => [],
    };

    private static Command ShouldAnswer(string[] line)
    {
        Command command = Command.Run(line);
        string shown = string.Join(' ', line.Select(Quote.Argument));
        command.Code.ShouldBeOneOf([ExitCode.Done, ExitCode.AnswerIsNo, ExitCode.WrongInput], $"{shown} (seed {Seed})\n{command.Error}");
        if (command.Code == ExitCode.WrongInput && line.Contains("--json"))
        {
            using JsonDocument document = JsonDocument.Parse(command.Output);
            document.RootElement.GetProperty("diagnostics").GetArrayLength().ShouldBeGreaterThan(0, shown);
        }
        else if (command.Code == ExitCode.WrongInput)
        {
            command.Output.ShouldBeEmpty(shown);
            command.Error.ShouldContain("error ORR", Case.Sensitive, shown);
        }

        return command;
    }
}
