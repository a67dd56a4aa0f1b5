using System.Text.Json;
using Shouldly;

namespace Orrery.Cli.Tests;

/// <summary>One command run in process, with what it wrote.</summary>
internal sealed record Command(int Code, string Output, string Error)
{
    public static Command Run(params string[] arguments)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        int code = CommandLine.Run(arguments, output, error);
        return new(code, output.ToString(), error.ToString());
    }

    /// <summary>Splits at spaces; enough for arguments without any.</summary>
    public static Command RunLine(string line) => Run(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    /// <summary>The output as JSON; fails the test where it is none.</summary>
    public JsonElement Json()
    {
        using JsonDocument document = JsonDocument.Parse(Output);
        return document.RootElement.Clone();
    }

    /// <summary>Asserts that the input was refused with diagnostics, and nothing was printed as a result.</summary>
    public void ShouldBeRefused()
    {
        Code.ShouldBe(ExitCode.WrongInput, $"output: {Output} error: {Error}");
        Output.ShouldBeEmpty();
        Error.ShouldContain(": error ORR");
        Error.ShouldNotContain("   at ");
    }
}
