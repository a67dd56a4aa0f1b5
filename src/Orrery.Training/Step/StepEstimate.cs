using Orrery.Units;

namespace Orrery.Training;

/// <summary>The closed-form answer for one plan; a value, so a search over millions of plans allocates nothing.</summary>
public struct StepEstimate
{
    public double StepTime;
    public StepBreakdown Breakdown;

    /// <summary>Seconds of a step, mean over ranks, that the matrix engine is active.</summary>
    public double MatrixBusy;

    /// <summary>Bytes a rank moves to and from device memory in a step, mean over ranks.</summary>
    public double MemoryBytes;

    /// <summary>Seconds of a step, mean over ranks, that links are active.</summary>
    public double LinkBusy;

    /// <summary>Busy time of the slowest stage for one micro-batch.</summary>
    public double SlowestStage;
}
