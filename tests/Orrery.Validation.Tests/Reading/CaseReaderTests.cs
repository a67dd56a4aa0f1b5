using Orrery.Models;
using Orrery.Units;
using Orrery.Validation.Cases;
using Orrery.Validation.Reading;
using Shouldly;
using Xunit;

namespace Orrery.Validation.Tests.Reading;

public sealed class CaseReaderTests
{
    [Fact]
    public void Every_expressible_row_is_read()
    {
        foreach (TrainingCase row in PublishedCases.Training.Where(row => row.Origin.IsExpressible))
        {
            CaseReading reading = PublishedCases.Readings[row.Origin.Id];
            reading.Inputs.ShouldNotBeNull($"{row.Origin.Id}: {reading.Why}");
        }
    }

    [Fact]
    public void Every_memory_row_is_read()
    {
        CaseReader reader = PublishedCases.NewReader();
        foreach (MemoryCase row in PublishedCases.Memory.Where(row => row.Origin.IsExpressible))
        {
            CaseReading reading = reader.Read(row);
            reading.Inputs.ShouldNotBeNull($"{row.Origin.Id}: {reading.Why}");
        }
    }

    [Fact]
    public void Every_printed_word_of_all_files_has_a_reading()
    {
        CaseConventions conventions = PublishedCases.Conventions;
        foreach (JobColumns job in PublishedCases.Training.Select(row => row.Job).Concat(PublishedCases.Memory.Select(row => row.Job)))
        {
            conventions.Precisions.ShouldContainKey(job.Precision);
            conventions.Tasks.ShouldContainKey(job.Task);
            conventions.Recomputes.ShouldContainKey(job.Recompute);
            conventions.Optimizers.ShouldContainKey(job.Optimizer);
        }
    }

    [Fact]
    public void Degrees_multiply_to_units_and_batches_to_the_global_batch()
    {
        foreach (TrainingCaseInputs inputs in PublishedCases.Readings.Values.Select(reading => reading.Inputs).OfType<TrainingCaseInputs>())
        {
            string id = inputs.Origin.Id;
            ((long)inputs.TensorParallel * inputs.PipelineParallel * inputs.DataParallel * inputs.ContextParallel).ShouldBe((long)inputs.Units, id);
            ((long)inputs.DataParallel * inputs.MicroBatch * inputs.GradientAccumulation).ShouldBe((long)inputs.GlobalBatch, id);
            inputs.RanksPerChip.ShouldBeGreaterThan(0, id);
        }
    }

    [Fact]
    public void A_slice_of_a_model_has_its_few_layers()
    {
        TrainingCaseInputs inputs = Inputs("simumax-b200-llama3-70b-l12-tp1-pp2-dp4-mbc4-cef");

        inputs.Architecture.Layers.ShouldBe(12);
        inputs.Architecture.Hidden.ShouldBe(8192);
        inputs.Architecture.Layer(0).Attention.KvHeads.ShouldBe(8);
        inputs.Zero.ShouldBe(1);
        inputs.Notes.ShouldContain("llama-3.1-70b with layers 12 instead of 80");
    }

    [Fact]
    public void A_slice_of_deepseek_has_one_dense_layer_and_latent_attention()
    {
        ModelArchitecture model = Inputs("simumax-b200-deepseekv2-tp1-ep8-pp1-dp8-l4-mbc8-cef").Architecture;

        model.LayerOrder.Select(kind => model.LayerKinds[kind].FeedForward.Experts).ShouldBe([0, 160, 160, 160]);
        model.Layer(3).Attention.Latent!.KvRank.ShouldBe(512);
        model.Layer(3).Attention.HeadDim.ShouldBe(160);
    }

    [Fact]
    public void A_row_without_a_model_folder_is_built_from_its_columns()
    {
        TrainingCaseInputs gpt = Inputs("vtrain-single-0003");
        ParameterCount.Of(gpt.Architecture).Total.ShouldBeInRange(1_308_000_000L, 1_318_000_000L);
        gpt.Architecture.Vocabulary.ShouldBe(50257);
        gpt.Recompute.ShouldBe(CaseRecompute.Full);
        gpt.Precision.Products.ShouldBe(NumberFormat.Fp16);

        TrainingCaseInputs gated = Inputs("maxtext-v5e-16b-1x256");
        gated.Architecture.Layer(0).FeedForward.IsGated.ShouldBeTrue();
        gated.GradientAccumulation.ShouldBe(1);
        gated.ShardRanks.ShouldBe(256);
    }

    /// <summary>The printed parameter counts check the shapes read, whichever way they were built.</summary>
    [Fact]
    public void Parameters_agree_with_those_the_sources_print()
    {
        foreach (TrainingCase row in PublishedCases.Training)
        {
            if (!row.Origin.IsExpressible || PublishedCases.Readings[row.Origin.Id].Inputs is not { } inputs || row.Job.ParamsBillion is not { } printed || row.Origin.Group == "maxtext-tpu-configs")
                continue;
            double counted = ParameterCount.Of(inputs.Architecture).Total / 1e9;
            (counted / printed).ShouldBeInRange(0.93, 1.07, row.Origin.Id);
        }
    }

    [Theory]
    [InlineData(128, 20)]
    [InlineData(512, 80)]
    public void Masked_positions_of_bert_are_those_of_its_recipe(int sequence, int positions)
    {
        IEnumerable<TrainingCaseInputs> bert = PublishedCases.Readings.Values
            .Select(reading => reading.Inputs)
            .OfType<TrainingCaseInputs>()
            .Where(inputs => inputs.Architecture.ModelType == "bert" && inputs.Sequence == sequence);

        bert.ShouldNotBeEmpty();
        bert.ShouldAllBe(inputs => Math.Abs((inputs.Architecture.LossPositionFraction * sequence) - positions) < 1e-9);
    }

    [Fact]
    public void Distributed_optimizers_shard_their_states()
    {
        TrainingCaseInputs inputs = Inputs("mbridge-26.08-qwen3-30b-a3b-gb300-8-mxfp8-gbs512-pretrain");

        inputs.Zero.ShouldBe(1);
        inputs.ExpertParallel.ShouldBe(8);
        inputs.Precision.Products.ShouldBe(NumberFormat.Mxfp8);
        inputs.Notes.ShouldContain(note => note.StartsWith("zero blank: 1"));
    }

    [Fact]
    public void A_blank_micro_batch_is_what_the_other_batches_leave()
    {
        TrainingCaseInputs inputs = Inputs("mlperf-t4.0-llama2_70b_lora-nvidia-eos-ngc24.04-nemo");

        inputs.MicroBatch.ShouldBe(1);
        inputs.Task.ShouldBe(CaseTask.LowRankAdapters);
        inputs.Notes.ShouldContain("micro-batch blank: 1, what batch, dp and accumulation leave");
    }

    [Fact]
    public void A_blank_degree_is_what_the_others_leave_of_the_units()
    {
        CaseReader reader = PublishedCases.NewReader();
        TrainingCase row = PublishedCases.Row("korthikanti22-t5-gpt-3-175b-full");

        CaseReading reading = reader.Read(row.Origin, row.Job with { Pp = null, Dp = null, GlobalBatchSeqs = 512 });

        reading.Inputs!.DataParallel.ShouldBe(8);
        reading.Inputs.PipelineParallel.ShouldBe(1);
        reading.Inputs.Notes.ShouldContain("pp blank: 1");
    }

    [Fact]
    public void A_row_that_contradicts_itself_is_skipped_with_the_reason()
    {
        CaseReader reader = PublishedCases.NewReader();
        TrainingCase row = PublishedCases.Row("korthikanti22-t5-gpt-3-175b-full");

        Why(row.Job with { Dp = 2 }).ShouldBe("degrees do not multiply to 64 units");
        Why(row.Job with { MicroBatchSeqs = 3 }).ShouldBe("a global batch of 64 on 1 data-parallel ranks of micro-batch 3");
        Why(row.Job with { Precision = "FP9" }).ShouldBe("no reading of the precision 'FP9'");
        Why(row.Job with { ModelConfig = "gpt-3-175" }).ShouldStartWith("model gpt-3-175: no model of that name");
        Why(row.Job with { ModelConfig = "", Heads = null }).ShouldBe("model shape");
        Why(row.Job with { KvHeads = 5 }).ShouldBe("5 KV heads do not divide 96 heads");
        Why(row.Job with { Units = 96 }).ShouldBe("96 units on 64 chips");

        string Why(JobColumns job)
        {
            CaseReading reading = reader.Read(row.Origin, job);
            reading.Inputs.ShouldBeNull();
            return reading.Why;
        }
    }

    private static TrainingCaseInputs Inputs(string id)
    {
        CaseReading reading = PublishedCases.Readings[id];
        return reading.Inputs ?? throw new InvalidOperationException(reading.Why);
    }
}
