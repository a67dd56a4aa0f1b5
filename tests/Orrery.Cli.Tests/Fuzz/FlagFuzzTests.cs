using System.Globalization;
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

    /// <summary>The ends of every range, on a job that is otherwise sound: whatever they mean, they are answered.</summary>
    [Theory]
    [InlineData("dgx-h100", "llama-3.1-8b")]
    [InlineData("trn3-gen2", "mixtral-8x22b")]
    public void The_ends_of_every_range_are_answered(string system, string model)
    {
        foreach (FlagDescription flag in VerbTable.Find("train")!.Flags)
        {
            if (flag.Kind is not (FlagKind.Integer or FlagKind.Count))
                continue;
            foreach (double end in (double[])[flag.Low, flag.Low + 1, flag.High - 1, flag.High])
            {
                string value = end.ToString("0", CultureInfo.InvariantCulture);
                ShouldAnswer(flag.Name == "--chips"
                    ? ["train", "--model", model, "--system", system, "--chips", value, "--json"]
                    : ["train", "--model", model, "--system", system, "--chips", "16", flag.Name, value, "--json"]);
            }
        }
    }

    /// <summary>Products of large degrees must not wrap around to something that looks legal, or to a division by zero.</summary>
    [Fact]
    public void Large_degrees_together_are_answered()
    {
        Random random = new(Seed);
        string[] flags = ["--tp", "--pp", "--vpp", "--dp", "--cp", "--ep", "--etp", "--micro-batch", "--shard-ranks", "--global-batch"];
        string[] values = ["1", "2", "16", "4096", "65536", "1048576"];
        for (int round = 0; round < 400; round++)
        {
            List<string> line = ["train", "--model", round % 2 == 0 ? "llama-3.1-8b" : "mixtral-8x7b", "--system", "dgx-h100", "--chips", round % 3 == 0 ? "16" : "65536", "--json"];
            foreach (string flag in flags)
            {
                if (random.Next(2) == 0)
                    line.AddRange([flag, values[random.Next(values.Length)]]);
            }

            if (random.Next(2) == 0)
                line.AddRange(["--recompute", "full"]);
            ShouldAnswer([.. line]);
        }
    }

    [Fact]
    public void Random_command_lines_never_throw()
    {
        Random random = new(Seed);
        string[] words = [.. VerbTable.Names, .. VerbTable.Names.SelectMany(verb => VerbTable.Find(verb)!.Flags).Select(flag => flag.Name), .. Nonsense, "llama-3.1-8b", "dgx-h100"];
        words = [.. words.Where(word => word != "--timeline")];
        for (int round = 0; round < 1000; round++)
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

    /// <summary>
    /// What a verb needs before the flag under test. Jobs name files that are not there: found missing at once, where a name would be
    /// looked for in every file of the catalogue.
    /// </summary>
    private static string[] Operands(string verb) => verb switch
    {
        "train" => ["--model", "./no-such.json", "--system", "./no-such.yaml", "--chips", "8"],
        "list" => ["systems"],
        "show" => ["llama-3.1-8b"],
        "validate" => ["kernels", "--nonsense"],
        "calibrate" => ["./no-such.yaml"],
        "explain" => ["train", "--model", "./no-such.json", "--system", "./no-such.yaml", "--chips", "8"],
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
