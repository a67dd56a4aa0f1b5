using System.Collections.Immutable;
using Orrery.Accounting;
using Orrery.Catalog;
using Orrery.Serving;
using Orrery.Validation.Cases;
using Orrery.Validation.Csv;
using Orrery.Validation.Inference;
using Orrery.Validation.Scoring;
using Shouldly;
using Xunit;

namespace Orrery.Validation.Tests.Inference;

/// <summary>How serving rows are read and scored.</summary>
public sealed class InferenceValidationTests
{
    private const string Head =
        "case_id,source_id,model,model_config,input_tokens,output_tokens,batch,concurrency,tp,ep,moe_tp,attention_dp,weight_dtype,mode,chip,framework,published,ttft_ms_p50,tpot_ms_p50,stack,system,primary_metric,expressible,speculative,num_requests,output_tokens_per_s,max_seq";

    private static readonly DataCatalog Catalog = DataCatalog.Open(DataCatalog.FindDataRoot());
    private static readonly Lazy<ValidationReport> Report = new(() => InferenceValidation.Run(Catalog, []).Report!);

    private static InferenceCase Row(string line)
    {
        using CsvReader reader = CsvReader.Of(new StringReader($"{Head}\n{line}\n"), "rows");
        InferenceCase row = new InferenceCaseReader(reader).Next().ShouldNotBeNull(string.Join('\n', reader.Diagnostics));
        return row;
    }

    private static InferenceReading Read(string line) => InferenceRules.Load(Catalog.DataRoot).Value!.Read(Row(line));

    [Fact]
    public void A_point_that_a_second_table_prints_again_is_counted_once()
    {
        const string Latency = "a,aws-neuron-docs-inference,Llama,llama-2-13b,128,128,1,,32,,,,FP16,,Trainium1,,2024,50,25,neuron-2.18-tnx,trn1.32xlarge,tpot_ms_p50,1,none,,39,256";
        string throughput = Latency.Replace("a,aws", "b,aws", StringComparison.Ordinal).Replace("tpot_ms_p50,1", "output_tokens_per_s,1", StringComparison.Ordinal);
        string other = Latency.Replace("a,aws", "c,aws", StringComparison.Ordinal).Replace("50,25", "50,26", StringComparison.Ordinal);
        InferenceRules rules = InferenceRules.Load(Catalog.DataRoot).Value!;
        MeasuredPoints points = new();
        string[] counted = [.. new[] { Latency, throughput, other }.Where(line => points.Counts(Row(line), rules.Read(Row(line)))).Select(static line => line[..1])];
        counted.ShouldBe(["a", "c"]);
    }

    [Fact]
    public void An_offline_benchmark_splits_attention_of_experts_and_sets_its_limits_by_what_fits()
    {
        InferencePredictor predictor = new(Catalog, InferenceRules.Load(Catalog.DataRoot).Value!);
        InferenceCase row = Row("a,tensorrt-llm-perf-overview,Qwen3-235B-A22B,qwen3-235b-a22b,1000,1000,,,8,,,,FP8,,H200-SXM-141GB,TensorRT-LLM (PyTorch backend),2025,,,trtllm-1.0,dgx-h200,output_tokens_per_s,1,none,3000,20000,");
        InferenceReading reading = predictor.ReadingOf(row);
        (reading.TensorParallel, reading.AttentionDataParallel, reading.ExpertParallel).ShouldBe((1, 8, 8));
        PreparedCase prepared = predictor.Prepare(row, reading, out _).ShouldNotBeNull();
        double room = prepared.Memory.Cache.Value / (new KvLayout(prepared.Request.Model, prepared.Plan).BytesPerToken * 2000);
        prepared.Request.MaxBatch.ShouldBe(8 * (int)Math.Ceiling(room));
        prepared.Request.TokenBudget.ShouldBe(8 * 2048);
        new BenchmarkLimits(100, 50, 400).Set(prepared.Request, prepared.Plan, prepared.Memory, 3000, 1000).TokenBudget.ShouldBe(8 * 400);
        predictor.ReadingOf(Row("a,tensorrt-llm-perf-overview,gpt-oss-20b,gpt-oss-20b,1000,1000,,,1,,,,MXFP4,,H100-SXM-80GB,TensorRT-LLM (PyTorch backend),2025,,,trtllm-1.2,dgx-h100,output_tokens_per_s,1,none,3000,20000,"))
            .ShouldSatisfyAllConditions(static one => one.Linear.ShouldBe(Units.NumberFormat.Bf16), static one => one.Kv.ShouldBe(Units.NumberFormat.Bf16), static one => one.Experts.ShouldBe(Units.NumberFormat.Mxfp4));
    }

    [Fact]
    public void A_public_client_draws_its_lengths()
    {
        InferenceReading reading = Read("a,nvidia-aiconfigurator-e2e,Llama,llama-3.1-70b,1024,1024,8,8,8,1,8,1,fp8,aggregated,H100-SXM-80GB,vLLM,2025-10-29,100,10,vllm-unknown,dgx-h100,tpot_ms_p50,1,,,,");
        (reading.LengthShare, reading.RequestsPerClient, reading.ClientDelay).ShouldBe((0.8, 10, 0.003));
        reading.SetAside.ShouldBeEmpty();
    }

    [Fact]
    public void Degrees_printed_as_a_product_are_taken_apart()
    {
        InferenceReading reading = Read("a,nvidia-aiconfigurator-e2e,DeepSeek-V3,deepseek-v3,1024,1024,8,8,64,8,8,1,fp8,aggregated,B200-SXM-180GB,SGLang,2025-10-29,100,10,sglang-0.5,dgx-b200,tpot_ms_p50,1,,,,");
        (reading.TensorParallel, reading.ExpertParallel, reading.AttentionDataParallel).ShouldBe((8, 8, 1));
        reading.SetAside.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("a,nvidia-aiconfigurator-e2e,DeepSeek-V3,deepseek-v3,1024,1024,8,8,36,1,36,1,fp8,aggregated,GB200,SGLang,2025-10-29,100,10,sglang-0.5,gb200-nvl72,tpot_ms_p50,1,,,,", "more than eight")]
    [InlineData("a,nvidia-aiconfigurator-e2e,DeepSeek-R1,deepseek-v3,1024,1024,8,8,8,1,8,1,fp8,aggregated,B200-SXM-180GB,TensorRT-LLM,2026-02-03,100,10,trtllm-1.2,dgx-b200,tpot_ms_p50,1,,,,", "speculative")]
    [InlineData("a,nvidia-aiconfigurator-e2e,gpt-oss,gpt-oss-120b,1024,1024,512,512,8,1,8,1,nvfp4,aggregated,H100-SXM-80GB,vLLM,2025-12-05,100,10,vllm-0.12,dgx-h100,tpot_ms_p50,1,,,,", "limit")]
    public void Rows_whose_columns_say_something_else_are_set_aside_with_the_reason(string line, string reason) => Read(line).SetAside.ShouldContain(reason);

    [Fact]
    public void The_same_row_before_the_day_is_not_set_aside() =>
        Read("a,nvidia-aiconfigurator-e2e,DeepSeek-R1,deepseek-v3,1024,1024,8,8,8,1,8,1,fp8,aggregated,B200-SXM-180GB,TensorRT-LLM,2025-11-02,100,10,trtllm-1.2,dgx-b200,tpot_ms_p50,1,,,,")
            .SetAside.ShouldBeEmpty();

    [Fact]
    public void A_batch_alone_is_a_prefill_and_equal_decodes()
    {
        InferencePredictor predictor = new(Catalog, InferenceRules.Load(Catalog.DataRoot).Value!);
        InferenceCase row = Row("a,splitwise-profile,Llama-2-70B,llama-2-70b,512,128,4,4,4,,,,fp16,aggregated,A100-SXM-80GB,vLLM,2023-11,100,10,vllm-2023,dgx-a100,tpot_ms_p50,1,none,,,");
        PreparedCase prepared = predictor.Prepare(row, predictor.ReadingOf(row), out string why).ShouldNotBeNull();
        why.ShouldBeEmpty();
        prepared.Request.Stack.Id.ShouldBe("vllm-2023");
        InferenceFigures one = prepared.Run(predictor.Stacks.Generic());
        InferenceFigures slow = prepared.Run(predictor.Stacks.Generic(), 2);
        slow.PerToken.ShouldBe(2 * one.PerToken, 1e-9);
        one.OutputTokensPerSecond.ShouldBe(4 * 128 / (one.FirstToken + (127 * one.PerToken)), 1e-6);
    }

    [Fact]
    public void The_share_of_memory_in_power_is_that_of_the_three_rows_it_names()
    {
        InferencePredictor predictor = new(Catalog, InferenceRules.Load(Catalog.DataRoot).Value!);
        HashSet<string> named = CalibrationRows.ReadFolder(Path.Combine(Catalog.DataRoot, "calibration", "power"));
        named.Count.ShouldBe(3);
        ActivityPower shares = EnergyModel.Open(Catalog.DataRoot).SharesOf(Catalog.Chip("a100-80").Value!)!;
        double product = 0;
        double square = 0;
        foreach (InferenceCase row in ValidationFiles.Inference(Catalog.DataRoot).SelectMany(static path => InferenceCase.Read(path).Cases).Where(row => named.Contains(row.Origin.Id)))
        {
            PreparedCase prepared = predictor.Prepare(row, predictor.ReadingOf(row), out _)!;
            ChipDescription chip = prepared.Request.System.Chip;
            ChipActivity busy = prepared.Run(predictor.Stacks.ConstantsOf(prepared.Request.Stack, ModelClass.Dense, chip)).Activity!.Value;
            double rest = row.PowerShare!.Value - chip.IdlePowerFraction.Value - (shares.Matrix.Value * busy.Matrix) - (shares.Link.Value * busy.Link);
            product += busy.Memory * rest;
            square += busy.Memory * busy.Memory;
        }

        shares.Memory.Value.ShouldBe(product / square, 0.01);
    }

    [Theory]
    [InlineData(4, false)]
    [InlineData(8, true)]
    public void Passes_of_prompts_behind_the_first_wait_longer_where_the_stack_says_so(int batch, bool isSlower)
    {
        // 512 tokens a prompt: four fill the 2,048 of a pass.
        InferencePredictor predictor = new(Catalog, InferenceRules.Load(Catalog.DataRoot).Value!);
        InferenceCase row = Row($"a,splitwise-profile,Llama-2-70B,llama-2-70b,512,128,{batch},{batch},4,,,,fp16,aggregated,A100-SXM-80GB,vLLM,2023-11,100,10,vllm-2023,dgx-a100,tpot_ms_p50,1,none,,,");
        PreparedCase prepared = predictor.Prepare(row, predictor.ReadingOf(row), out _)!;
        ServingConstants constants = predictor.Stacks.Generic();
        InferenceFigures plain = prepared.Run(constants);
        InferenceFigures waiting = prepared.Run(constants.With(ServingConstant.LaterPassCollectives, 5));
        waiting.PerToken.ShouldBe(plain.PerToken, 1e-12);
        (waiting.FirstToken > plain.FirstToken * 1.01).ShouldBe(isSlower);
        if (!isSlower)
            waiting.FirstToken.ShouldBe(plain.FirstToken, 1e-12);
    }

    [Fact]
    public void A_network_left_out_is_predicted_by_constants_that_saw_the_others_alone()
    {
        InferencePredictor predictor = new(Catalog, InferenceRules.Load(Catalog.DataRoot).Value!);
        InferenceCase[] cases = [.. ValidationFiles.Inference(Catalog.DataRoot).SelectMany(static path => InferenceCase.Read(path).Cases).Where(static row => row.Origin.Group == "aws-neuron-docs-inference")];
        ImmutableArray<InferenceRecipe> recipes = [.. InferenceRecipes.Load(Catalog.DataRoot).Value!.All.Where(static one => one is { Stack: "tnx", Family: "inferentia2" })];
        var left = LeftOutNetworks.Of(predictor, cases, recipes);
        left.Select(static one => one.Case.Prepared.Request.Model.Name).Distinct().Count().ShouldBe(2);
        // Twice the time in every row of one network moves the constants of the other alone.
        InferenceCase[] slower = [.. cases.Select(static row => row.ModelConfig == "llama-2-70b" ? row with { PerTokenMs = 2 * row.PerTokenMs } : row)];
        var moved = LeftOutNetworks.Of(predictor, slower, recipes);
        for (int one = 0; one < left.Length; one++)
        {
            bool isSeventy = left[one].Case.Row.ModelConfig == "llama-2-70b";
            (moved[one].Constants[ServingConstant.DeviceScale] == left[one].Constants[ServingConstant.DeviceScale]).ShouldBe(isSeventy);
        }

        LeftOutNetworks.Of(predictor, cases, [.. recipes.Select(static one => one with { LeavesOut = false })]).ShouldBeEmpty();
    }

    [Fact]
    public void A_tutorial_of_the_plugin_of_vLLM_runs_on_its_stack_with_its_client()
    {
        InferenceCase row = Row("a,aws-neuron-docs-trn2-tutorials,Llama-3.1-8B,llama-3.1-8b,512,128,2,2,8,,,,bf16,,Trainium2,vLLM Neuron,2025,,10.5,neuron-2025-nxdi-vllm,trn2.48xlarge,tpot_ms_p50,1,none,50,,");
        InferencePredictor predictor = new(Catalog, InferenceRules.Load(Catalog.DataRoot).Value!);
        predictor.StackOf(row)!.Id.ShouldBe("vllm-neuron");
        PreparedCase prepared = predictor.Prepare(row, predictor.ReadingOf(row), out _)!;
        (prepared.Request.Workload.Clients, prepared.Request.Workload.Trace.Count).ShouldBe((2, 50));
        predictor.StackOf(row with { Framework = "NxD Inference + vLLM" })!.Id.ShouldBe("nxdi");
    }

    [Fact]
    public void Every_source_is_scored_and_no_more_than_a_twentieth_skipped()
    {
        Report.Value.Failures.ShouldBeEmpty();
        Report.Value.Groups.Select(static group => group.Group).ShouldBe(
            [
                "aws-neuron-docs-inference", "aws-neuron-docs-inference, counted once", "aws-neuron-docs-inference, first token", "aws-neuron-docs-inference, model left out",
                "aws-neuron-docs-inference, model left out, first token", "aws-neuron-docs-trn2-tutorials", "aws-neuron-docs-trn2-tutorials, first token",
                "aws-neuron-docs-trn2-tutorials, set aside", "deepseek-open-infra", "llmservingsim-runs", "llmservingsim-runs, first token",
                "llmservingsim-runs, first token of the first 20", "llmservingsim-runs, own constants", "llmservingsim-runs, own constants, first token",
                "llmservingsim-runs, own constants, throughput", "llmservingsim-runs, own constants, whole answers", "llmservingsim-runs, throughput", "llmservingsim-runs, whole answers", "mlperf-inference-nvidia", "mlperf-inference-partners", "nvidia-aiconfigurator-e2e",
                "nvidia-aiconfigurator-e2e, first token", "nvidia-aiconfigurator-e2e, first token with the cache full", "nvidia-aiconfigurator-e2e, set aside", "nvidia-aiconfigurator-e2e, throughput", "splitwise-profile", "splitwise-profile, first token", "splitwise-profile, first token, set aside", "nvidia-aiconfigurator-e2e, first token, set aside",
                "splitwise-profile, highest power", "splitwise-profile, power", "splitwise-profile, power, set aside",
                "tensorrt-llm-perf-overview",
            ],
            ignoreOrder: true);
    }

    [Theory]
    [InlineData("nvidia-aiconfigurator-e2e", 0.08, 0.12)]
    [InlineData("nvidia-aiconfigurator-e2e, first token", 0.13, 0.18)]
    [InlineData("nvidia-aiconfigurator-e2e, throughput", 0.08, 0.10)]
    [InlineData("aws-neuron-docs-inference", 0.05, 0.06)]
    [InlineData("aws-neuron-docs-inference, first token", 0.25, 0.27)]
    [InlineData("aws-neuron-docs-inference, model left out", 0.08, 0.10)]
    [InlineData("aws-neuron-docs-trn2-tutorials", 0.05, 0.05)]
    [InlineData("aws-neuron-docs-inference, model left out, first token", 0.36, 0.45)]
    [InlineData("llmservingsim-runs", 0.06, 0.075)]
    [InlineData("llmservingsim-runs, whole answers", 0.08, 0.13)]
    [InlineData("llmservingsim-runs, first token", 0.15, 0.17)]
    [InlineData("llmservingsim-runs, first token of the first 20", 0.36, 0.32)]
    [InlineData("llmservingsim-runs, throughput", 0.09, 0.09)]
    [InlineData("llmservingsim-runs, own constants", 0.01, 0.01)]
    [InlineData("llmservingsim-runs, own constants, whole answers", 0.01, 0.01)]
    [InlineData("llmservingsim-runs, own constants, first token", 0.01, 0.01)]
    [InlineData("llmservingsim-runs, own constants, throughput", 0.01, 0.01)]
    [InlineData("tensorrt-llm-perf-overview", 0.14, 0.20)]
    [InlineData("splitwise-profile", 0.05, 0.06)]
    [InlineData("splitwise-profile, first token", 0.05, 0.08)]
    [InlineData("splitwise-profile, power", 0.03, 0.05)]
    public void Rows_that_no_fit_saw_are_within_what_was_reached(string group, double median, double mean)
    {
        GroupReport figures = Report.Value.Groups.First(one => one.Group == group);
        figures.Unseen.MedianApe!.Value.ShouldBeLessThan(median);
        figures.Unseen.Mape!.Value.ShouldBeLessThan(mean);
    }

    [Theory]
    [InlineData("trtllm dense blackwell", 0.05, 0.08)]
    [InlineData("trtllm dense hopper", 0.05, 0.08)]
    [InlineData("vllm dense blackwell", 0.06, 0.08)]
    [InlineData("vllm dense hopper", 0.05, 0.09)]
    public void Dense_models_are_within_what_was_reached(string slice, double median, double mean)
    {
        ErrorFigures figures = Report.Value.Slices.First(one => one.Group == $"nvidia-aiconfigurator-e2e: {slice}").Unseen;
        figures.Count.ShouldBeGreaterThan(50);
        figures.MedianApe!.Value.ShouldBeLessThan(median);
        figures.Mape!.Value.ShouldBeLessThan(mean);
    }

    [Fact]
    public void Power_follows_from_what_the_units_do_and_a_tenth_of_the_rows()
    {
        GroupReport power = Report.Value.Groups.First(static one => one.Group == "splitwise-profile, power");
        power.Unseen.Count.ShouldBe(27);
        power.Unseen.MedianApe!.Value.ShouldBeLessThan(0.03);
        power.All.Count.ShouldBe(30);
        power.All.MedianApe!.Value.ShouldBeLessThan(0.03);
        power.All.Mape!.Value.ShouldBeLessThan(0.05);
    }

    [Fact]
    public void A_batch_twice_as_slow_draws_less()
    {
        InferencePredictor predictor = new(Catalog, InferenceRules.Load(Catalog.DataRoot).Value!);
        InferenceCase row = Row("a,splitwise-profile,Llama-2-70B,llama-2-70b,512,128,4,4,4,,,,fp16,aggregated,A100-SXM-80GB,vLLM,2023-11,100,10,vllm-2023,dgx-a100,tpot_ms_p50,1,none,,,");
        PreparedCase prepared = predictor.Prepare(row, predictor.ReadingOf(row), out _).ShouldNotBeNull();
        ChipActivity one = prepared.Run(predictor.Stacks.Generic()).Activity.ShouldNotBeNull();
        ChipActivity slow = prepared.Run(predictor.Stacks.Generic(), 2).Activity.ShouldNotBeNull();
        slow.Memory.ShouldBe(one.Memory / 2, 1e-9);
        slow.Matrix.ShouldBe(one.Matrix / 2, 1e-9);
        one.Memory.ShouldBeInRange(0.1, 1);
    }

    [Fact]
    public void The_roofline_is_beaten()
    {
        foreach (GroupReport group in Report.Value.Groups.Where(static group => group.Group is "nvidia-aiconfigurator-e2e" or "splitwise-profile"))
            group.Unseen.Mape!.Value.ShouldBeLessThan(group.Unseen.BaselineMape!.Value);
    }

    [Fact]
    public void Fits_saw_no_more_than_their_share()
    {
        foreach (InferenceRecipe recipe in InferenceRecipes.Load(Catalog.DataRoot).Value!.All)
        {
            CalibrationFit fit = new ServingCatalog(Catalog.DataRoot).Stack(recipe.Stack).Value!.Fits.First(one => recipe.CarriedTo.Length > 0
                ? one.Operator == ServingStack.CarriedName(recipe.Class, recipe.Family) && one.Scope == recipe.CarriedTo
                : one.Operator == recipe.Class && one.Scope == recipe.Family);
            fit.RowsFitted.ShouldBeLessThanOrEqualTo(25);
            fit.Constants.Count.ShouldBeLessThanOrEqualTo(9);
        }
    }

    [Fact]
    public void A_second_run_gives_the_same_figures()
    {
        ValidationReport again = InferenceValidation.Run(Catalog, []).Report!;
        again.All.Mape.ShouldBe(Report.Value.All.Mape);
        again.All.MedianApe.ShouldBe(Report.Value.All.MedianApe);
    }
}
