using Orrery.Training;

namespace Orrery.Validation.Prediction;

/// <summary>What prices the steps of a case, with the constants before any fit moves them, in file units.</summary>
public sealed record CaseContext(TrainingContext Context, double[] BaseValues);
