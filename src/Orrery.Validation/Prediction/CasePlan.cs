using Orrery.Catalog;
using Orrery.Training;
using Orrery.Validation.Reading;

namespace Orrery.Validation.Prediction;

/// <summary>The plan of a published case: what the source states, and the stack's defaults where it is silent.</summary>
public static class CasePlan
{
    /// <summary>The plan of <paramref name="inputs"/> under <paramref name="stack"/>.</summary>
    public static Plan Of(TrainingCaseInputs inputs, StackDescription stack)
    {
        bool sequenceParallel = inputs.TensorParallel > 1 && (inputs.SequenceParallel ?? stack.DefaultSequenceParallel);
        return new Plan
        {
            TensorParallel = inputs.TensorParallel,
            PipelineParallel = inputs.PipelineParallel,
            VirtualStages = inputs.VirtualStages,
            DataParallel = inputs.DataParallel,
            ContextParallel = inputs.ContextParallel,
            ExpertParallel = inputs.ExpertParallel,
            ExpertTensorParallel = 1,
            MicroBatch = inputs.MicroBatch,
            GlobalBatch = inputs.GradientAccumulation * inputs.DataParallel * inputs.MicroBatch,
            Sequence = inputs.Sequence,
            Recompute = RecomputeOf(inputs.Recompute, stack),
            Zero = inputs.Zero,
            ShardRanks = inputs.Zero >= 3 ? inputs.ShardRanks : 0,
            SequenceParallel = sequenceParallel,
            Attention = stack.Attention == "unfused" ? AttentionKernel.Unfused : AttentionKernel.Flash,
            Precision = inputs.Precision.Products,
            Schedule = Schedule.UsualFor(inputs.VirtualStages),
            HasFrozenWeights = inputs.Task == CaseTask.LowRankAdapters,
        };
    }

    private static Recompute RecomputeOf(CaseRecompute stated, StackDescription stack) => stated switch
    {
        CaseRecompute.None => Recompute.None,
        CaseRecompute.Selective => Recompute.Selective,
        // Policies that recompute most of a layer cost nearly a full forward pass.
        CaseRecompute.Partial or CaseRecompute.Full => Recompute.Full,
        _ => stack.DefaultRecompute switch { "full" => Recompute.Full, "selective" => Recompute.Selective, _ => Recompute.None },
    };
}
