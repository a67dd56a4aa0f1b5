using System.Text.Json;
using Orrery.Interchange.Launch;
using Shouldly;
using Xunit;

namespace Orrery.Cli.Tests;

/// <summary>Plans out and in as launch arguments, from end to end.</summary>
public sealed class LaunchTests
{
    private const string Job = "train --model mixtral-8x7b --system dgx-h100";

    public static TheoryData<string> Frameworks() => [.. LaunchFramework.All.Select(static one => one.Name)];

    [Theory]
    [MemberData(nameof(Frameworks))]
    public void A_plan_that_went_out_comes_back_with_the_same_step(string framework)
    {
        Command sent = Command.RunLine($"{Job} --chips 64 --global-batch 256 --seq 4096 --tp 4 --etp 4 --pp 1 --ep 8 --zero 3 --recompute full --json --launch {framework}");
        JsonElement json = sent.Json();
        json.GetProperty("launch").GetProperty("framework").GetString().ShouldBe(framework);
        string text = json.GetProperty("launch").GetProperty("text").GetString()!;
        bool isWhole = json.GetProperty("launch").GetProperty("notExpressed").GetArrayLength() == 0;
        Command received = Command.Run([.. Job.Split(' '), "--from-launch", text, "--json"]);
        received.Code.ShouldBe(sent.Code, received.Output);
        JsonElement back = received.Json();
        (JsonElement plan, JsonElement wanted) = (back.GetProperty("plan"), json.GetProperty("plan"));
        foreach (string entry in (string[])["tp", "pp", "dp", "cp", "ep", "microBatch", "globalBatch", "seq", "recompute", "precision"])
            plan.GetProperty(entry).ToString().ShouldBe(wanted.GetProperty(entry).ToString(), entry);
        if (isWhole)
            back.GetProperty("stepTimeS").GetDouble().ShouldBe(json.GetProperty("stepTimeS").GetDouble());
        isWhole.ShouldBe(framework != "nxd");
    }

    [Fact]
    public void Only_the_arguments_are_printed_and_what_they_cannot_say_is_warned_of()
    {
        Command command = Command.RunLine("train --model llama-3.1-8b --system trn2.48xlarge --chips 64 --tp 4 --zero 3 --launch nxd");
        string[] lines = command.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines[0].ShouldStartWith("# llama-3.1-8b on trn2.48xlarge, 64 chips, 256 ranks: ");
        lines[1].ShouldBe("trainer:");
        lines.ShouldContain("  lnc: 2");
        lines.ShouldContain(line => line.StartsWith("# not expressed: zero 3", StringComparison.Ordinal));
        command.Error.ShouldContain("warning ORR6106: cannot state zero 3");
        command.Output.ShouldNotContain("sources");
    }

    [Fact]
    public void A_flag_of_ours_takes_the_place_of_an_argument_and_says_so()
    {
        Command command = Command.Run("train", "--model", "llama-3.1-8b", "--system", "dgx-h100", "--chips", "64", "--tp", "4", "--from-launch", "--tensor-model-parallel-size 8 --bf16", "--json");
        command.Json().GetProperty("plan").GetProperty("tp").GetInt32().ShouldBe(4);
        command.Output.ShouldContain("ORR6110");
    }

    [Fact]
    public void Chips_take_the_place_of_the_launcher_s_ranks_and_degrees_that_span_others_are_refused()
    {
        Command more = Command.Run([.. Job.Split(' '), "--chips", "64", "--from-launch", "torchrun --nnodes 4 --nproc-per-node 8 --tensor-model-parallel-size 8 --bf16", "--json"]);
        more.Json().GetProperty("plan").GetProperty("dp").GetInt32().ShouldBe(8);
        more.Output.ShouldContain("the 64 of --chips take their place");
        Command.Run([.. Job.Split(' '), "--chips", "64", "--from-launch", "ici_tensor_parallelism=8 ici_fsdp_parallelism=4 dcn_data_parallelism=1 per_device_batch_size=1"]).ShouldBeRefused();
        Command none = Command.Run([.. Job.Split(' '), "--from-launch", "--tensor-model-parallel-size 8"]);
        none.ShouldBeRefused();
        none.Error.ShouldContain("--chips: error ORR0007");
        Command.RunLine($"{Job} --chips 64 --launch megatrn").Error.ShouldContain("did you mean 'megatron'?");
    }

    [Fact]
    public void Help_names_every_framework()
    {
        string help = Command.Run("train", "--help").Output.ReplaceLineEndings(" ");
        foreach (LaunchFramework framework in LaunchFramework.All)
            help.ShouldContain(framework.Name);
    }
}
