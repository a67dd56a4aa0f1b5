using Orrery.Catalog;
using Orrery.Chips;
using Orrery.Fabric;
using Orrery.Models;

namespace Orrery.Training;

/// <summary>Everything that prices plans of one model on one system under one stack. For one thread.</summary>
public sealed class TrainingContext
{
    public TrainingContext(ModelArchitecture model, SystemDescription system, StackDescription stack, double[] fileValues, ChipModel chip, CollectiveModel fabric)
    {
        Model = model;
        System = system;
        Stack = stack;
        Chip = chip;
        Fabric = fabric;
        Constants = StackConstants.FromFileUnits(fileValues);
        Steps = new StepModel(model, system, stack, Constants, chip, fabric);
        Memory = new MemoryModel(model, stack, Constants, system.Chip, chip.RanksPerChip, Steps);
        Steps.StoredBytes = Memory.LayerActivations;
    }

    public ModelArchitecture Model { get; }

    public SystemDescription System { get; }

    public StackDescription Stack { get; }

    public ChipModel Chip { get; }

    public CollectiveModel Fabric { get; }

    public StackConstants Constants { get; }

    public StepModel Steps { get; }

    public MemoryModel Memory { get; }

    /// <summary>The event run, whose buffers are reused from plan to plan.</summary>
    public StepRun Run { get; } = new();
}
