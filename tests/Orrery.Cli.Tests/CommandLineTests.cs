using Orrery.Cli.Verbs;
using Shouldly;
using Xunit;

namespace Orrery.Cli.Tests;

public sealed class CommandLineTests
{
    [Fact]
    public void No_arguments_print_five_examples()
    {
        Command command = Command.Run();
        command.Code.ShouldBe(ExitCode.Done);
        command.Output.Split('\n').Count(line => line.StartsWith("  ./orrery ", StringComparison.Ordinal)).ShouldBe(5);
        command.Error.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("help")]
    public void Help_leads_with_examples_and_lists_every_verb(string word)
    {
        Command command = Command.Run(word);
        command.Code.ShouldBe(ExitCode.Done);
        int firstExample = command.Output.IndexOf("./orrery train", StringComparison.Ordinal);
        firstExample.ShouldBeGreaterThan(0);
        foreach (string verb in VerbTable.Names)
            command.Output.IndexOf($"\n  {verb} ", StringComparison.Ordinal).ShouldBeGreaterThan(firstExample, verb);
    }

    [Fact]
    public void Every_verb_has_help_with_examples_before_flags_inside_a_hundred_columns()
    {
        foreach (string verb in VerbTable.Names)
        {
            Command command = Command.Run(verb, "--help");
            command.Code.ShouldBe(ExitCode.Done);
            int example = command.Output.IndexOf($"\n  ./orrery {verb}", StringComparison.Ordinal);
            example.ShouldBeGreaterThan(0, verb);
            command.Output.IndexOf("Usage", StringComparison.Ordinal).ShouldBeGreaterThan(example, verb);
            command.Output.ShouldContain("--json");
            command.Output.Split('\n').Max(line => line.Length).ShouldBeLessThanOrEqualTo(100, verb);
            Command.Run("help", verb).Output.ShouldBe(command.Output);
        }
    }

    [Fact]
    public void Every_verb_has_a_schema_of_its_own_name_and_a_page()
    {
        foreach (string verb in VerbTable.Names)
            VerbTable.Find(verb)!.Schema.ShouldStartWith($"orrery.{verb}");
    }

    [Theory]
    [InlineData("docter", "did you mean 'doctor'?")]
    [InlineData("--model", "a verb comes first")]
    [InlineData("", "no such verb")]
    public void An_unknown_verb_is_refused_with_the_nearest_one(string word, string expected)
    {
        Command command = Command.Run(word);
        command.ShouldBeRefused();
        command.Error.ShouldContain(expected);
    }

    [Fact]
    public void Under_json_a_refusal_is_schema_and_diagnostics_on_standard_output()
    {
        Command command = Command.Run("doctor", "--nonsense", "--json");
        command.Code.ShouldBe(ExitCode.WrongInput);
        command.Error.ShouldBeEmpty();
        System.Text.Json.JsonElement json = command.Json();
        json.GetProperty("schema").GetString().ShouldBe("orrery.doctor/1");
        System.Text.Json.JsonElement diagnostic = json.GetProperty("diagnostics")[0];
        diagnostic.GetProperty("severity").GetString().ShouldBe("error");
        diagnostic.GetProperty("code").GetString().ShouldBe(ErrorCodes.UnknownFlag);
        diagnostic.GetProperty("file").GetString().ShouldBe("--nonsense");
    }

    [Fact]
    public void A_failure_nobody_foresaw_ends_with_70_and_a_report_but_no_stack_trace()
    {
        using StringWriter error = new();
        int code = CommandLine.Run(["doctor"], new FailingWriter(), error);
        code.ShouldBe(ExitCode.OurBug);
        error.ToString().ShouldNotContain("   at ");
        string path = error.ToString().Trim().Split(' ')[^1];
        File.ReadAllText(path).ShouldContain(nameof(FailingWriter));
        File.Delete(path);
    }

    [Fact]
    public void Doctor_finds_this_machine_well()
    {
        Command.Run("doctor").Code.ShouldBe(ExitCode.Done);
        Command.Run("doctor", "--json").Json().GetProperty("passed").GetBoolean().ShouldBeTrue();
    }

    private sealed class FailingWriter : StringWriter
    {
        public override void WriteLine(string? value) => throw new InvalidOperationException(nameof(FailingWriter));
    }
}
