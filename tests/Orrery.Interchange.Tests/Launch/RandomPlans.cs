using Orrery.Engine;
using Orrery.Interchange.Launch;
using Orrery.Training;
using Orrery.Units;

namespace Orrery.Interchange.Tests.Launch;

/// <summary>Plans of every kind a person may have, from a seed; each with the job it is for.</summary>
internal static class RandomPlans
{
    private static readonly NumberFormat[] Formats =
        [NumberFormat.Bf16, NumberFormat.Fp8, NumberFormat.Mxfp8, NumberFormat.Fp8Block, NumberFormat.Nvfp4, NumberFormat.Fp32, NumberFormat.Fp16];

    public static (Plan Plan, LaunchJob Job) Of(ulong seed)
    {
        RandomStream random = RandomStream.Create(seed, "plans", 0);
        int Pick(params ReadOnlySpan<int> from) => from[random.NextInt(from.Length)];
        int tensor = Pick(1, 2, 4, 8);
        int stages = Pick(1, 1, 2, 4, 8);
        int context = Pick(1, 1, 2, 4);
        int data = Pick(1, 2, 3, 8, 64);
        bool hasExperts = Pick(0, 1) == 1;
        int expert = hasExperts ? Pick(1, 2, data, context * data) : 1;
        int virtualStages = stages > 1 ? Pick(1, 1, 2, 3) : 1;
        Schedule[] schedules = [.. Schedule.List.All.Where(one => one.Allows(new PipelineShape(stages, virtualStages, 24 * stages)))];
        ContextLayout layout = ContextLayout.List.All[random.NextInt(ContextLayout.List.All.Length)];
        int zero = Pick(0, 1, 2, 3, 3);
        int micro = Pick(1, 2, 3);
        int perChunk = Pick(1, 4, 10);
        int[]? layers = stages > 1 && Pick(0, 0, 1) == 1 ? Uneven(stages * virtualStages, perChunk) : null;
        var plan = new Plan
        {
            TensorParallel = tensor,
            PipelineParallel = stages,
            VirtualStages = virtualStages,
            ContextParallel = context,
            DataParallel = data,
            ExpertParallel = expert,
            ExpertTensorParallel = hasExperts ? Pick(1, tensor, Math.Max(1, tensor / 2)) : 1,
            MicroBatch = micro,
            GlobalBatch = micro * data * stages * Pick(1, 4, 24),
            Sequence = Pick(2048, 8192, 131072),
            Recompute = (Recompute)Pick(0, 1, 2, 3),
            RecomputeModules = (RecomputeModules)Pick(1, 2, 4, 8, 16, 32, 21, 63),
            Split = layers is null ? null : PipelineSplit.Of(layers),
            Offload = (Offload)Pick(0, 0, 1, 2, 3),
            Prefetch = Pick(1, 1, 0, 3),
            CapacityFactor = Pick(0, 0, 1, 2) * 0.75,
            OverlapsExperts = Pick(0, 0, 1) == 1,
            Zero = zero,
            ShardRanks = zero == 3 ? Pick(0, 0, 2, 8, 32) : 0,
            SequenceParallel = Pick(0, 1) == 1,
            Attention = (AttentionKernel)Pick(0, 0, 1),
            Precision = Formats[Pick(0, 1, 2, 3, 4, 5, 6)],
            Schedule = schedules[random.NextInt(schedules.Length)],
            ContextLayout = layout,
            ContextInner = layout.Name == "hybrid" && context > 1 ? Pick(0, 2) : 0,
            IsContextBalanced = Pick(0, 1) == 1,
            OptimizerStates = (OptimizerStates)Pick(0, 0, 1, 2),
            Gradients = Pick(0, 1, 2) switch { 0 => NumberFormat.Fp32, 1 => NumberFormat.Bf16, _ => null },
            FrozenFormat = NumberFormat.Nvfp4,
            Order = Pick(0, 0, 0, 1) == 0 ? new Plan().Order : "tp-cp-ep-pp-dp",
            HasFrozenWeights = Pick(0, 0, 0, 0, 1) == 1,
        };
        int perServer = Pick(8, 16, 64);
        return (plan, new LaunchJob
        {
            Layers = stages * virtualStages * perChunk,
            HasExperts = hasExperts,
            RanksPerServer = perServer,
            RanksPerDomain = perServer * Pick(1, 4),
        });
    }

    /// <summary>One layer of the last chunk on the first.</summary>
    private static int[] Uneven(int chunks, int each)
    {
        int[] layers = new int[chunks];
        Array.Fill(layers, each);
        layers[0]++;
        layers[^1]--;
        return layers;
    }
}
