namespace Orrery.Training;

/// <summary>How long and how wide a pipeline is.</summary>
/// <param name="VirtualStages">Model chunks a stage holds (VPP).</param>
/// <param name="MicroBatches">Micro-batches of one step.</param>
public readonly record struct PipelineShape(int Stages, int VirtualStages, int MicroBatches)
{
    /// <summary>Chunks the network is cut into.</summary>
    public int Chunks => Stages * VirtualStages;
}
