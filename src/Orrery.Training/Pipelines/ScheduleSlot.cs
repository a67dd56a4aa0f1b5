namespace Orrery.Training;

/// <summary>One pass of one micro-batch through one model chunk, as a stage runs it.</summary>
/// <param name="Chunk">Chunk of the whole network, in its order.</param>
/// <param name="BesideChunk">Chunk of a whole backward pass that runs at the same time as this forward pass; -1 for none.</param>
/// <param name="BesideMicroBatch">Micro-batch of that pass.</param>
public readonly record struct ScheduleSlot(int Chunk, int MicroBatch, PassKind Kind, int BesideChunk = -1, int BesideMicroBatch = -1)
{
    /// <summary>Two passes run beside each other.</summary>
    public bool IsPair => BesideChunk >= 0;

    /// <summary>The slot begins to hold activations: a forward pass, alone or beside a backward pass.</summary>
    public bool Holds => Kind == PassKind.Forward;

    /// <summary>The slot ends the need for activations: a whole backward pass, or the gradient of the weights.</summary>
    public bool Frees => Kind is PassKind.Backward or PassKind.WeightGradient || IsPair;
}
