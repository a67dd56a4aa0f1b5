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
