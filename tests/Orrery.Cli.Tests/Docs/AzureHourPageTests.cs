using System.Globalization;
using System.Text;
using System.Text.Json;
using Orrery.Cli.Reports;
using Shouldly;
using Xunit;

namespace Orrery.Cli.Tests.Docs;

/// <summary>The page of one hour of requests on four machines is what the program prints.</summary>
public sealed class AzureHourPageTests
{
    private const string Page = "docs/azure-hour.md";

    /// <summary>Requests of at most 4,096 tokens among the 19,366 of the hour.</summary>
    private const int Requests = 17_754;

    private static readonly (string System, int Chips, string Layout)[] Machines =
    [
        ("trn3-gen2", 8, ""),
        ("trn2.48xlarge", 16, ""),
        ("dgx-h100", 8, " --tp 4 --replicas 2"),
        ("gb200-nvl72", 4, ""),
    ];

    [Fact]
    public void The_page_holds_the_four_reports()
    {
        foreach ((string system, int chips, string layout) in Machines)
        {
            Command command = Command.RunLine(Job(system, chips) + layout);
            command.Code.ShouldBe(ExitCode.Done, command.Error);
            GeneratedBlock.ShouldHold(Page, $"hour {system}", $"```text\n{command.Output}```\n");
        }
    }

    [Fact]
    public void The_page_compares_them()
    {
        StringBuilder came = new("""
            | machine | replicas | first token p50 / p99 | its mean, 80 % | between tokens p50 / p99 | its mean, 80 % | J a token | $ a million tokens |
            |---|---|---:|---:|---:|---:|---:|---:|

            """);
        StringBuilder most = new("""
            | machine | requests/s | 80 % | tokens/s out | a chip | J a token | $ a million tokens | 80 % | what stops it |
            |---|---:|---:|---:|---:|---:|---:|---:|---|

            """);
        foreach ((string system, int chips, string layout) in Machines)
        {
            JsonElement hour = Answer(Job(system, chips) + layout);
            hour.GetProperty("simulatedRequests").GetInt32().ShouldBe(Requests);
            string name = $"{chips} chips of {system}";
            came.Append(CultureInfo.InvariantCulture, $"| {name} | {Replicas(hour)} | {Tail(hour, "ttftS")} | {Range(hour, "ttftS")} | {Tail(hour, "tpotS")} | {Range(hour, "tpotS")} | {JoulesOf(hour)} | {DollarsOf(hour, 1)} |\n");

            JsonElement full = Answer(Job(system, chips) + layout + " --rate max --slo ttft=2s,tpot=100ms");
            JsonElement rate = full.GetProperty("maxRate");
            (double middle, double low, double high) = (Figure(rate, "requestsPerS"), Figure(rate, "low"), Figure(rate, "high"));
            string limit = rate.GetProperty("limit").GetString()!.Split(':')[0];
            most.Append(CultureInfo.InvariantCulture, $"| {name} | {middle:G3} | {low:G3} to {high:G3} | {Figure(full, "outputTokensPerS"):#,0} | {Figure(full, "outputTokensPerSPerChip"):#,0} | {JoulesOf(full)} ");
            string price = DollarsOf(full, 1);
            string prices = price == "-" ? "-" : $"{DollarsOf(full, middle / high)} to {DollarsOf(full, middle / low)}";
            most.Append(CultureInfo.InvariantCulture, $"| {price} | {prices} | {limit} |\n");
        }

        GeneratedBlock.ShouldHold(Page, "hour as it came", came.ToString());
        GeneratedBlock.ShouldHold(Page, "hour at the most", most.ToString());
    }

    [Fact]
    public void The_page_says_how_many_chips_keep_up()
    {
        StringBuilder lines = new("""
            | machine | chips | replicas | keep the level | $ an hour |
            |---|---:|---|---:|---:|

            """);
        foreach ((string system, int[] counts) in (ReadOnlySpan<(string, int[])>)[("trn3-gen2", [4, 8]), ("trn2.48xlarge", [8, 16]), ("dgx-h100", [2, 4]), ("gb200-nvl72", [1, 2])])
        {
            foreach (int chips in counts)
            {
                JsonElement hour = Command.RunLine(Job(system, chips) + " --slo ttft=2s,tpot=100ms --json").Json();
                string price = hour.GetProperty("cost").GetProperty("usdPerHour") is { ValueKind: JsonValueKind.Number } usd ? usd.GetDouble().ToString("0.00", CultureInfo.InvariantCulture) : "no price known";
                lines.Append(CultureInfo.InvariantCulture, $"| {system} | {chips} | {Replicas(hour)} | {100 * Figure(hour, "sloAttainment"):0.0} % | {price} |\n");
            }
        }

        GeneratedBlock.ShouldHold(Page, "hour kept up with", lines.ToString());
    }

    private static string Job(string system, int chips) =>
        $"serve --model llama-3.1-70b --system {system} --chips {chips} --trace {Repository.PathOf("data", "traces", "azure-llm-2023-conv.csv.gz")} --max-context 4096";

    private static JsonElement Answer(string line)
    {
        Command command = Command.RunLine(line + " --json");
        command.Code.ShouldBe(ExitCode.Done, command.Error);
        return command.Json();
    }

    private static double Figure(JsonElement json, string name) => json.GetProperty(name).GetDouble();

    private static string Replicas(JsonElement json)
    {
        JsonElement plan = json.GetProperty("plan");
        return $"{plan.GetProperty("replicas").GetInt32()} of TP {plan.GetProperty("tp").GetInt32()}";
    }

    private static string Tail(JsonElement json, string name) =>
        $"{ServingText.Time(Figure(json.GetProperty(name), "p50"))} / {ServingText.Time(Figure(json.GetProperty(name), "p99"))}";

    private static string Range(JsonElement json, string name) =>
        $"{ServingText.Time(Figure(json.GetProperty(name), "low"))} to {ServingText.Time(Figure(json.GetProperty(name), "high"))}";

    private static string JoulesOf(JsonElement json) => Figure(json.GetProperty("energy"), "jPerOutputToken").ToString("0.00", CultureInfo.InvariantCulture);

    private static string DollarsOf(JsonElement json, double scale) => json.GetProperty("cost").GetProperty("usdPerMillionOutputTokens") is { ValueKind: JsonValueKind.Number } usd
        ? (usd.GetDouble() * scale).ToString("0.00", CultureInfo.InvariantCulture)
        : "-";
}
