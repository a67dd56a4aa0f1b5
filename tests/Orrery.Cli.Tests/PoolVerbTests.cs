using System.Text.Json;
using Shouldly;
using Xunit;

namespace Orrery.Cli.Tests;

/// <summary><c>serve --disaggregate</c> from end to end.</summary>
public sealed class PoolVerbTests
{
    private const string Model = "serve --model llama-3.1-8b --input-tokens 1024 --output-tokens 64 --requests 300";
    private const string Two = Model + " --disaggregate prefill=1:dgx-h100,decode=2:trn3-gen2 --rate 4";

    [Fact]
    public void Two_systems_report_each_pool_the_way_between_them_and_the_whole()
    {
        Command command = Command.RunLine(Two + " --price dgx-h100=3 --price trn3-gen2=2 --json");
        command.Code.ShouldBe(ExitCode.Done, command.Error);
        JsonElement json = command.Json();
        JsonElement pools = json.GetProperty("pools");
        JsonElement prefill = pools.GetProperty("prefill");
        JsonElement decode = pools.GetProperty("decode");
        JsonElement transfer = pools.GetProperty("transfer");
        (prefill.GetProperty("system").GetString(), decode.GetProperty("system").GetString()).ShouldBe(("dgx-h100", "trn3-gen2"));
        (prefill.GetProperty("stack").GetString(), decode.GetProperty("stack").GetString()).ShouldBe(("vllm", "nxdi"));
        transfer.GetProperty("scaleUp").GetBoolean().ShouldBeFalse();
        transfer.GetProperty("transfers").GetInt32().ShouldBe(300);
        // 32 layers x 8 heads x 128 numbers x keys and values x 2 bytes, 1,024 tokens.
        transfer.GetProperty("movedBytes").GetDouble().ShouldBe(300.0 * 1024 * 32 * 8 * 128 * 2 * 2, 1);
        json.GetProperty("inputs").GetProperty("chips").GetInt32().ShouldBe(3);
        json.GetProperty("cost").GetProperty("usdPerHour").GetDouble().ShouldBe(3 + 4, 1e-9);
        json.GetProperty("energy").GetProperty("totalJ").GetDouble().ShouldBe(prefill.GetProperty("energyJ").GetDouble() + decode.GetProperty("energyJ").GetDouble(), 1e-3);
        json.GetProperty("kvCacheBytes").GetDouble().ShouldBe(prefill.GetProperty("kvCacheBytes").GetDouble() + decode.GetProperty("kvCacheBytes").GetDouble(), 1);
        double busy = json.GetProperty("engineTimeS").EnumerateObject().Where(static part => part.Name != "idle").Sum(static part => part.Value.GetDouble());
        double engines = (prefill.GetProperty("replicas").GetInt32() + decode.GetProperty("replicas").GetInt32()) * json.GetProperty("durationS").GetDouble();
        json.GetProperty("utilization").GetDouble().ShouldBe(busy / engines, 1e-6);
        Command.RunLine(Two + " --price dgx-h100=3 --price trn3-gen2=2 --json").Output.ShouldBe(command.Output);
    }

    [Fact]
    public void One_domain_of_two_vendors_is_said_to_be_assumed()
    {
        Command command = Command.RunLine(Model + " --disaggregate prefill=4:vr-nvl72,decode=4:trn4-nvl72 --rate 4 --json");
        command.Code.ShouldBe(ExitCode.Done, command.Error);
        JsonElement transfer = command.Json().GetProperty("pools").GetProperty("transfer");
        (transfer.GetProperty("domain").GetString(), transfer.GetProperty("domainMark").GetString()).ShouldBe(("nvlink-6", "assumed"));
        transfer.GetProperty("scaleUp").GetBoolean().ShouldBeTrue();
        command.Error.Length.ShouldBe(0);
        command.Output.ShouldContain("ORR6051");
    }

    [Fact]
    public void Flags_of_a_pool_are_its_own_and_those_of_the_whole_are_both()
    {
        JsonElement pools = Command.RunLine(Model + " --system dgx-h100 --disaggregate prefill=4,decode=4 --rate 4 --tp 2 --decode-tp 4 --precision nvfp4 --kv-transfer layers --first-token prefill --json").Json().GetProperty("pools");
        (pools.GetProperty("prefill").GetProperty("tp").GetInt32(), pools.GetProperty("decode").GetProperty("tp").GetInt32()).ShouldBe((2, 4));
        (pools.GetProperty("prefill").GetProperty("replicas").GetInt32(), pools.GetProperty("decode").GetProperty("replicas").GetInt32()).ShouldBe((2, 1));
        pools.GetProperty("prefill").GetProperty("precision").GetString().ShouldBe("fp8");
        (pools.GetProperty("transfer").GetProperty("moment").GetString(), pools.GetProperty("transfer").GetProperty("firstToken").GetString()).ShouldBe(("layers", "prefill"));
    }

    [Fact]
    public void A_slower_way_between_the_pools_delays_first_tokens()
    {
        double fast = Command.RunLine(Two + " --json").Json().GetProperty("ttftS").GetProperty("mean").GetDouble();
        double slow = Command.RunLine(Two + " --kv-port-rate 5Gbps --json").Json().GetProperty("ttftS").GetProperty("mean").GetDouble();
        // 134 MB at 0.625 GB/s.
        slow.ShouldBeGreaterThan(fast + 0.15);
    }

    [Fact]
    public void The_best_split_beats_those_it_was_compared_with_and_undivided_chips_are_among_them()
    {
        Command command = Command.RunLine("serve --model llama-3.1-8b --system trn3-gen2 --chips 4 --disaggregate best --input-tokens 2048 --output-tokens 32 --requests 1500 --slo ttft=1s,tpot=50ms --json");
        command.Code.ShouldBe(ExitCode.Done, command.Error);
        JsonElement json = command.Json();
        JsonElement[] splits = [.. json.GetProperty("splits").EnumerateArray()];
        splits.ShouldContain(static one => one.GetProperty("prefillChips").GetInt32() == 0);
        splits.ShouldContain(static one => one.GetProperty("prefillChips").GetInt32() > 0);
        double[] rates = [.. splits.Select(static one => one.GetProperty("maxRequestsPerS").GetDouble())];
        rates.ShouldBeInOrder(SortDirection.Descending);
        json.GetProperty("maxRate").GetProperty("requestsPerS").GetDouble().ShouldBe(rates[0], rates[0] * 0.05);
    }

    [Theory]
    [InlineData("--disaggregate prefil=1,decode=1", "did you mean 'prefill'?")]
    [InlineData("--disaggregate prefill=1", "decode is missing")]
    [InlineData("--disaggregate prefill=1,prefill=2", "given twice")]
    [InlineData("--disaggregate prefill=none,decode=1", "whole number from 1")]
    [InlineData("--disaggregate prefill=0,decode=1", "whole number from 1")]
    [InlineData("--disaggregate prefill=1:,decode=1", "names no system after ':'")]
    [InlineData("--disaggregate prefill=1:dgx-h10,decode=1", "dgx-h10")]
    [InlineData("--disaggregate prefill=1,decode=1 --chips 4", "1 + 1 = 2")]
    [InlineData("--disaggregate prefill=1,decode=1 --replicas 2", "as many replicas as it has ranks for")]
    [InlineData("--disaggregate prefill=1,decode=1 --plan best", "--prefill-tp and --decode-tp")]
    [InlineData("--disaggregate prefill=1,decode=1 --kv-port-rate fast", "--kv-port-rate")]
    [InlineData("--disaggregate prefill=1,decode=1 --decode-stack nxdi", "does not run on")]
    [InlineData("--disaggregate prefill=1,decode=1 --price trn3-gen2=3", "names 'trn3-gen2'")]
    [InlineData("--disaggregate best", "--system and --chips are needed")]
    [InlineData("--disaggregate best --chips 8 --concurrency 4", "leave --concurrency out")]
    [InlineData("--chips 8 --decode-tp 2", "only with --disaggregate")]
    public void Mistakes_in_pools_are_diagnostics(string flags, string expected)
    {
        Command command = Command.RunLine($"serve --model llama-3.1-8b --system dgx-h100 {flags} {(flags.Contains("--concurrency", StringComparison.Ordinal) || flags.Contains("best", StringComparison.Ordinal) ? "" : "--rate 1")}");
        command.Code.ShouldBe(ExitCode.WrongInput, command.Error);
        command.Error.ShouldContain(expected);
    }

    [Fact]
    public void A_pool_without_a_system_needs_that_of_the_whole()
    {
        Command command = Command.RunLine("serve --model llama-3.1-8b --disaggregate prefill=1:dgx-h100,decode=1 --rate 1");
        command.Code.ShouldBe(ExitCode.WrongInput);
        command.Error.ShouldContain("decode names no system");
    }

    [Fact]
    public void A_pool_that_cannot_hold_the_model_says_which_one()
    {
        Command command = Command.RunLine("serve --model llama-3.1-70b --system dgx-h100 --disaggregate prefill=7,decode=1 --rate 1");
        command.Code.ShouldBe(ExitCode.AnswerIsNo);
        command.Error.ShouldContain("--disaggregate decode");
    }
}
