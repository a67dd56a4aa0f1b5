using System.Text.Json;
using Shouldly;
using Xunit;

namespace Orrery.Cli.Tests;

/// <summary>The verb from end to end.</summary>
public sealed class ServeVerbTests
{
    private const string Small = "serve --model llama-3.1-8b --system dgx-h100 --chips 1 --rate 5 --requests 300 --input-tokens 512 --output-tokens 128";

    [Fact]
    public void The_contract_of_the_json_is_kept()
    {
        Command command = Command.RunLine(Small + " --slo ttft=10s,tpot=1s --json");
        command.Code.ShouldBe(ExitCode.Done, command.Error);
        JsonElement json = command.Json();
        json.GetProperty("schema").GetString().ShouldBe("orrery.serve/1");
        foreach (string name in (string[])["ttftS", "tpotS", "e2eS"])
        {
            JsonElement measure = json.GetProperty(name);
            foreach (string key in (string[])["mean", "p50", "p90", "p99", "low", "high"])
                measure.GetProperty(key).GetDouble().ShouldBeGreaterThan(0);
        }

        foreach (string key in (string[])["requestsPerS", "inputTokensPerS", "outputTokensPerS", "sloAttainment", "utilization", "kvCacheBytes", "simulatedRequests"])
            json.GetProperty(key).GetDouble().ShouldBeGreaterThan(0);
        json.GetProperty("preemptions").GetDouble().ShouldBe(0);
        json.GetProperty("energy").GetProperty("jPerOutputToken").GetDouble().ShouldBeGreaterThan(0);
        JsonElement cost = json.GetProperty("cost");
        (cost.GetProperty("usdPerHour").GetDouble() / 3600 / json.GetProperty("outputTokensPerS").GetDouble() * 1e6)
            .ShouldBe(cost.GetProperty("usdPerMillionOutputTokens").GetDouble(), 1e-6);
        json.GetProperty("engineTimeS").EnumerateObject().Sum(static part => part.Value.GetDouble()).ShouldBe(json.GetProperty("durationS").GetDouble(), 1e-3);
    }

    [Fact]
    public void The_same_question_gives_the_same_bytes_on_any_thread()
    {
        string first = Command.RunLine(Small + " --json").Output;
        string[] others = new string[4];
        Parallel.For(0, others.Length, index => others[index] = Command.RunLine(Small + " --json").Output);
        others.ShouldAllBe(other => other == first);
        Command.RunLine(Small + " --seed 1 --json").Output.ShouldNotBe(first);
    }

    [Fact]
    public void A_missed_level_is_no_and_names_its_limit()
    {
        Command command = Command.RunLine(Small + " --slo tpot=1us");
        command.Code.ShouldBe(ExitCode.AnswerIsNo);
        command.Error.ShouldContain("ORR6013");
        command.Error.ShouldContain("no load keeps it");
        command.Output.ShouldContain("MISSED");
    }

    [Fact]
    public void A_model_that_does_not_fit_is_no()
    {
        Command command = Command.RunLine("serve --model llama-3.1-405b --system dgx-h100 --chips 1 --rate 1 --json");
        command.Code.ShouldBe(ExitCode.AnswerIsNo);
        command.Json().GetProperty("ttftS").GetProperty("mean").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Theory]
    [InlineData("--rate 5 --concurrency 3", "ORR6016")]
    [InlineData("", "ORR6016")]
    [InlineData("--rate 5 --slo ttft=soon", "ORR6010")]
    [InlineData("--rate 5 --stack vlm", "ORR6015")]
    [InlineData("--rate 5 --shortest 3", "ORR0004")]
    [InlineData("--rate 5 --input-tokens 1M", "ORR0004")]
    [InlineData("--rate 5 --input-tokens 1000000", "ORR6006")]
    [InlineData("--trace /nowhere.csv", "ORR6001")]
    [InlineData("--rate 5 --batching sideways", "ORR0004")]
    public void Wrong_input_is_refused(string flags, string code)
    {
        Command command = Command.RunLine($"serve --model llama-3.1-8b --system dgx-h100 --chips 1 {flags}");
        command.Code.ShouldBe(ExitCode.WrongInput);
        command.Error.ShouldContain(code);
    }

    [Fact]
    public void One_line_a_request_is_written()
    {
        string file = Path.Combine(Path.GetTempPath(), $"orrery-serve-{Environment.ProcessId}.csv");
        try
        {
            Command.RunLine($"{Small} --csv {file}").Code.ShouldBe(ExitCode.Done);
            File.ReadAllLines(file).Length.ShouldBe(301);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
