using System.Text.Json;
using Shouldly;
using Xunit;

namespace Orrery.Cli.Tests;

/// <summary><c>explain serve</c> from end to end.</summary>
public sealed class ExplainServingTests
{
    [Fact]
    public void The_explanation_reads_as_it_did()
    {
        // A stack without fits, so that a new calibration of another does not change it.
        Command command = Command.RunLine("explain serve --model llama-3.1-8b --system tpu-v5e-pod --chips 4 --rate 4 --requests 50 --input-tokens 512 --output-tokens 64");
        command.Code.ShouldBe(ExitCode.Done, command.Error);
        Golden.ShouldMatch(command.Output, "explain-serve.txt");
    }

    public static TheoryData<string> Questions() =>
    [
        "--model llama-3.1-70b --system dgx-h100 --chips 8 --rate 2 --requests 40",
        "--model gpt-oss-120b --system gb200-nvl72 --chips 2 --dp 2 --rate 2 --requests 40",
        "--model llama-3.1-8b --system trn2.48xlarge --chips 2 --rate 2 --requests 40 --max-context 8192",
        "--model deepseek-v3 --system dgx-h200 --chips 8 --rate 1 --requests 20 --batching prefill-first",
    ];

    [Theory]
    [MemberData(nameof(Questions))]
    public void Parts_of_an_iteration_add_up_and_every_figure_has_a_mark(string question)
    {
        Command command = Command.RunLine($"explain serve {question} --json");
        command.Code.ShouldBe(ExitCode.Done, command.Error);
        JsonElement json = command.Json();
        foreach (string name in (string[])["decodeIteration", "promptIteration"])
        {
            JsonElement iteration = json.GetProperty(name);
            double whole = iteration.GetProperty("timeS").GetDouble();
            iteration.GetProperty("partsS").EnumerateObject().Sum(static part => part.Value.GetDouble()).ShouldBe(whole, 1e-9 * whole);
            iteration.GetProperty("operators").GetArrayLength().ShouldBeGreaterThan(3);
            foreach (JsonElement line in iteration.GetProperty("operators").EnumerateArray())
                line.GetProperty("executionS").GetDouble().ShouldBeGreaterThan(0);
        }

        // Operators before the constants of the stack: what the parts are made of, within the physical ranges of those.
        JsonElement decode = json.GetProperty("decodeIteration");
        double operators = decode.GetProperty("operators").EnumerateArray().Sum(static line => line.GetProperty("executionS").GetDouble() * line.GetProperty("count").GetInt32());
        double device = decode.GetProperty("timeS").GetDouble() - decode.GetProperty("partsS").GetProperty("host").GetDouble() - decode.GetProperty("partsS").GetProperty("kernels").GetDouble();
        (device / operators).ShouldBeInRange(0.5, 2.5);
        foreach (JsonElement constant in json.GetProperty("constants").EnumerateArray())
        {
            constant.GetProperty("value").GetDouble().ShouldBeInRange(constant.GetProperty("low").GetDouble(), constant.GetProperty("high").GetDouble());
            constant.GetProperty("mark").GetString().ShouldNotBeNullOrEmpty();
        }

        json.GetProperty("figures").EnumerateArray().Select(static figure => figure.GetProperty("key").GetString()!).ShouldContain(static key => key.EndsWith(".tokenBudget", StringComparison.Ordinal));
    }

    [Fact]
    public void Pools_are_explained_one_by_one()
    {
        const string Question = "explain serve --model llama-3.1-8b --system dgx-h100 --chips 4 --disaggregate prefill=2,decode=2 --rate 4 --requests 40";
        JsonElement json = Command.RunLine(Question + " --json").Json();
        json.GetProperty("promptIteration").GetProperty("timeS").ValueKind.ShouldBe(JsonValueKind.Null);
        json.GetProperty("decodeIteration").GetProperty("timeS").GetDouble().ShouldBeGreaterThan(0);
        json.GetProperty("prefill").GetProperty("promptIteration").GetProperty("partsS").GetProperty("decodeProducts").GetDouble().ShouldBe(0);
        json.GetProperty("prefill").GetProperty("promptIteration").GetProperty("timeS").GetDouble().ShouldBeGreaterThan(0);
        string text = Command.RunLine(Question).Output;
        text.ShouldContain("Where the figures came from: prefill of llama-3.1-8b");
        text.ShouldContain("Where the figures came from: decode of llama-3.1-8b");
    }

    [Fact]
    public void Mistakes_are_those_of_serve()
    {
        Command.RunLine("explain serv --model llama-3.1-8b").Error.ShouldContain("did you mean 'serve'?");
        Command.RunLine("explain serve --model llama-3.1-8b --system dgx-h100 --chips 1").Error.ShouldContain("ORR6016");
        Command.RunLine("explain serve --model llama-3.1-405b --system dgx-h100 --chips 1 --rate 1").Code.ShouldBe(ExitCode.AnswerIsNo);
    }
}
