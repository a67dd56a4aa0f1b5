using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Cli.Arguments;
using Shouldly;
using Xunit;

namespace Orrery.Cli.Tests.Arguments;

public sealed class ArgumentReaderTests
{
    private static readonly VerbDescription Verb = new("run", "for the tests", "orrery.run/1")
    {
        Flags =
        [
            new("--model", FlagKind.Text, "M", "the model") { IsRequired = true },
            new("--chips", FlagKind.Integer, "N", "chips") { High = 1000 },
            new("--tokens", FlagKind.Count, "T", "tokens") { High = 1e15 },
            new("--recompute", FlagKind.Word, "WORD", "what is recomputed") { Words = ["none", "selective", "full"], Unavailable = ["partial"] },
            new("--price", FlagKind.Pair, "SYSTEM=USD", "price") { Repeats = true },
            new("--quiet", FlagKind.Switch, "", "say less"),
        ],
        Run = _ => 0,
    };

    [Fact]
    public void Values_follow_their_flag_or_an_equals_sign()
    {
        ParsedArguments parsed = Good("--model", "m", "--chips=304", "--tokens", "15T", "--quiet");
        parsed.Text("--model").ShouldBe("m");
        parsed.Integer("--chips").ShouldBe(304);
        parsed.Number("--tokens").ShouldBe(15e12);
        parsed.Switch("--quiet").ShouldBe(true);
    }

    [Fact]
    public void Flags_left_out_are_null_and_a_switch_can_be_off()
    {
        ParsedArguments parsed = Good("--model", "m", "--quiet", "off");
        parsed.Integer("--chips").ShouldBeNull();
        parsed.Switch("--quiet").ShouldBe(false);
        Good("--model", "m").Switch("--quiet").ShouldBeNull();
    }

    [Fact]
    public void Thousands_may_be_grouped() => Good("--model", "m", "--chips", "1,000").Integer("--chips").ShouldBe(1000);

    [Fact]
    public void Words_are_read_in_any_case() => Good("--model", "m", "--recompute", "FULL").Text("--recompute").ShouldBe("full");

    [Fact]
    public void Repeatable_flags_keep_their_order() =>
        Good("--model", "m", "--price", "a=1", "--price", "b=2").Texts("--price").ShouldBe(["a=1", "b=2"]);

    [Theory]
    [InlineData("--chips", ErrorCodes.MissingValue)]
    [InlineData("--chips 0", ErrorCodes.OutOfRange)]
    [InlineData("--chips -5", ErrorCodes.OutOfRange)]
    [InlineData("--chips 1001", ErrorCodes.OutOfRange)]
    [InlineData("--chips 1.5", ErrorCodes.WrongValue)]
    [InlineData("--chips 99999999999999999999999999", ErrorCodes.OutOfRange)]
    [InlineData("--chips 50%", ErrorCodes.WrongValue)]
    [InlineData("--chips many", ErrorCodes.WrongValue)]
    [InlineData("--chips=", ErrorCodes.WrongValue)]
    [InlineData("--tokens 0.5", ErrorCodes.OutOfRange)]
    [InlineData("--tokens 15X", ErrorCodes.WrongValue)]
    [InlineData("--recompute partial", ErrorCodes.NotAvailable)]
    [InlineData("--recompute ful", ErrorCodes.WrongValue)]
    [InlineData("--price 3", ErrorCodes.WrongValue)]
    [InlineData("--price =3", ErrorCodes.WrongValue)]
    [InlineData("--quiet=maybe", ErrorCodes.WrongValue)]
    [InlineData("--quiet --quiet", ErrorCodes.RepeatedFlag)]
    [InlineData("--chps 5", ErrorCodes.UnknownFlag)]
    [InlineData("-c", ErrorCodes.UnknownFlag)]
    [InlineData("stray", ErrorCodes.UnexpectedArgument)]
    public void A_mistake_is_one_diagnostic(string line, string code)
    {
        ImmutableArray<Diagnostic> problems = Read(["--model", "m", .. line.Split(' ')]).Problems;
        problems.Length.ShouldBe(1);
        problems[0].Code.ShouldBe(code);
        problems[0].Severity.ShouldBe(Severity.Error);
    }

    [Fact]
    public void All_mistakes_are_reported_at_once() =>
        Read("--chips", "many", "--recompute", "ful", "--nonsense", "--tokens", "-1").Problems.Select(problem => problem.Code).ShouldBe(
            [ErrorCodes.WrongValue, ErrorCodes.WrongValue, ErrorCodes.UnknownFlag, ErrorCodes.OutOfRange, ErrorCodes.MissingFlag]);

    [Fact]
    public void The_nearest_valid_word_is_named()
    {
        Read("--model", "m", "--chps", "5").Problems[0].Message.ShouldContain("did you mean '--chips'?");
        Read("--model", "m", "--recompute", "selectiv").Problems[0].Message.ShouldContain("did you mean 'selective'?");
    }

    [Fact]
    public void Control_characters_are_shown_not_sent() =>
        Read("--model", "m", "--chips", "\u001b[31m").Problems[0].Message.ShouldContain("\\u001b[31m");

    private static (ParsedArguments Arguments, ImmutableArray<Diagnostic> Problems) Read(params string[] arguments) => ArgumentReader.Read(Verb, arguments);

    private static ParsedArguments Good(params string[] arguments)
    {
        (ParsedArguments parsed, ImmutableArray<Diagnostic> problems) = Read(arguments);
        problems.ShouldBeEmpty();
        return parsed;
    }
}
