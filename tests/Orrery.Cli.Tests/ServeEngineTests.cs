using System.Text.Json;
using Shouldly;
using Xunit;

namespace Orrery.Cli.Tests;

/// <summary>What people say of an engine's proposed tokens, the hosts' memory and classes of requests, from end to end.</summary>
public sealed class ServeEngineTests
{
    private const string Small = "serve --model llama-3.1-8b --system dgx-h100 --chips 1 --rate 60 --requests 400 --input-tokens 512 --output-tokens 512";

    [Fact]
    public void Options_are_in_the_inputs_and_what_came_of_them_in_the_figures()
    {
        Command command = Command.RunLine(Small + " --speculate draft=llama-3.2-1b,tokens=4,acceptance=0.8 --preemption swap --host-cache 100GB --priorities 0.25:0,0.75:2 --ageing 5s --json");
        command.Code.ShouldBe(ExitCode.Done, command.Error);
        JsonElement json = command.Json();
        JsonElement inputs = json.GetProperty("inputs");
        inputs.GetProperty("preemption").GetString().ShouldBe("swap");
        inputs.GetProperty("hostCacheBytesPerChip").GetDouble().ShouldBe(100e9);
        inputs.GetProperty("ageingS").GetDouble().ShouldBe(5);
        inputs.GetProperty("classes").GetInt32().ShouldBe(3);
        JsonElement speculation = inputs.GetProperty("speculation");
        (speculation.GetProperty("draft").GetString(), speculation.GetProperty("tokens").GetInt32(), speculation.GetProperty("acceptance").GetDouble()).ShouldBe(("llama-3.2-1b", 4, 0.8));
        json.GetProperty("tokensPerIteration").GetDouble().ShouldBe((1 - Math.Pow(0.8, 5)) / 0.2, 0.1);
        json.GetProperty("swappedBytes").GetDouble().ShouldBeGreaterThanOrEqualTo(0);
        json.GetProperty("classes").EnumerateArray().Select(static one => one.GetProperty("priority").GetInt32()).ShouldBe([0, 2]);
        json.GetProperty("engineTimeS").GetProperty("draft").GetDouble().ShouldBeGreaterThan(0);
        json.GetProperty("engineTimeS").EnumerateObject().Sum(static part => part.Value.GetDouble()).ShouldBe(json.GetProperty("durationS").GetDouble(), 1e-3);
    }

    [Fact]
    public void Nothing_of_it_is_said_where_nothing_was_asked()
    {
        JsonElement json = Command.RunLine(Small + " --json").Json();
        json.GetProperty("inputs").GetProperty("preemption").GetString().ShouldBe("recompute");
        json.GetProperty("inputs").GetProperty("speculation").GetProperty("draft").ValueKind.ShouldBe(JsonValueKind.Null);
        foreach (string key in (string[])["tokensPerIteration", "swappedBytes", "prefixHostHitShare"])
            json.GetProperty(key).ValueKind.ShouldBe(JsonValueKind.Null);
        json.GetProperty("classes").GetArrayLength().ShouldBe(0);
        string text = Command.RunLine(Small).Output;
        text.ShouldNotContain("proposes");
        text.ShouldNotContain("classes");
    }

    [Fact]
    public void A_prompt_is_found_on_the_device_at_the_host_or_in_neither()
    {
        string trace = Repository.PathOf("data", "traces", "mooncake-fast25-conversation.jsonl.gz");
        string job = $"serve --model llama-3.1-8b --system dgx-h100 --chips 4 --tp 4 --max-context 131072 --requests 1500 --trace {trace} --json";
        JsonElement without = Command.RunLine(job).Json();
        JsonElement with = Command.RunLine(job + " --host-cache 200GB").Json();
        double device = with.GetProperty("prefixHitShare").GetDouble();
        double host = with.GetProperty("prefixHostHitShare").GetDouble();
        host.ShouldBeGreaterThan(0);
        (device + host + with.GetProperty("prefixMissShare").GetDouble()).ShouldBe(1, 1e-9);
        (device + host).ShouldBeGreaterThanOrEqualTo(without.GetProperty("prefixHitShare").GetDouble());
    }

    [Fact]
    public void Launch_arguments_say_what_they_leave_out_of_it()
    {
        Command plain = Command.RunLine(Small + " --launch vllm");
        plain.Error.ShouldNotContain("cannot state speculation");
        Command command = Command.RunLine(Small + " --launch vllm --speculate draft=llama-3.2-1b --preemption swap --host-cache 1GB --priorities 0.5:0,0.5:1");
        command.Code.ShouldBe(ExitCode.Done, command.Error);
        foreach (string way in (string[])["speculation", "preemption swap", "host cache", "classes"])
            command.Error.ShouldContain($"cannot state {way}");
    }

    [Theory]
    [InlineData("dgx-h100", true)]
    [InlineData("trn3-gen2", false)]
    public void A_cold_start_of_an_engine_that_says_nothing_of_it_is_told(string system, bool isIdle) =>
        Command.RunLine($"serve --model llama-3.1-8b --system {system} --chips 1 --rate 2 --requests 10 --output-tokens 20 --cold load").Error.Contains("ORR6019", StringComparison.Ordinal).ShouldBe(isIdle);

    [Fact]
    public void Classes_see_the_same_first_tokens_as_all_requests_do()
    {
        JsonElement json = Command.RunLine("serve --model llama-3.1-8b --system dgx-h100 --chips 1 --rate 5 --requests 200 --priorities 0.5:0,0.5:1 --json").Json();
        JsonElement[] classes = [.. json.GetProperty("classes").EnumerateArray()];
        foreach ((string all, string one) in (ReadOnlySpan<(string, string)>)[("ttftS", "ttftMeanS"), ("e2eS", "e2eMeanS")])
        {
            double mean = classes.Sum(part => part.GetProperty(one).GetDouble() * part.GetProperty("requests").GetInt32()) / 200;
            mean.ShouldBe(json.GetProperty(all).GetProperty("mean").GetDouble(), 1e-9);
        }
    }

    [Fact]
    public void A_rate_that_too_few_requests_tell_is_doubted()
    {
        const string Fastest = "serve --model llama-3.1-8b --system dgx-h100 --chips 8 --rate max --slo ttft=1s,tpot=30ms --requests ";
        Command.RunLine(Fastest + "500").Error.ShouldContain("ORR6018");
        Command.RunLine(Fastest + "20000").Error.ShouldNotContain("ORR6018");
    }

    [Theory]
    [InlineData("--replicas 1", true)]
    [InlineData("--replicas 2", false)]
    [InlineData("", false)]
    public void Ranks_that_stand_idle_are_told(string replicas, bool isIdle) =>
        Command.RunLine($"serve --model llama-3.1-8b --system dgx-h100 --chips 4 --tp 2 --rate 2 --requests 10 --output-tokens 20 {replicas}").Error.Contains("ORR6052", StringComparison.Ordinal).ShouldBe(isIdle);

    [Fact]
    public void A_draft_that_does_not_fit_is_named() =>
        Command.RunLine("serve --model llama-3.1-8b --system dgx-h100 --chips 2 --rate 2 --speculate draft=llama-3.1-70b").Error.ShouldContain("llama-3.1-8b and llama-3.1-70b do not fit");

    [Fact]
    public void A_wrong_flag_of_an_image_job_is_all_that_is_said()
    {
        Command command = Command.RunLine("serve --model flux.1-dev --system dgx-h100 --chips 1 --rate 1 --steps 0");
        command.ShouldBeRefused();
        command.Error.ShouldContain("--steps");
        command.Error.ShouldNotContain("ORR0010");
    }

    [Theory]
    [InlineData("--speculate draft=,tokens=3,acceptance=0.5", "draft names no model")]
    [InlineData("--speculate draft=llama-3.2-1b,speed=2", "ORR6020")]
    [InlineData("--priorities 0.5:0", "add up to 0.5")]
    [InlineData("--host-cache lots", "such as '96 GiB'")]
    [InlineData("--ageing -3s", "--ageing")]
    [InlineData("--preemption swop", "did you mean 'swap'?")]
    public void What_cannot_be_read_is_said(string option, string because)
    {
        Command command = Command.RunLine($"{Small} {option}");
        command.ShouldBeRefused();
        command.Error.ShouldContain(because);
    }
}
