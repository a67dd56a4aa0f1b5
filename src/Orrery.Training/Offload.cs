namespace Orrery.Training;

/// <summary>What is kept in the host's memory instead of the chip's.</summary>
[Flags]
public enum Offload : byte
{
    None = 0,

    /// <summary>Master weights and moments; they stream past the chip for the update.</summary>
    Optimizer = 1,

    /// <summary>Stored activations: each layer's go down behind the next one's forward pass and come back before its backward pass.</summary>
    Activations = 2,
}
