using System.Globalization;
using System.Text;
using Orrery.Catalog;
using Orrery.Models;
using Orrery.Serving;
using Orrery.Units;
using Orrery.Validation.Csv;
using Shouldly;
using Xunit;

namespace Orrery.Cli.Tests.Docs;

/// <summary>
/// Measured runs of pools whose sizes are published, predicted with the constants of undivided engines: reported on the page, not gated. A few small ones are run
/// every time, all with <c>ORRERY_ACCEPT=1</c>.
/// </summary>
public sealed class DisaggregatedRowsTests
{
    private const string Page = "docs/disaggregation.md";
    private const int Small = 64;

    private static readonly DataCatalog Catalog = DataCatalog.Open(Repository.PathOf("data"));
    private static readonly ServingContext Context = new(Catalog);

    [Fact]
    public void Measured_pools_are_predicted_with_the_constants_of_undivided_engines()
    {
        bool isAccepted = Environment.GetEnvironmentVariable("ORRERY_ACCEPT") == "1";
        SortedDictionary<string, List<(double PerToken, double FirstToken)>> groups = new(StringComparer.Ordinal);
        int rows = 0;
        int unfit = 0;
        using CsvReader reader = CsvReader.Open(Repository.PathOf("data", "validation", "inference-closed-loop.csv.gz"));
        while (reader.ReadRow())
        {
            if (Text("mode") != "disaggregated" || Text("prefill_workers").Length == 0 || Text("model_config") != "deepseek-v3")
                continue;
            if (!isAccepted && (rows >= 6 || Number("concurrency") > Small))
                continue;
            rows++;
            if (Predict() is not (var first, var each))
            {
                unfit++;
                continue;
            }

            string engine = Text("framework").Contains("SGLang", StringComparison.Ordinal) ? "SGLang" : "TensorRT-LLM";
            string kind = Number("concurrency") >= 2048 ? "2,048 and more in flight" : "fewer in flight";
            string name = $"{engine} | {(Text("weight_dtype") == "nvfp4" ? "4-bit experts" : "8-bit")} | {(Text("system").StartsWith("gb", StringComparison.Ordinal) ? "NVL72" : "eight-chip servers")} | {kind}";
            if (!groups.TryGetValue(name, out List<(double, double)>? list))
                groups[name] = list = [];
            list.Add(((each * 1e3 / double.Parse(Text("tpot_ms_p50"), CultureInfo.InvariantCulture)) - 1, (first * 1e3 / double.Parse(Text("ttft_ms_p50"), CultureInfo.InvariantCulture)) - 1));
        }

        rows.ShouldBeGreaterThan(4);
        groups.Values.SelectMany(static list => list).ShouldAllBe(static error => double.IsFinite(error.PerToken) && error.PerToken > -0.9 && error.PerToken < 10);
        if (!isAccepted)
            return;
        StringBuilder table = new();
        table.Append("| engine | weights | machine | load | runs | per token: median / mean | bias | first token: median |\n|---|---|---|---|---:|---:|---:|---:|\n");
        foreach ((string name, List<(double PerToken, double FirstToken)> list) in groups)
            Add(name, list);
        Add("all | | |", [.. groups.Values.SelectMany(static list => list)]);
        table.Append(CultureInfo.InvariantCulture, $"\n{unfit} more runs are left out: their weights do not fit beside what an engine usually reserves.\n");
        GeneratedBlock.ShouldHold(Page, "measured pools", table.ToString());

        void Add(string name, List<(double PerToken, double FirstToken)> list) => table.Append(
            CultureInfo.InvariantCulture,
            $"| {name} | {list.Count} | {100 * Median(list.Select(static one => Math.Abs(one.PerToken))):0.0} / {100 * list.Average(static one => Math.Abs(one.PerToken)):0.0} % | {100 * Median(list.Select(static one => one.PerToken)):+0;-0;0} % | {100 * Median(list.Select(static one => Math.Abs(one.FirstToken))):0} % |\n");

        string Text(string column) => reader[reader.Column(column)].ToString();

        int Number(string column) => (int)double.Parse(Text(column), CultureInfo.InvariantCulture);

        (double First, double Each)? Predict()
        {
            int clients = Number("concurrency");
            // As the public client draws them.
            RequestTrace trace = SyntheticTrace.Waiting(10 * clients, new LengthRange(Number("input_tokens"), 0.8), new LengthRange(Number("output_tokens"), 0.8), 1);
            ServingRequest prompts = Pool("prefill");
            ServingRequest answers = Pool("decode") with { MaxBatch = Math.Max(1024, clients) };
            ServingRequest whole = answers with
            {
                Chips = prompts.Chips + answers.Chips,
                Workload = new ServingWorkload(trace, clients, 0.003, "measured"),
                Pools = new PoolPair { Prompts = prompts, Answers = answers },
                IsCold = true,
            };
            List<Diagnostic> problems = [];
            if (ServingRunner.Prepare(whole, Context, problems, out _) is not { } job)
            {
                problems.ShouldContain(static one => one.Code == ServingCode.DoesNotFit || one.Code == ServingCode.NoPlan, string.Join('\n', problems));
                return null;
            }

            RequestBook book = job.Run(1).Book;
            double first = 0;
            double each = 0;
            for (int request = 0; request < book.Count; request++)
            {
                RequestTimes times = RequestTimes.Of(book, request, job.Constants[ServingConstant.FirstTokenDelay], 1);
                first += times.FirstToken;
                each += times.PerToken;
            }

            return (first / book.Count, each / book.Count);
        }

        ServingRequest Pool(string name)
        {
            (int tensor, int data, int experts, int workers) = (Number(name + "_tp"), Number(name + "_attention_dp"), Number(name + "_ep"), Number(name + "_workers"));
            bool isFourBit = Text("weight_dtype") == "nvfp4";
            return new ServingRequest
            {
                Model = ModelLoader.Load("deepseek-v3", Catalog.DataRoot).Value!,
                System = Catalog.System(Text("system")).Value!,
                Stack = Context.Stacks.Stack(Text("stack")).Value!,
                Chips = tensor * data * workers,
                Workload = new ServingWorkload(SyntheticTrace.Waiting(1, new LengthRange(Number("input_tokens"), 1), new LengthRange(Number("output_tokens"), 1), 1), 0, 0, ""),
                TensorParallel = tensor,
                DataParallel = data,
                ExpertParallel = experts,
                PipelineParallel = 1,
                Replicas = workers,
                Precision = isFourBit ? NumberFormat.Bf16 : NumberFormat.Fp8Block,
                ExpertPrecision = isFourBit ? NumberFormat.Nvfp4 : NumberFormat.Fp8Block,
                KvPrecision = NumberFormat.Fp8,
                ContextTokens = Number("input_tokens") + Number("output_tokens"),
                IsPart = true,
            };
        }
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
