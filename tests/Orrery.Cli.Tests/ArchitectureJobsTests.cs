using System.Text.Json;
using Shouldly;
using Xunit;

namespace Orrery.Cli.Tests;

/// <summary>Every kind of architecture from the command line to a report that holds together, on GPUs, TPUs and Trainium.</summary>
public sealed class ArchitectureJobsTests
{
    public static TheoryData<string, string, int, string> Jobs() => new()
    {
        { "deepseek-v3", "trn3-gen2", 2304, "--seq 4096 --global-batch 9216" },
        { "deepseek-v3", "tpu-v7-8x16x16", 2048, "--seq 4096 --precision fp8" },
        { "kimi-k2", "gb200-nvl72", 2304, "--precision mxfp8 --global-batch 2304" },
        { "gpt-oss-120b", "dgx-h100", 512, "--precision fp8" },
        { "llama-4-maverick", "trn2-ultraserver", 2048, "" },
        { "gemma-3-27b", "tpu-v6e-16x16", 256, "" },
        { "musicgen-large", "trn1.32xlarge", 512, "" },
        { "whisper-large-v3", "mi300x-8", 64, "--encoder-seq 1500" },
        { "wan2.1-t2v-14b", "trn3-gen2", 144, "--image-size 480x832 --frames 81 --global-batch 576" },
        { "flux.1-dev", "tpu-v5p-4x4x8", 128, "--image-size 512x768" },
        { "hunyuan-video", "dgx-b200", 64, "--image-size 320x512 --frames 61" },
        { "dit-xl-2", "dgx-a100", 64, "--image-size 256x256" },
    };

    [Theory]
    [MemberData(nameof(Jobs))]
    public void A_job_is_answered_and_its_figures_agree_with_each_other(string model, string system, int chips, string more)
    {
        Command command = Command.Run(
            ["train", "--model", model, "--system", system, "--chips", $"{chips}", "--json", .. more.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        command.Code.ShouldBe(ExitCode.Done, command.Error);
        JsonElement json = command.Json();
        double step = json.GetProperty("stepTimeS").GetDouble();
        json.GetProperty("breakdownS").EnumerateObject().Sum(static part => part.Value.GetDouble()).ShouldBe(step, 1e-9 * step);
        json.GetProperty("breakdownS").EnumerateObject().ShouldAllBe(part => part.Value.GetDouble() >= -1e-9 * step);
        json.GetProperty("mfu").GetDouble().ShouldBeInRange(0.02, 0.85);
        json.GetProperty("hfu").GetDouble().ShouldBeGreaterThanOrEqualTo(json.GetProperty("mfu").GetDouble());
        double batch = json.GetProperty("plan").GetProperty("globalBatch").GetDouble();
        json.GetProperty("sequencesPerS").GetDouble().ShouldBe(batch / step, 1e-9 * batch / step);
        JsonElement memory = json.GetProperty("memory");
        memory.GetProperty("fits").GetBoolean().ShouldBeTrue();
        memory.EnumerateObject().Where(static part => part.Value.ValueKind == JsonValueKind.Number && part.Name is not ("totalBytes" or "capacityBytes"))
            .Sum(static part => part.Value.GetDouble()).ShouldBe(memory.GetProperty("totalBytes").GetDouble(), 1);
    }

    [Fact]
    public void Images_must_fit_the_sequence_that_is_taken()
    {
        string folder = Directory.CreateTempSubdirectory("orrery-images-").FullName;
        try
        {
            string file = Path.Combine(folder, "config.json");
            File.WriteAllText(
                file,
                """
                {"model_type":"gemma3","mm_tokens_per_image":256,
                 "text_config":{"model_type":"gemma3_text","hidden_size":2560,"intermediate_size":10240,"num_hidden_layers":34,"sliding_window":1024},
                 "vision_config":{"hidden_size":1152,"image_size":896,"intermediate_size":4304,"num_attention_heads":16,"num_hidden_layers":27,"patch_size":14}}
                """);
            Command fits = Command.Run("train", "--model", file, "--system", "dgx-h100", "--chips", "64", "--images", "32", "--json");
            fits.Code.ShouldBe(ExitCode.Done, fits.Error);
            fits.Json().GetProperty("inputs").GetProperty("images").GetInt32().ShouldBe(32);
            Command tooMany = Command.Run("train", "--model", file, "--system", "dgx-h100", "--chips", "64", "--images", "33");
            tooMany.Code.ShouldBe(ExitCode.WrongInput);
            tooMany.Error.ShouldContain("33 images of 256 tokens do not fit a sequence of 8192");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_prediction_module_costs_a_layer_and_a_vocabulary_projection()
    {
        static JsonElement Run(string modules) => Command.Run(
            "train", "--model", "deepseek-v3", "--system", "gb200-nvl72", "--chips", "1152", "--seq", "4096", "--tp", "1", "--pp", "9", "--vpp", "1", "--cp", "1", "--ep", "8",
            "--micro-batch", "1", "--recompute", "none", "--pipeline-split", "auto", "--prediction-modules", modules, "--json").Json();
        static double Compute(JsonElement json) => json.GetProperty("breakdownS").GetProperty("compute").GetDouble();
        JsonElement with = Run("1");
        JsonElement without = Run("0");
        with.GetProperty("inputs").GetProperty("predictionModules").GetInt32().ShouldBe(1);
        without.GetProperty("inputs").GetProperty("predictionModules").GetInt32().ShouldBe(0);
        Compute(with).ShouldBeInRange(1.02 * Compute(without), 1.08 * Compute(without));
    }
}
