using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Training;
using Orrery.Units;
using Orrery.Validation.Reading;
using Orrery.Validation.Scoring;

namespace Orrery.Validation.Prediction;

/// <summary>Predicts published training steps by the event run, with the interval of the stack. For one thread.</summary>
public sealed class TrainingStepPredictor(CaseContexts contexts) : ITrainingPredictor
{
    private readonly StepRun run = new();

    /// <inheritdoc/>
    public Scoring.Prediction Predict(TrainingCaseInputs inputs)
    {
        Scoring.Prediction one = PredictReading(inputs);
        if (one.SkipReason is not null || inputs.Precision.Alternative is not { } other)
            return one;
        // The source leaves the format open between two: the middle of both, with an interval over both.
        Scoring.Prediction two = PredictReading(inputs with { Precision = inputs.Precision with { Products = other, Alternative = null } });
        return two.SkipReason is null
            ? Scoring.Prediction.Of(Math.Sqrt(one.Value * two.Value), Math.Min(one.Low, two.Low), Math.Max(one.High, two.High))
            : one;
    }

    private Scoring.Prediction PredictReading(TrainingCaseInputs inputs)
    {
        if (contexts.Find(inputs, out string why) is not { } found)
            return Scoring.Prediction.Skip(why);
        Plan plan = contexts.PlanOf(inputs, found);
        if (!found.Context.Steps.Prepare(plan))
        {
            return Scoring.Prediction.Skip(string.Create(
                CultureInfo.InvariantCulture,
                $"{inputs.Architecture.Layers} layers cannot be laid on pp {plan.PipelineParallel} x vpp {plan.VirtualStages}"));
        }

        Seconds step = run.Execute(found.Context.Steps, plan);
        ImmutableArray<Uncertainty> parts = new IntervalModel(found.Context.Stack, found.Context.System.Chip, found.Context.Constants, found.Context.Model.HasExperts).Parts([]);
        double half = IntervalModel.HalfWidth(parts);
        return Scoring.Prediction.Of(step.Value, step.Value * Math.Exp(-half), step.Value * Math.Exp(half));
    }
}
