using Orrery.Training;
using Orrery.Units;
using Orrery.Validation.Reading;
using Orrery.Validation.Scoring;

namespace Orrery.Validation.Prediction;

/// <summary>Predicts the memory of published jobs. For one thread.</summary>
public sealed class MemoryPredictor(CaseContexts contexts) : IMemoryPredictor
{
    /// <inheritdoc/>
    public MemoryPrediction Predict(TrainingCaseInputs inputs)
    {
        if (contexts.Find(inputs, out string why) is not { } found)
            return MemoryPrediction.Skip(why);
        Plan plan = contexts.PlanOf(inputs, found);
        if (!found.Context.Steps.Prepare(plan))
            return MemoryPrediction.Skip($"{inputs.Architecture.Layers} layers cannot be laid on {plan.PipelineParallel} x {plan.VirtualStages} stages");
        MemoryReport report = found.Context.Memory.Evaluate(plan);
        return new MemoryPrediction(report.Total, report.Activations, EightyPercentInterval.Deviations * found.Context.Constants[StackConstant.MemorySigma], null)
        {
            ReservedOverAllocated = found.Context.Constants[StackConstant.ReservedOverAllocated],
        };
    }
}
