namespace Orrery.Fabric;

/// <summary>The directions in which a job is split over ranks.</summary>
public enum ParallelAxis : byte
{
    Tensor,
    Context,
    Expert,
    Data,
    Pipeline,
}
