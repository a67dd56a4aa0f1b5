using System.Text.Json;
using System.Xml.Linq;
using Shouldly;
using Xunit;

namespace Orrery.Cli.Tests;

public sealed class CollectiveVerbTests
{
    [Fact]
    public void Every_operation_on_every_system_answers_at_or_above_its_bound()
    {
        string[] systems = [.. Command.Run("list", "systems", "--json").Json().GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("name").GetString()!)];
        foreach (string system in systems)
        {
            foreach (string word in new[] { "all-reduce", "all-gather", "reduce-scatter", "all-to-all", "broadcast", "reduce", "gather", "scatter", "barrier", "p2p" })
            {
                JsonElement answer = Command.Run("collective", word, "--system", system, "--chips", "16", "--sizes", "1KiB..256MiB", "--json").Json();
                foreach (JsonElement one in answer.GetProperty("sizes").EnumerateArray())
                {
                    one.GetProperty("timeS").GetDouble().ShouldBeGreaterThanOrEqualTo(one.GetProperty("boundS").GetDouble(), $"{word} on {system}");
                    one.GetProperty("algorithm").GetString().ShouldNotBeNullOrEmpty();
                    one.GetProperty("bottleneck").GetString().ShouldNotBeNullOrEmpty();
                }
            }
        }
    }

    [Fact]
    public void The_size_is_what_each_rank_hands_in()
    {
        // 8 ranks of 1 MiB gather 8 MiB, 7/8 of which come over each link.
        JsonElement answer = Command.Run("collective", "all-gather", "--size", "1MiB", "--system", "dgx-h100", "--chips", "8", "--json").Json();
        double bus = answer.GetProperty("busBandwidthBytesPerS").GetDouble(), time = answer.GetProperty("timeS").GetDouble();
        bus.ShouldBe(7 * 1048576 / time, 1);
    }

    [Fact]
    public void A_table_doubles_and_its_picture_parses()
    {
        string file = Path.Combine(Path.GetTempPath(), $"orrery-collective-{Environment.ProcessId}.svg");
        try
        {
            Command run = Command.Run("collective", "all-reduce", "--system", "trn3-gen2", "--chips", "144", "--sizes", "1MiB..8MiB", "--svg", file);
            run.Code.ShouldBe(ExitCode.Done, run.Error);
            run.Output.Split('\n').Count(line => line.Contains(" MiB ", StringComparison.Ordinal)).ShouldBe(4);
            XDocument.Load(file).Root!.Name.LocalName.ShouldBe("svg");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("--fail server0", "/rack out")]
    [InlineData("--fail chip0-chip72", "ultraserver")]
    [InlineData("--slow chip3/cluster=0.5", "")]
    public void A_fault_is_answered_beside_the_healthy_time(string fault, string way)
    {
        JsonElement answer = Command.RunLine($"collective all-reduce --system trn3-gen2 --chips 288 --size 1GiB --network flow {fault} --json").Json();
        answer.GetProperty("timeS").GetDouble().ShouldBeGreaterThanOrEqualTo(answer.GetProperty("healthyTimeS").GetDouble() * 0.999);
        answer.GetProperty("detour").GetString()!.ShouldContain(way);
    }

    [Fact]
    public void Collectives_at_once_are_answered_beside_one_another()
    {
        string jobs = Path.Combine(Repository.Root, "examples", "step-traffic.yaml");
        JsonElement answer = Command.Run("collective", "all-reduce", "--system", "dgx-h100", "--chips", "128", "--network", "flow", "--with", jobs, "--json").Json();
        JsonElement[] together = [.. answer.GetProperty("together").EnumerateArray()];
        together.Select(static one => one.GetProperty("name").GetString()).ShouldBe(["all-reduce", "experts", "weights"]);
        foreach (JsonElement one in together)
            one.GetProperty("togetherS").GetDouble().ShouldBeGreaterThan(one.GetProperty("aloneS").GetDouble());
    }

    [Fact]
    public void Flows_keep_the_bound_on_every_system()
    {
        foreach (JsonElement entry in Command.Run("list", "systems", "--json").Json().GetProperty("entries").EnumerateArray())
        {
            foreach (string word in new[] { "all-reduce", "all-gather", "reduce-scatter", "all-to-all", "gather", "scatter", "p2p" })
            {
                Command run = Command.Run("collective", word, "--system", entry.GetProperty("name").GetString()!, "--chips", "16", "--sizes", "1KiB..256MiB", "--network", "flow", "--json");
                run.Code.ShouldBe(ExitCode.Done, run.Error);
            }
        }
    }

    [Theory]
    [InlineData("all-reduce --system dgx-h100 --chips 8 --fail server0")]
    [InlineData("all-reduce --system dgx-h100 --chips 8 --network flow --fail sever0")]
    [InlineData("all-reduce --system dgx-h100 --chips 8 --network flow --slow server0=2")]
    [InlineData("all-to-all --system tpu-v5p-pod --chips 4096 --network flow")]
    [InlineData("all-reduce --system dgx-h100 --chips 8 --size 3")]
    [InlineData("all-reduce --system dgx-h100 --chips 8 --sizes 1GiB..1MiB")]
    [InlineData("all-reduce --system dgx-h100 --chips 8 --sizes 1GiB --size 1MiB")]
    [InlineData("all-reduce --system dgx-h101 --chips 8")]
    [InlineData("all-redoce --system dgx-h100 --chips 8")]
    [InlineData("all-reduce --system trn3-gen2 --chips 1000004")]
    [InlineData("all-reduce --system dgx-h100 --chips 8 --algorithm rings")]
    [InlineData("all-reduce --system dgx-h100 --chips 8 --library vlm")]
    [InlineData("all-reduce --system dgx-h100 --chips 8 --with nowhere.yaml")]
    [InlineData("all-reduce --system dgx-h100 --chips 8 --network flow --with nowhere.yaml")]
    [InlineData("all-reduce --system dgx-h100 --chips 8 --network flow --background server=1")]
    [InlineData("all-reduce --system dgx-h100 --chips 16 --placement 9x9")]
    [InlineData("all-reduce --system dgx-h100 --chips 16 --group 3")]
    [InlineData("all-reduce --system dgx-h100 --chips 16 --stride 2")]
    [InlineData("all-reduce --system dgx-h100 --chips 16 --matrix nowhere.csv")]
    [InlineData("all-to-all --system dgx-h100 --chips 16 --matrix nowhere.csv")]
    public void Wrong_input_is_refused(string line) => Command.RunLine("collective " + line).ShouldBeRefused();
}
