using System.Text;
using Orrery.Catalog;
using Orrery.Engine;
using Orrery.Interchange.Launch;
using Orrery.Training;
using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Interchange.Tests.Launch;

public sealed class LaunchReadingTests
{
    private static readonly LaunchJob Job = new() { Layers = 80, RanksPerServer = 8, RanksPerDomain = 8 };

    [Fact]
    public void A_megatron_command_as_people_write_it_is_read()
    {
        LaunchReading reading = Read(
            """
            CUDA_DEVICE_MAX_CONNECTIONS=1 torchrun --nproc_per_node=8 --nnodes 16 pretrain_gpt.py \
                --num-layers 80 --hidden-size 8192 \
                --tensor-model-parallel-size 8 --pipeline-model-parallel-size 4 \
                --num-layers-per-virtual-pipeline-stage 5 --sequence-parallel \
                --micro-batch-size 1 --global-batch-size 1024 --seq-length 4096 --bf16 \
                --use-distributed-optimizer --recompute-activations --fp8-format hybrid
            """, Job);
        reading.Framework.Name.ShouldBe("megatron");
        reading.Ranks.ShouldBe(128);
        reading.Plan.ShouldBe(new Plan
        {
            TensorParallel = 8, PipelineParallel = 4, VirtualStages = 4, DataParallel = 4, MicroBatch = 1, GlobalBatch = 1024, Sequence = 4096,
            SequenceParallel = true, Zero = 1, Recompute = Recompute.Selective, Precision = NumberFormat.Fp8, Schedule = Schedule.UsualOfChunks,
        });
        reading.Diagnostics.ShouldHaveSingleItem().Message.ShouldContain("--hidden-size");
    }

    [Theory]
    [InlineData("--num-layers 80 --decoder-first-pipeline-num-layers 18 --decoder-last-pipeline-num-layers 20", "18,21,21,20")]
    [InlineData("--num-layers 80 --decoder-first-pipeline-num-layers 17", "17,21,21,21")]
    [InlineData("--num-layers 80 --decoder-last-pipeline-num-layers 18", null)]
    public void Stages_at_the_ends_of_megatron_s_pipeline_may_be_shorter(string text, string? split)
    {
        LaunchInput input = LaunchInput.Open("--pipeline-model-parallel-size 4 --tensor-model-parallel-size 2 " + text, new List<Diagnostic>())!;
        LaunchReading reading = input.Framework.Read(input.Settings, input.File, Job, null);
        if (split is null)
            reading.Diagnostics.ShouldContain(static one => one.Code == LaunchCodes.Contradiction);
        else
            reading.Plan.Split!.ToString().ShouldBe(split);
    }

    [Fact]
    public void A_script_with_variables_and_lists_is_read()
    {
        LaunchReading reading = Read(
            """
            #!/bin/bash
            GPUS_PER_NODE=8
            NUM_NODES=${NUM_NODES:-4}
            TP=$1
            DISTRIBUTED_ARGS=(
                --nproc_per_node $GPUS_PER_NODE
                --nnodes $NUM_NODES
            )
            MODEL=( --num-layers 80 "--seq-length 4096" )
            ARGS+=(--tensor-model-parallel-size ${TP_SIZE:-4} --micro-batch-size 1 --global-batch-size $GBS --node_rank 0 --sequence-parallel "${MODEL[@]}")
            SWITCHES=(
                --use-distributed-optimizer
            )
            LAST=1
            torchrun ${DISTRIBUTED_ARGS[@]} pretrain_gpt.py "${ARGS[@]}" --bf16
            """, Job);
        (reading.Ranks, reading.Plan.TensorParallel, reading.Plan.DataParallel, reading.Plan.Sequence, reading.Plan.SequenceParallel).ShouldBe((32, 4, 8, 4096, true));
        reading.States(PlanEntries.GlobalBatch).ShouldBeTrue("a batch that is set elsewhere is the framework's default");
        reading.Plan.Zero.ShouldBe(1);
        reading.Diagnostics.ShouldContain(static one => one.Message.Contains("$GBS", StringComparison.Ordinal));
    }

    [Fact]
    public void Experts_of_megatron_are_split_as_the_rest_unless_told()
    {
        LaunchJob experts = Job with { HasExperts = true, Ranks = 64 };
        Read("--tensor-model-parallel-size 4 --expert-model-parallel-size 8 --seq-length 4096", experts).Plan.ExpertTensorParallel.ShouldBe(4);
        Read("--tensor-model-parallel-size 4 --expert-tensor-parallel-size 1 --seq-length 4096", experts).Plan.ExpertTensorParallel.ShouldBe(1);
    }

    [Fact]
    public void Options_of_megatron_that_change_a_layout_are_read()
    {
        LaunchJob experts = Job with { HasExperts = true, Layers = 12, Ranks = 64 };
        Plan plan = Read(
            "--pipeline-model-parallel-size 4 --pipeline-model-parallel-layout 'Et*2|ttt*2|tttt|tttL' --recompute-granularity selective --recompute-modules moe layernorm mla_up_proj "
            + "--moe-expert-capacity-factor 1.25 --moe-pad-expert-input-to-capacity --overlap-moe-expert-parallel-comm --optimizer-cpu-offload --seq-length 4096", experts).Plan;
        plan.Split.ShouldBe(PipelineSplit.Of([2, 4, 4, 3]));
        plan.VirtualStages.ShouldBe(1);
        (plan.Recompute, plan.RecomputeModules).ShouldBe((Recompute.Modules, RecomputeModules.Experts | RecomputeModules.Norm | RecomputeModules.Latent));
        (plan.CapacityFactor, plan.OverlapsExperts, plan.Offload).ShouldBe((1.25, true, Offload.Optimizer));
        Read("--pipeline-model-parallel-size 2 --pipeline-model-parallel-layout 'Et*3|t*3|t*3|t*3L' --seq-length 4096", experts).Plan.VirtualStages.ShouldBe(2);
        Read("--pipeline-model-parallel-size 2 --pipeline-model-parallel-layout 'E(t|)*3L' --seq-length 4096", experts)
            .Diagnostics.ShouldContain(static one => one.Message.Contains("repetitions of one letter", StringComparison.Ordinal));
    }

    [Fact]
    public void A_job_file_of_torchtitan_is_read()
    {
        LaunchReading reading = Read(
            """
            # Llama 3 405B
            [model]
            name = "llama3"
            converters = ["quantize.linear.float8"]

            [training]
            local_batch_size = 2
            seq_len = 8192

            [parallelism]
            data_parallel_shard_degree = -1
            tensor_parallel_degree = 8  # 8-way
            [activation_checkpoint]
            mode = "full"
            """, Job with { Ranks = 128 });
        reading.Framework.Name.ShouldBe("torchtitan");
        Plan plan = reading.Plan;
        (plan.TensorParallel, plan.DataParallel, plan.Zero, plan.MicroBatch, plan.GlobalBatch).ShouldBe((8, 16, 3, 2, 32));
        (plan.Precision, plan.Recompute, plan.SequenceParallel).ShouldBe((NumberFormat.Fp8, Recompute.Full, true));
    }

    [Fact]
    public void Token_budgets_of_later_torchtitan_are_batches()
    {
        LaunchReading reading = Read(
            "NGPU=16 ./run_train.sh --parallelism.tensor_parallel_degree 2 --training.max_context_length 4096 "
            + "--training.num_tokens_per_microbatch_per_dp_rank 8192 --training.num_tokens_per_train_step 524288", Job);
        (reading.Plan.DataParallel, reading.Plan.MicroBatch, reading.Plan.GlobalBatch, reading.Plan.Sequence).ShouldBe((8, 2, 128, 4096));
    }

    [Fact]
    public void A_job_file_of_nxd_says_how_cores_are_joined()
    {
        const string Text = "trainer:\n  devices: 64\n  num_nodes: 2\n  lnc: 2\ndistributed_strategy:\n  tensor_model_parallel_size: 32\n  zero1: True\n";
        LaunchInput input = LaunchInput.Open(Text, new List<Diagnostic>())!;
        input.Framework.Name.ShouldBe("nxd");
        input.Framework.LogicalCoreOf(input.Settings).ShouldBe(2);
        LaunchReading reading = Read(Text, Job);
        (reading.Ranks, reading.Plan.DataParallel, reading.Plan.Zero).ShouldBe((128, 4, 1));
    }

    [Fact]
    public void Axes_of_maxtext_that_are_left_open_take_the_devices_that_are_left()
    {
        LaunchReading reading = Read("ici_tensor_parallelism=4 per_device_batch_size=2 max_target_length=8192", Job with { Ranks = 64, RanksPerDomain = 16 });
        Plan plan = reading.Plan;
        (plan.TensorParallel, plan.DataParallel, plan.Zero, plan.ShardRanks).ShouldBe((4, 16, 3, 4));
        (plan.MicroBatch, plan.GlobalBatch).ShouldBe((8, 128));
    }

    [Theory]
    [InlineData("--tensor-model-parallel-size 8 --pipeline-model-paralel-size 2", "did you mean '--pipeline-model-parallel-size'?")]
    [InlineData("--tensor-model-parallel-size eight", "expected a whole number from 1")]
    [InlineData("--tensor-model-parallel-size 0", "expected a whole number from 1")]
    [InlineData("--tensor-model-parallel-size 8 --recompute-granularity ful", "did you mean 'full'?")]
    [InlineData("torchrun --nnodes 2 --nproc-per-node 8 --tensor-model-parallel-size 3", "does not divide the 16 ranks")]
    [InlineData("--tensor-model-parallel-size 8 --fp8-format hybrid --fp4-format e2m1", "exclude each other")]
    [InlineData("--tensor-model-parallel-size 8 --num-virtual-stages-per-pipeline-rank 2", "needs --pipeline-model-parallel-size above 1")]
    [InlineData("torchrun --nproc-per-node 8 --tensor-model-parallel-size 2 --micro-batch-size 3 --global-batch-size 16", "is no multiple")]
    [InlineData("--parallelism.tensor_parallel_degree 2 --parallelism.data_parallel_shard_degree 3 --nnodes 1 --nproc-per-node 8", "makes 6 ranks, but the job has 8")]
    [InlineData("ici_tensor_parallelism=2 ici_fsdp_parallelism=4 dcn_data_parallelism=1 per_device_batch_size=0.3", "sequences on 4 data-parallel ranks")]
    [InlineData("distributed_strategy:\n  tensor_model_parallel_size: 2\n  context_parallel_size: 2\n", "needs model.fusions.ring_attention")]
    [InlineData("--tensor-model-parallel-size 8 --bf16 \"--seq-length", "is never closed")]
    [InlineData("nothing of the kind", "expected those of megatron, nxd, torchtitan, maxtext")]
    public void What_is_wrong_is_said_in_the_person_s_own_words(string text, string message)
    {
        List<Diagnostic> problems = [];
        if (LaunchInput.Open(text, problems) is { } input)
            problems.AddRange(input.Framework.Read(input.Settings, input.File, Job, null).Diagnostics);
        problems.Where(static one => one.Severity == Severity.Error).ShouldContain(one => one.Message.Contains(message, StringComparison.Ordinal), string.Join('\n', problems));
    }

    [Fact]
    public void An_argument_that_exists_is_not_taken_for_a_slip_of_its_neighbour()
    {
        HashSet<string> others = ["decoder-seq-length", "lr"];
        LaunchInput input = LaunchInput.Open("--seq-length 4096 --decoder-seq-length 512 --lr 1e-4 --seq-lenght 8", new List<Diagnostic>())!;
        Diagnostic[] said = [.. input.Framework.Read(input.Settings, input.File, Job, others).Diagnostics];
        said.Where(static one => one.Severity == Severity.Error).ShouldHaveSingleItem().Message.ShouldContain("--seq-lenght");
        said.Where(static one => one.Severity == Severity.Note).ShouldHaveSingleItem().Message.ShouldContain("--decoder-seq-length, --lr");
    }

    [Fact]
    public void Every_key_we_read_exists_in_the_framework()
    {
        string root = DataCatalog.FindDataRoot();
        foreach (LaunchFramework framework in LaunchFramework.All)
        {
            IReadOnlySet<string> names = LaunchNames.Of(framework, root).ShouldNotBeNull();
            // The launcher's own words, and those that versions before or after the listed one have.
            string[] beside =
            [
                "nnodes", "nproc-per-node", "NGPU", "parallelism.enable_sequence_parallel", "parallelism.num_pp_microbatches", "training.max_context_length",
                "training.num_tokens_per_microbatch_per_dp_rank", "training.num_tokens_per_train_step", "ici_tensor_sequence_parallelism",
            ];
            framework.Keys.Except(names).Except(beside).ShouldBeEmpty(framework.Name);
        }
    }

    [Fact]
    public void No_text_throws()
    {
        RandomStream random = RandomStream.Create(7, "launch", 0);
        string[] texts = [.. Enumerable.Range(0, 40).Select(static seed => RandomPlans.Of((ulong)seed)).SelectMany(
            static one => LaunchFramework.All.Select(framework => framework.Write(one.Plan, one.Job, ["c"]).Text))];
        for (int round = 0; round < 250; round++)
        {
            StringBuilder text = new(texts[random.NextInt(texts.Length)]);
            for (int change = 0; change < 1 + random.NextInt(6); change++)
            {
                int at = random.NextInt(text.Length);
                switch (random.NextInt(3))
                {
                    case 0:
                        text[at] = (char)(1 + random.NextInt(127));
                        break;
                    case 1:
                        text.Remove(at, Math.Min(text.Length - at, 1 + random.NextInt(20)));
                        text.Append(' ');
                        break;
                    default:
                        text.Insert(at, "99999999999"[..(1 + random.NextInt(10))]);
                        break;
                }
            }

            foreach (LaunchFramework framework in LaunchFramework.All)
            {
                if (LaunchInput.Open($"{framework.Name}:{text}", new List<Diagnostic>()) is { } input)
                    framework.Read(input.Settings, input.File, Job with { Ranks = round % 2 * 64 }, null).ShouldNotBeNull();
            }
        }
    }

    private static LaunchReading Read(string text, LaunchJob job)
    {
        List<Diagnostic> problems = [];
        LaunchInput? input = LaunchInput.Open(text, problems);
        input.ShouldNotBeNull(string.Join('\n', problems));
        LaunchReading reading = input.Framework.Read(input.Settings, input.File, job, null);
        reading.Diagnostics.Where(static one => one.Severity == Severity.Error).ShouldBeEmpty();
        return reading;
    }
}
