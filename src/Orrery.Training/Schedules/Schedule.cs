using System.Collections.Immutable;

namespace Orrery.Training;

/// <summary>One pass of one micro-batch through one model chunk, as a stage runs it.</summary>
/// <param name="Chunk">Chunk of the whole network: stage + stages x (chunk on the stage).</param>
public readonly record struct ScheduleSlot(int Chunk, int MicroBatch, bool IsBackward);

/// <summary>
/// The order in which a stage runs its passes. A new schedule is one class here and one line in <see cref="All"/>.
/// </summary>
public abstract class Schedule
{
    /// <summary>Every schedule, by the word the command line uses.</summary>
    public static ImmutableArray<Schedule> All { get; } = [new OneForwardOneBackward(), new InterleavedSchedule(), new GPipe()];

    /// <summary>The word of the command line: <c>1f1b</c>.</summary>
    public abstract string Name { get; }

    public abstract PipelineSchedule Kind { get; }

    /// <summary>Whether a rank may hold several chunks.</summary>
    public abstract bool AllowsVirtualStages { get; }

    /// <summary>The schedule of <paramref name="kind"/>.</summary>
    public static Schedule Of(PipelineSchedule kind)
    {
        foreach (Schedule schedule in All)
        {
            if (schedule.Kind == kind)
                return schedule;
        }

        throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such schedule");
    }

    /// <summary>Passes a stage runs in one step: forward and backward of every micro-batch through every chunk it holds.</summary>
    public static int Passes(int virtualStages, int microBatches) => 2 * virtualStages * microBatches;

    /// <summary>Why the schedule cannot run this, or null.</summary>
    public virtual string? Objection(int stages, int virtualStages, int microBatches) =>
        virtualStages > 1 && !AllowsVirtualStages ? $"the {Name} schedule has one chunk a stage; use interleaved for vpp {virtualStages}" : null;

    /// <summary>Fills <paramref name="into"/> (of <see cref="Passes"/> slots) with the order of stage <paramref name="stage"/>.</summary>
    public abstract void Order(int stage, int stages, int virtualStages, int microBatches, Span<ScheduleSlot> into);

    /// <summary>
    /// Closed form of the time from the first pass to the last one, in seconds, on more than one stage. A test holds it to the event run of
    /// <see cref="Order"/>.
    /// </summary>
    public abstract double Time(in PassTimes times, int microBatches);

    /// <summary>Most passes (chunk x micro-batch) whose activations stage <paramref name="stage"/> holds at once.</summary>
    public abstract int PeakPasses(int stage, int stages, int virtualStages, int microBatches);
}
