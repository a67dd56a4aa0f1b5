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

    public static TheoryData<string, string> Engines() => new()
    {
        { "vllm", "serve --model llama-3.1-8b --system dgx-h100 --chips 4 --tp 2 --router least-loaded" },
        { "vllm", "serve --model mixtral-8x7b --system dgx-h100 --chips 8 --tp 2 --dp 2 --ep 4 --kv-precision fp8" },
        { "nxdi", "serve --model llama-3.1-8b --system trn2.48xlarge --chips 2 --lnc 1 --tp 8 --max-batch 32 --max-context 8192" },
        { "trtllm", "serve --model llama-3.1-8b --system dgx-h100 --chips 4 --tp 2 --precision fp8 --max-batch 100" },
        { "sglang", "serve --model llama-3.1-8b --system dgx-h100 --chips 4 --tp 1 --dp 2 --prefix-cache off" },
    };

    [Theory]
    [MemberData(nameof(Engines))]
    public void A_serving_plan_that_went_out_comes_back_with_the_same_answer(string engine, string question)
    {
        const string Load = "--rate 3 --requests 40 --input-tokens 300 --output-tokens 60";
        Command sent = Command.RunLine($"{question} {Load} --json --launch {engine}");
        JsonElement json = sent.Json();
        JsonElement launch = json.GetProperty("launch");
        launch.GetProperty("framework").GetString().ShouldBe(engine);
        launch.GetProperty("notExpressed").GetArrayLength().ShouldBe(0, launch.ToString());
        string[] head = question.Split(' ')[..5];
        Command received = Command.Run([.. head, "--chips", json.GetProperty("inputs").GetProperty("chips").ToString(), .. Load.Split(' '), "--from-launch", launch.GetProperty("text").GetString()!, "--json"]);
        received.Code.ShouldBe(ExitCode.Done, received.Output);
        JsonElement back = received.Json();
        back.GetProperty("plan").ToString().ShouldBe(json.GetProperty("plan").ToString());
        foreach (string key in (string[])["stack", "maxBatch", "chunk", "batching", "router"])
            back.GetProperty("inputs").GetProperty(key).ToString().ShouldBe(json.GetProperty("inputs").GetProperty(key).ToString(), key);
        foreach (string key in (string[])["ttftS", "tpotS", "e2eS"])
            back.GetProperty(key).ToString().ShouldBe(json.GetProperty(key).ToString(), key);
        back.GetProperty("kvCacheBytes").GetDouble().ShouldBe(json.GetProperty("kvCacheBytes").GetDouble(), 1e-3 * json.GetProperty("kvCacheBytes").GetDouble());
    }

    [Fact]
    public void Engine_arguments_tell_the_chips_and_flags_of_ours_take_their_place()
    {
        const string Question = "serve --model llama-3.1-8b --system dgx-h100 --rate 3 --requests 20";
        Command whole = Command.Run([.. Question.Split(' '), "--json", "--from-launch", "vllm serve MODEL -tp 2 --data-parallel-size 2 --gpu-memory-utilization 0.5 --port 80"]);
        whole.Json().GetProperty("inputs").GetProperty("chips").GetInt32().ShouldBe(4);
        whole.Json().GetProperty("plan").GetProperty("replicas").GetInt32().ShouldBe(2);
        whole.Output.ShouldContain("ORR6105");
        double half = whole.Json().GetProperty("memory").GetProperty("capacityBytes").GetDouble();
        Command moved = Command.Run([.. Question.Split(' '), "--json", "--tp", "1", "--chips", "4", "--from-launch", "vllm serve MODEL -tp 2"]);
        moved.Json().GetProperty("plan").GetProperty("replicas").GetInt32().ShouldBe(4);
        moved.Json().GetProperty("memory").GetProperty("capacityBytes").GetDouble().ShouldBe(half / 0.5 * 0.92, 1);
        moved.Output.ShouldContain("ORR6110");
        Command slip = Command.Run([.. Question.Split(' '), "--from-launch", "vllm serve MODEL --tensor-parallel-sise 2"]);
        slip.ShouldBeRefused();
        slip.Error.ShouldContain("did you mean '--tensor-parallel-size'?");
        Command.Run([.. Question.Split(' '), "--chips", "4", "--from-launch", "trtllm-serve MODEL --tp_size 3"]).ShouldBeRefused();
        Command.RunLine($"{Question} --chips 4 --launch vlm").Error.ShouldContain("did you mean 'vllm'?");
        Command.RunLine(Question).ShouldBeRefused();
    }

    [Fact]
    public void Each_pool_has_a_command_and_what_joins_them_is_named()
    {
        Command command = Command.RunLine("serve --model llama-3.1-8b --system dgx-h100 --chips 4 --disaggregate prefill=2,decode=2 --prefill-tp 2 --decode-tp 1 --rate 3 --requests 20 --launch vllm --json");
        JsonElement launch = command.Json().GetProperty("launch");
        launch.GetProperty("arguments").GetProperty("prefill.tensor-parallel-size").GetString().ShouldBe("2");
        launch.GetProperty("arguments").GetProperty("decode.tensor-parallel-size").GetString().ShouldBe("1");
        launch.GetProperty("arguments").GetProperty("decode.data-parallel-size").GetString().ShouldBe("2");
        string text = launch.GetProperty("text").GetString()!;
        text.Split("vllm serve ").Length.ShouldBe(3);
        text.ShouldContain("# not expressed: the way between the pools");
        text.ShouldNotContain("ranks idle");
    }

    [Fact]
    public void What_an_engine_cannot_be_told_is_a_comment_and_a_warning()
    {
        Command command = Command.RunLine("serve --model llama-3.1-8b --system dgx-h100 --chips 2 --tp 1 --rate 3 --requests 20 --batching decode-first --launch vllm");
        command.Output.ShouldContain("# not expressed: batching decode-first");
        command.Error.ShouldContain("warning ORR6106: cannot state batching decode-first");
        command.Output.ShouldStartWith("# llama-3.1-8b on dgx-h100, 2 chips");
        Command other = Command.RunLine("serve --model llama-3.1-8b --system dgx-h100 --chips 2 --rate 3 --requests 20 --stack sglang --launch vllm");
        other.Output.ShouldContain("PREDICTED FOR SGLang");
    }

    [Fact]
    public void Help_names_every_framework()
    {
        string serving = Command.Run("serve", "--help").Output.ReplaceLineEndings(" ");
        foreach (EngineFramework framework in EngineFramework.All)
            serving.ShouldContain(framework.Name);

        string help = Command.Run("train", "--help").Output.ReplaceLineEndings(" ");
        foreach (LaunchFramework framework in LaunchFramework.All)
            help.ShouldContain(framework.Name);
    }
}
