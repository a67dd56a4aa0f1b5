using System.Text.Json;
using Shouldly;
using Xunit;

namespace Orrery.Cli.Tests;

/// <summary>The verb from end to end, on the catalogue's own data.</summary>
public sealed class TrainVerbTests
{
    private const string Small = "train --model llama-3.1-8b --system dgx-h100 --chips 64";

    /// <summary>Jobs that people size: each must be answered, and the answer must hold together.</summary>
    public static TheoryData<string, string, int> Jobs() => new()
    {
        { "llama-3.1-405b", "trn3-gen2", 2304 },
        { "llama-3.1-405b", "trn2-ultraserver", 2048 },
        { "llama-3.1-405b", "dgx-h100", 8192 },
        { "llama-3.1-405b", "gb200-nvl72", 1152 },
        { "mixtral-8x22b", "trn3-gen2", 1152 },
        { "mixtral-8x22b", "trn2-ultraserver", 1024 },
        { "mixtral-8x22b", "dgx-h100", 1024 },
        { "mixtral-8x22b", "gb200-nvl72", 1152 },
    };

    [Fact]
    public void A_job_that_does_not_fit_is_offered_only_what_the_search_has_not_tried()
    {
        Command open = Command.Run("train", "--model", "mixtral-8x7b", "--system", "dgx-h100", "--chips", "8");
        open.Error.ShouldContain("data/models/mixtral-8x7b/config.json:1:1: note");
        open.Error.ShouldContain("layouts); more chips would help");
        Command given = Command.Run("train", "--model", "mixtral-8x7b", "--system", "dgx-h100", "--chips", "8", "--recompute", "none", "--tp", "4", "--micro-batch", "2");
        given.Error.ShouldContain("more chips, recompute full or micro-batch 1 would help");
    }

    [Theory]
    [MemberData(nameof(Jobs))]
    public void A_job_is_answered_and_its_figures_agree_with_each_other(string model, string system, int chips)
    {
        Command command = Command.Run("train", "--model", model, "--system", system, "--chips", $"{chips}", "--tokens", "1T", "--json");
        command.Code.ShouldBe(ExitCode.Done, command.Error);
        JsonElement json = command.Json();
        double step = Number(json, "stepTimeS");
        json.GetProperty("breakdownS").EnumerateObject().Sum(part => part.Value.GetDouble()).ShouldBe(step, 1e-9 * step);
        json.GetProperty("breakdownS").EnumerateObject().ShouldAllBe(part => part.Value.GetDouble() >= -1e-9 * step);
        Number(json, "stepTimeLowS").ShouldBeLessThan(step);
        Number(json, "stepTimeHighS").ShouldBeGreaterThan(step);
        JsonElement plan = json.GetProperty("plan");
        (Number(plan, "tp") * Number(plan, "pp") * Number(plan, "cp") * Number(plan, "dp")).ShouldBe(Number(json, "ranks"));
        Number(json, "ranks").ShouldBe(chips * Number(json, "ranksPerChip"));
        (Number(plan, "globalBatch") * Number(plan, "seq") / step).ShouldBe(Number(json, "tokensPerS"), 1e-9 * Number(json, "tokensPerS"));
        Number(json, "mfu").ShouldBeInRange(0.1, 0.9);
        Number(json, "hfu").ShouldBeGreaterThanOrEqualTo(Number(json, "mfu"));
        JsonElement memory = json.GetProperty("memory");
        memory.GetProperty("fits").GetBoolean().ShouldBeTrue();
        (Number(memory, "weightsBytes") + Number(memory, "gradientsBytes") + Number(memory, "optimizerBytes") + Number(memory, "activationsBytes")
            + Number(memory, "workspaceBytes")).ShouldBe(Number(memory, "totalBytes"), 1);
        JsonElement energy = json.GetProperty("energy");
        Number(energy, "facilityW").ShouldBe(Number(energy, "stepJ") / step, 1e-6 * Number(energy, "facilityW"));
        Number(energy, "facilityW").ShouldBeGreaterThan(chips * Number(energy, "chipW"));
        JsonElement run = json.GetProperty("run");
        Number(run, "timeS").ShouldBe(1e12 / Number(json, "tokensPerS"), 1e-6 * Number(run, "timeS"));
    }

    [Fact]
    public void The_same_question_gives_the_same_bytes_on_any_thread()
    {
        string first = Command.RunLine(Small + " --json").Output;
        string[] others = new string[8];
        Parallel.For(0, others.Length, index => others[index] = Command.RunLine(Small + " --json").Output);
        others.ShouldAllBe(other => other == first);
    }

    [Fact]
    public void A_price_on_the_command_line_replaces_the_catalogue_s()
    {
        JsonElement cost = Command.RunLine(Small + " --price dgx-h100=2.5 --json").Json().GetProperty("cost");
        Number(cost, "usdPerHour").ShouldBe(160, 1e-9);
        Command.RunLine(Small + " --price dgx-a100=2.5").ShouldBeRefused();
        Command.RunLine(Small + " --price dgx-h100=cheap").ShouldBeRefused();
    }

    [Fact]
    public void An_unknown_price_is_null_and_marked()
    {
        JsonElement cost = Command.RunLine("train --model llama-3.1-8b --system trn3-gen2 --chips 144 --json").Json().GetProperty("cost");
        cost.GetProperty("usdPerHour").ValueKind.ShouldBe(JsonValueKind.Null);
        cost.GetProperty("usdPerMillionTokens").ValueKind.ShouldBe(JsonValueKind.Null);
        cost.GetProperty("priceMark").GetString().ShouldBe("unknown");
    }

    [Fact]
    public void A_plan_that_is_given_is_priced_as_given()
    {
        JsonElement json = Command.RunLine(
            "train --model llama-3.1-70b --system dgx-h100 --chips 512 --tp 8 --pp 4 --vpp 1 --dp 16 --cp 1 --micro-batch 1 --recompute selective --zero 1 --json").Json();
        JsonElement plan = json.GetProperty("plan");
        Number(plan, "tp").ShouldBe(8);
        Number(plan, "pp").ShouldBe(4);
        Number(plan, "dp").ShouldBe(16);
        plan.GetProperty("recompute").GetString().ShouldBe("selective");
        Number(json, "plansEvaluated").ShouldBe(1);
        json.GetProperty("chosen").EnumerateArray().ShouldBeEmpty();
    }

    [Fact]
    public void A_job_that_does_not_fit_is_answered_with_1_and_says_so()
    {
        Command text = Command.RunLine("train --model llama-3.1-405b --system dgx-a100 --chips 8");
        text.Code.ShouldBe(ExitCode.AnswerIsNo);
        text.Output.ShouldContain("DOES NOT FIT");
        Command json = Command.RunLine("train --model llama-3.1-405b --system dgx-a100 --chips 8 --json");
        json.Code.ShouldBe(ExitCode.AnswerIsNo);
        json.Json().GetProperty("memory").GetProperty("fits").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public void A_layout_that_is_not_legal_is_answered_with_1_and_the_reasons()
    {
        const string Line = "train --model llama-3.1-8b --system dgx-h100 --chips 64 --tp 7 --pp 1 --vpp 1 --cp 1 --dp 9 --micro-batch 1 --recompute none";
        Command text = Command.RunLine(Line);
        text.Code.ShouldBe(ExitCode.AnswerIsNo);
        text.Error.ShouldContain("error ORR");
        JsonElement json = Command.RunLine(Line + " --json").Json();
        json.GetProperty("stepTimeS").ValueKind.ShouldBe(JsonValueKind.Null);
        json.GetProperty("diagnostics").GetArrayLength().ShouldBeGreaterThan(0);
    }

    [Fact]
    public void A_reading_assumed_instead_of_the_default_changes_the_answer()
    {
        JsonElement contested = Command.Run("show", "trn3-gen2", "--json").Json().GetProperty("figures").EnumerateArray()
            .First(figure => figure.GetProperty("key").GetString() == "trn3-gen2.server.bandwidthPerChip");
        string other = contested.GetProperty("readings").EnumerateArray().Select(reading => reading.GetProperty("name").GetString()!)
            .First(name => name != contested.GetProperty("reading").GetString());
        const string Line = "train --model llama-3.1-70b --system trn3-gen2 --chips 128 --tp 16 --pp 1 --vpp 1 --cp 1 --micro-batch 1 --recompute full --json";
        double usual = Number(Command.RunLine(Line).Json(), "stepTimeS");
        double assumed = Number(Command.RunLine($"{Line} --assume trn3-gen2.server.bandwidthPerChip={other}").Json(), "stepTimeS");
        assumed.ShouldNotBe(usual);
    }

    [Fact]
    public void A_timeline_ends_with_the_step_and_has_a_row_for_each_stage()
    {
        string file = Path.GetTempFileName();
        try
        {
            Command command = Command.RunLine($"train --model llama-3.1-70b --system dgx-h100 --chips 64 --tp 8 --pp 4 --vpp 1 --cp 1 --micro-batch 1 --recompute full --json --timeline {file}");
            command.Code.ShouldNotBe(ExitCode.WrongInput, command.Error);
            using JsonDocument trace = JsonDocument.Parse(File.ReadAllText(file));
            JsonElement[] events = [.. trace.RootElement.GetProperty("traceEvents").EnumerateArray()];
            double end = events.Where(one => one.GetProperty("ph").GetString() == "X").Max(one => Number(one, "ts") + Number(one, "dur"));
            (end * 1e-6).ShouldBe(Number(command.Json(), "stepTimeS"), 1e-6);
            events.Where(one => one.GetProperty("name").GetString() == "process_name").Count().ShouldBe(4);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void A_timeline_that_cannot_be_written_is_refused()
    {
        Command command = Command.RunLine(Small + " --timeline /no/such/folder/step.json");
        command.ShouldBeRefused();
        command.Error.ShouldContain("--timeline");
    }

    [Fact]
    public void A_timeline_named_svg_is_a_picture_with_a_row_for_each_stage()
    {
        string file = Path.Combine(Path.GetTempPath(), $"orrery-step-{Environment.ProcessId}.svg");
        try
        {
            Command.Run([.. "train --model llama-3.1-8b --system dgx-h100 --chips 64 --tp 2 --pp 4 --vpp 1 --global-batch 128 --schedule zero-bubble --timeline".Split(' '), file]).Code.ShouldBe(ExitCode.Done);
            string picture = File.ReadAllText(file);
            System.Xml.Linq.XDocument.Parse(picture);
            for (int stage = 0; stage < 4; stage++)
                picture.ShouldContain($">stage {stage}<");
            picture.ShouldContain("W weight gradient");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("--offload disk", "expected one of optimizer, activations")]
    [InlineData("--recompute full,mlp", "stand alone")]
    [InlineData("--recompute mlp,nrm", "did you mean 'norm'?")]
    [InlineData("--pipeline-split 10,x", "--pipeline-split: error ORR0004")]
    [InlineData("--expert-imbalance 0.5", "must lie between 1 and")]
    public void An_option_of_the_layout_that_cannot_be_had_says_why(string option, string because)
    {
        Command command = Command.RunLine($"train --model llama-3.1-8b --system tpu-v5p-pod --chips 64 {option}");
        command.ShouldBeRefused();
        command.Error.ShouldContain(because);
    }

    [Fact]
    public void A_system_that_states_no_host_link_offloads_nothing()
    {
        string folder = Directory.CreateTempSubdirectory("orrery-").FullName;
        try
        {
            string file = Path.Combine(folder, "tpu-v5p-pod.yaml");
            string[] lines = File.ReadAllLines(Path.Combine(Repository.Root, "data", "systems", "tpu-v5p-pod.yaml"));
            File.WriteAllLines(file, lines.Where(static line => !line.StartsWith("hostBandwidthPerChip", StringComparison.Ordinal)));
            Command train = Command.Run("train", "--model", "llama-3.1-8b", "--system", file, "--chips", "64", "--offload", "optimizer");
            train.ShouldBeRefused();
            train.Error.ShouldContain("--offload: error ORR4009");
            Command serve = Command.Run("serve", "--model", "llama-3.1-8b", "--system", file, "--chips", "4", "--rate", "1", "--preemption", "swap");
            serve.ShouldBeRefused();
            serve.Error.ShouldContain("ORR6022");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Options_of_a_layout_are_in_the_report_and_in_its_inputs()
    {
        const string Job = "train --model mixtral-8x7b --system dgx-h100 --chips 64 --tp 2 --pp 4 --vpp 1 --ep 8 --micro-batch 1 --global-batch 128 --seq 4096 "
            + "--pipeline-split 7,9,9,7 --recompute norm,experts --offload activations --expert-imbalance 1.25 --capacity-factor 1.125 --overlap-experts --document-length 1024";
        System.Text.Json.JsonElement report = Command.RunLine(Job + " --json").Json();
        System.Text.Json.JsonElement inputs = report.GetProperty("inputs");
        inputs.GetProperty("pipelineSplit").GetString().ShouldBe("7,9,9,7");
        inputs.GetProperty("recompute").GetString().ShouldBe("experts,norm");
        inputs.GetProperty("offload").GetString().ShouldBe("activations");
        inputs.GetProperty("expertImbalance").GetDouble().ShouldBe(1.25);
        inputs.GetProperty("capacityFactor").GetDouble().ShouldBe(1.125);
        inputs.GetProperty("documentLength").GetDouble().ShouldBe(1024);
        report.GetProperty("memory").GetProperty("hostBytes").GetDouble().ShouldBeGreaterThan(0);
        report.GetProperty("diagnostics").EnumerateArray().Select(static one => one.GetProperty("code").GetString()).ShouldContain("ORR4010");
        string text = string.Join(' ', Command.RunLine(Job).Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        text.ShouldContain("layers 7,2x9,7");
        text.ShouldContain("activations offloaded");
        text.ShouldContain("on the host:");
    }

    [Fact]
    public void Everything_wrong_is_said_at_once()
    {
        Command command = Command.RunLine("train --model llama-3.1-404b --system trn3-gen9 --chips none --recompute ful --precision bf61");
        command.ShouldBeRefused();
        foreach (string part in (string[])["llama-3.1-404b", "trn3-gen9", "--chips", "--recompute", "--precision", "did you mean 'full'?", "did you mean 'bf16'?"])
            command.Error.ShouldContain(part);
    }

    [Fact]
    public void Explain_names_a_source_for_every_figure_of_the_chip_and_the_system()
    {
        Command command = Command.Run("explain", "train", "--model", "llama-3.1-8b", "--system", "dgx-h100", "--chips", "64", "--json");
        command.Code.ShouldBe(ExitCode.Done, command.Error);
        JsonElement[] figures = [.. command.Json().GetProperty("figures").EnumerateArray()];
        figures.ShouldContain(figure => figure.GetProperty("key").GetString()!.StartsWith("h100.", StringComparison.Ordinal));
        figures.ShouldContain(figure => figure.GetProperty("key").GetString()!.StartsWith("dgx-h100.", StringComparison.Ordinal));
        foreach (JsonElement reading in figures.SelectMany(figure => figure.GetProperty("readings").EnumerateArray()))
            reading.GetProperty("source").GetString().ShouldNotBeNullOrEmpty();
        Command text = Command.RunLine("explain " + Small);
        text.Code.ShouldBe(ExitCode.Done);
        text.Output.ShouldContain("memoryBandwidth");
        Command.RunLine("explain serve --model llama-3.1-8b").ShouldBeRefused();
    }

    [Fact]
    public void Explain_names_where_expert_products_and_latent_attention_come_from()
    {
        string text = Command.RunLine("explain train --model deepseek-v3 --system gb200-nvl72 --chips 576 --precision fp8").Output;

        text.ShouldContain("expert products: experts");
        text.ShouldContain("latent attention: latent-prefill");
        Command.RunLine("explain train --model llama-3.1-8b --system dgx-h100 --chips 64").Output.ShouldNotContain("expert products");
    }

    [Fact]
    public void Validation_of_memory_reports_every_row_and_exits_with_0()
    {
        Command command = Command.RunLine("validate memory --json");
        command.Code.ShouldBe(ExitCode.Done, command.Error);
        JsonElement json = command.Json();
        json.GetProperty("schema").GetString().ShouldBe("orrery.validate/1");
        json.GetProperty("cases").GetArrayLength().ShouldBeGreaterThan(40);
        Command.RunLine("validate memory").Output.ShouldContain("\ngroup ");
        Command.RunLine("validate memory --cases /no/such/file.csv").ShouldBeRefused();
    }

    private static double Number(JsonElement json, string key) => json.GetProperty(key).GetDouble();
}
