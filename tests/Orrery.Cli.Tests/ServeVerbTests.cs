using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using Orrery.Cli.Reports;
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
    public void Every_key_of_the_json_is_on_its_page()
    {
        string page = File.ReadAllText(Repository.PathOf("docs", "serve-json.md"));
        SortedSet<string> missing = new(StringComparer.Ordinal);
        foreach (string more in (string[])["--slo ttft=1s --launch vllm --batching decode-first", "--plan best", "--rate max --slo tpot=1s"])
        {
            Command command = Command.RunLine($"serve --model llama-3.1-8b --system dgx-h100 --chips 2 --requests 40 --input-tokens 64 --output-tokens 16 {(more.Contains("--rate") ? "" : "--rate 3 ")}{more} --json");
            Check(command.Json(), "");
        }

        missing.ShouldBeEmpty();

        void Check(JsonElement element, string parent)
        {
            if (element.ValueKind == JsonValueKind.Array)
            {
                foreach (JsonElement item in element.EnumerateArray())
                    Check(item, parent);
            }
            else if (element.ValueKind == JsonValueKind.Object && parent != "launch.arguments")
            {
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    if (!page.Contains($"`{property.Name}`", StringComparison.Ordinal))
                        missing.Add($"{parent}.{property.Name}");
                    Check(property.Value, parent.Length == 0 ? property.Name : $"{parent}.{property.Name}");
                }
            }
        }
    }

    [Fact]
    public void Requests_that_come_faster_than_they_are_served_are_an_overload_and_the_first_limit()
    {
        JsonElement many = Command.RunLine(Small.Replace("--rate 5", "--rate 200", StringComparison.Ordinal).Replace("--requests 300", "--requests 2000", StringComparison.Ordinal) + " --json").Json();
        many.GetProperty("isOverloaded").GetBoolean().ShouldBeTrue();
        many.GetProperty("limits")[0].GetString()!.ShouldStartWith("overload: ");
        JsonElement few = Command.RunLine(Small + " --json").Json();
        few.GetProperty("isOverloaded").GetBoolean().ShouldBeFalse();
        few.GetProperty("offeredRequestsPerS").GetDouble().ShouldBe(5, 1);
        JsonElement cost = few.GetProperty("cost");
        (few.GetProperty("inputTokensPerS").GetDouble() + few.GetProperty("outputTokensPerS").GetDouble()).ShouldBe(
            cost.GetProperty("usdPerHour").GetDouble() / 3600 / cost.GetProperty("usdPerMillionTokens").GetDouble() * 1e6, 1e-3);
        Command.RunLine("serve --model llama-3.1-8b --system dgx-h100 --chips 1 --concurrency 8 --requests 100 --json").Json().GetProperty("isOverloaded").ValueKind.ShouldBe(JsonValueKind.Null);
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
    public void The_run_over_time_is_a_table_a_picture_and_a_trace()
    {
        string name = Path.Combine(Path.GetTempPath(), $"orrery-series-{Environment.ProcessId}");
        try
        {
            Command command = Command.RunLine($"{Small} --json --series {name}.csv --timeline {name}.json");
            command.Code.ShouldBe(ExitCode.Done, command.Error);
            string[] lines = File.ReadAllLines(name + ".csv");
            string[] heading = lines[0].Split(',');
            double Sum(string column) => lines.Skip(1).Sum(line => double.Parse(line.Split(',')[Array.IndexOf(heading, column)], CultureInfo.InvariantCulture));
            lines.Length.ShouldBeInRange(50, 501);
            Sum("arrivals").ShouldBe(300);
            Sum("finished").ShouldBe(300);
            using JsonDocument trace = JsonDocument.Parse(File.ReadAllText(name + ".json"));
            trace.RootElement.GetProperty("otherData").GetProperty("system").GetString().ShouldBe("dgx-h100");
            trace.RootElement.GetProperty("traceEvents").GetArrayLength().ShouldBeGreaterThan(1000);
            Command.RunLine($"{Small} --json --series {name}.svg").Output.ShouldBe(Command.RunLine($"{Small} --json --series {name}.svg").Output);
            XElement drawing = XDocument.Load(name + ".svg").Root!;
            string[] words = [.. drawing.Descendants().Where(static one => one.Name.LocalName == "text").Select(static one => one.Value)];
            foreach (string word in (string[])["running", "waiting", "out", "in", "engines busy", "cache in use", "power"])
                words.ShouldContain(word);
            drawing.Descendants().Count(static one => one.Name.LocalName == "polyline").ShouldBe(7);
            Command.RunLine($"{Small} --series /no/such/folder/a.csv").ShouldBeRefused();
            Command.RunLine($"{Small} --timeline /no/such/folder/a.json").ShouldBeRefused();
        }
        finally
        {
            foreach (string end in (string[])[".csv", ".json", ".svg"])
                File.Delete(name + end);
        }
    }

    [Fact]
    public void A_picture_marks_the_percentiles_of_the_answer_and_the_share_that_keeps_the_level()
    {
        string file = Path.Combine(Path.GetTempPath(), $"orrery-serve-{Environment.ProcessId}.svg");
        try
        {
            Command command = Command.RunLine($"{Small} --slo ttft=1s --json --svg {file}");
            command.Code.ShouldBe(ExitCode.Done, command.Error);
            XElement drawing = XDocument.Load(file).Root!;
            drawing.Name.LocalName.ShouldBe("svg");
            string[] words = [.. drawing.Descendants().Where(static one => one.Name.LocalName == "text").Select(static one => one.Value)];
            foreach (string name in (string[])["ttftS", "tpotS", "e2eS"])
            {
                JsonElement measure = command.Json().GetProperty(name);
                foreach (string key in (string[])["p50", "p90", "p99"])
                    words.ShouldContain($"{key}  {ServingText.Time(measure.GetProperty(key).GetDouble())}");
            }

            words.ShouldContain($"{command.Json().GetProperty("sloAttainment").GetDouble():0.0%} in 1 s");
            // Curves only rise, and end at the top of their panels.
            XElement[] curves = [.. drawing.Descendants().Where(static one => one.Name.LocalName == "polyline")];
            curves.Length.ShouldBe(3);
            foreach (XElement curve in curves)
            {
                double[][] points = [.. curve.Attribute("points")!.Value.Split(' ').Select(static point => point.Split(',').Select(static one => double.Parse(one, CultureInfo.InvariantCulture)).ToArray())];
                (points[0][1] - points[^1][1]).ShouldBe(150, 0.01);
                foreach ((double[] before, double[] after) in points.Zip(points.Skip(1)))
                    (after[0] >= before[0] && after[1] <= before[1]).ShouldBeTrue();
            }

            string first = File.ReadAllText(file);
            Command.RunLine($"{Small} --slo ttft=1s --json --svg {file}").Code.ShouldBe(ExitCode.Done);
            File.ReadAllText(file).ShouldBe(first);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Answers_of_one_token_have_no_time_between_tokens_to_draw()
    {
        string file = Path.Combine(Path.GetTempPath(), $"orrery-serve-one-{Environment.ProcessId}.svg");
        try
        {
            Command command = Command.RunLine($"serve --model llama-3.1-8b --system dgx-h100 --chips 1 --rate 5 --requests 20 --input-tokens 512 --output-tokens 1 --svg {file}");
            command.Code.ShouldBe(ExitCode.Done, command.Error);
            XDocument.Load(file).Descendants().Count(static one => one.Name.LocalName == "polyline").ShouldBe(2);
        }
        finally
        {
            File.Delete(file);
        }
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
    [InlineData("--rate 5 --arrivals gama", "ORR6030")]
    [InlineData("--rate 5 --arrivals gamma:cv=-1", "ORR6030")]
    [InlineData("--concurrency 5 --arrivals gamma", "ORR6016")]
    [InlineData("--rate max --arrivals diurnal", "ORR6016")]
    [InlineData("--rate 5 --lengths normal", "ORR6030")]
    [InlineData("--rate 5 --lengths uniform --shortest 0.5", "ORR6030")]
    [InlineData("--trace requests.csv --lengths zipf", "ORR6016")]
    [InlineData("--rate 5 --turns 0", "ORR6030")]
    [InlineData("--rate 5 --turns 2 --think-time soon", "ORR6030")]
    [InlineData("--rate 5 --think-time 2s", "ORR6016")]
    [InlineData("--rate 5 --shared-tokens 130000", "ORR6006")]
    [InlineData("--rate 5 --images-per-request 2", "ORR6033")]
    [InlineData("--rate 5 --image-tokens 200", "ORR6016")]
    [InlineData("--rate 5 --image-size 100x100", "ORR6033")]
    public void Wrong_input_is_refused(string flags, string code)
    {
        Command command = Command.RunLine($"serve --model llama-3.1-8b --system dgx-h100 --chips 1 {flags}");
        command.Code.ShouldBe(ExitCode.WrongInput);
        command.Error.ShouldContain(code);
    }

    [Fact]
    public void Conversations_find_their_history_where_they_go_on_at_the_same_engine()
    {
        const string Talks = "serve --model llama-3.1-8b --system dgx-h100 --chips 4 --tp 1 --rate 2 --turns 5 --think-time 5s --input-tokens 600 --output-tokens 100 --requests 400 --json --router ";
        JsonElement sticky = Command.RunLine(Talks + "sticky").Json();
        JsonElement turns = Command.RunLine(Talks + "round-robin").Json();
        sticky.GetProperty("inputs").GetProperty("conversations").GetInt32().ShouldBe(80);
        sticky.GetProperty("prefixHitShare").GetDouble().ShouldBeGreaterThan(1.5 * turns.GetProperty("prefixHitShare").GetDouble());
        sticky.GetProperty("ttftS").GetProperty("mean").GetDouble().ShouldBeLessThan(turns.GetProperty("ttftS").GetProperty("mean").GetDouble());
    }

    [Theory]
    [InlineData("flux-1024-trn3", "flux.1-dev", "trn3-gen2", "1024x1024", 1)]
    [InlineData("hunyuan-320x512x61-trn3", "hunyuan-video", "trn3-gen2", "320x512", 61)]
    [InlineData("wan-480x832x9-trn2", "wan2.1-t2v-14b", "trn2.48xlarge", "480x832", 9)]
    public void A_denoising_step_takes_what_its_published_row_is_predicted_to(string row, string model, string system, string size, int frames)
    {
        JsonElement predicted = Command.RunLine("validate transfer --json").Json().GetProperty("cases").EnumerateArray().First(one => one.GetProperty("id").GetString() == row);
        JsonElement json = Command.RunLine(
            $"serve --model {model} --system {system} --chips 1 --concurrency 1 --requests 2 --steps 3 --guidance off --image-size {size}{(frames > 1 ? $" --frames {frames}" : "")} --json").Json();
        double step = json.GetProperty("generation").GetProperty("stepS").GetDouble();
        step.ShouldBe(predicted.GetProperty("predicted").GetDouble() / 1e3, 1e-9);
        json.GetProperty("generation").GetProperty("stepLowS").GetDouble().ShouldBe(predicted.GetProperty("low").GetDouble() / 1e3, 1e-6);
        json.GetProperty("e2eS").GetProperty("p50").GetDouble().ShouldBe(3 * step, 1e-6);
        json.GetProperty("tpotS").GetProperty("mean").ValueKind.ShouldBe(JsonValueKind.Null);
        json.GetProperty("generation").GetProperty("jobsPerHour").GetDouble().ShouldBe(3600 / (3 * step), 1e-3);
    }

    [Fact]
    public void Guidance_doubles_the_work_and_a_group_of_more_ranks_halves_the_step()
    {
        const string Job = "serve --model wan2.1-t2v-1.3b --system dgx-h100 --chips 8 --concurrency 1 --requests 2 --frames 17 --json ";
        static double Step(string flags) => Command.RunLine(Job + flags).Json().GetProperty("generation").GetProperty("stepS").GetDouble();
        double alone = Step("--guidance off");
        Step("--guidance on").ShouldBe(2 * alone, 0.1 * alone);
        Step("--guidance off --cp 4").ShouldBeLessThan(0.5 * alone);
        Step("--guidance off --tp 4").ShouldBeLessThan(0.6 * alone);
        JsonElement batch = Command.RunLine(Job + "--guidance off --max-batch 4").Json().GetProperty("generation");
        batch.GetProperty("batchStepS").GetDouble().ShouldBeInRange(3 * alone, 4.2 * alone);
    }

    [Fact]
    public void A_level_that_no_job_can_keep_is_no()
    {
        Command command = Command.RunLine("serve --model flux.1-dev --system trn3-gen2 --chips 4 --rate 0.1 --requests 20 --slo e2e=1s");
        command.Code.ShouldBe(ExitCode.AnswerIsNo);
        command.Error.ShouldContain("no load keeps it");
    }

    [Theory]
    [InlineData("flux.1-dev", "--rate 1 --input-tokens 5", "ORR0010")]
    [InlineData("flux.1-dev", "--rate 1 --slo ttft=1s", "ORR6010")]
    [InlineData("flux.1-dev", "--rate 1 --concurrency 2", "ORR6016")]
    [InlineData("flux.1-dev", "", "ORR6016")]
    [InlineData("flux.1-dev", "--rate 1 --image-size big", "ORR")]
    [InlineData("flux.1-dev", "--rate 1 --frames 9", "ORR")]
    [InlineData("llama-3.1-8b", "--rate 1 --steps 50", "ORR0010")]
    public void Flags_of_another_kind_of_model_are_refused(string model, string flags, string code)
    {
        Command command = Command.RunLine($"serve --model {model} --system dgx-h100 --chips 1 {flags}");
        command.Code.ShouldBe(ExitCode.WrongInput);
        command.Error.ShouldContain(code);
    }

    [Fact]
    public void Images_are_tokens_of_the_prompt_and_work_before_it()
    {
        const string Job = "serve --model ../../examples/models/gemma-3-4b-it --system dgx-h100 --chips 1 --rate 2 --requests 100 --input-tokens 200 --output-tokens 20 --json";
        string job = Job.Replace("../..", Repository.Root, StringComparison.Ordinal);
        JsonElement none = Command.RunLine(job).Json();
        JsonElement two = Command.RunLine(job + " --images-per-request 2").Json();
        (two.GetProperty("inputTokensPerS").GetDouble() / two.GetProperty("requestsPerS").GetDouble()).ShouldBe(200 + 512, 1e-6);
        none.GetProperty("engineTimeS").GetProperty("images").GetDouble().ShouldBe(0);
        two.GetProperty("engineTimeS").GetProperty("images").GetDouble().ShouldBeGreaterThan(0);
        two.GetProperty("ttftS").GetProperty("mean").GetDouble().ShouldBeGreaterThan(1.3 * none.GetProperty("ttftS").GetProperty("mean").GetDouble());
    }

    [Fact]
    public void Denoising_steps_are_not_taken_apart_as_tokens() =>
        Command.RunLine("explain serve --model flux.1-dev --system trn3-gen2 --chips 4 --rate 1").Error.ShouldContain("ORR0010");

    [Fact]
    public void A_run_too_short_for_its_shape_is_told_so() =>
        Command.RunLine(Small + " --arrivals diurnal").Error.ShouldContain("ORR6034");

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
