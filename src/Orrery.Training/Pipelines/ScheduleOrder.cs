using System.Runtime.InteropServices;

namespace Orrery.Training;

/// <summary>The passes of one stage in the order they run; filled by a <see cref="Schedule"/>, and filled again without allocating.</summary>
public sealed class ScheduleOrder
{
    private readonly List<ScheduleSlot> slots = [];

    public int Count => slots.Count;

    public ReadOnlySpan<ScheduleSlot> Slots => CollectionsMarshal.AsSpan(slots);

    public void Clear() => slots.Clear();

    public void Forward(int chunk, int microBatch) => slots.Add(new(chunk, microBatch, PassKind.Forward));

    /// <summary>Both gradients in one pass.</summary>
    public void Backward(int chunk, int microBatch) => slots.Add(new(chunk, microBatch, PassKind.Backward));

    public void InputGradient(int chunk, int microBatch) => slots.Add(new(chunk, microBatch, PassKind.InputGradient));

    public void WeightGradient(int chunk, int microBatch) => slots.Add(new(chunk, microBatch, PassKind.WeightGradient));

    /// <summary>A forward pass and a whole backward pass of another micro-batch at once: the communication of each runs beside the computation of the other.</summary>
    public void Pair(int forwardChunk, int forwardMicroBatch, int backwardChunk, int backwardMicroBatch) =>
        slots.Add(new(forwardChunk, forwardMicroBatch, PassKind.Forward, backwardChunk, backwardMicroBatch));
}
