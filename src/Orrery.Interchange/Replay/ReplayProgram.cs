using System.Collections.Immutable;
using Orrery.Engine;

namespace Orrery.Interchange;

/// <summary>What kind of time a task takes.</summary>
public enum ReplayTaskKind : byte
{
    /// <summary>None.</summary>
    Instant,

    /// <summary>Of the accelerator.</summary>
    Compute,

    /// <summary>Of the host.</summary>
    Host,

    /// <summary>Of the network.</summary>
    Communication,
}

/// <summary>One collective of all its members, or one message, with what it costs.</summary>
/// <param name="Kind">What is done; <see cref="ChakraCollective.Unstated"/> for a message.</param>
/// <param name="Group">Its process group in words.</param>
/// <param name="Bytes">What each rank hands in.</param>
/// <param name="Ranks">Members.</param>
/// <param name="Price">Of one, whole.</param>
/// <param name="Ticks">Time it takes here.</param>
public sealed record ReplayExchange(ChakraCollective Kind, string Group, double Bytes, int Ranks, ReplayPrice Price, long Ticks);

/// <summary>
/// The traces of a job as one program: every node of every rank a task with its time, its stream and who waits for it; the members of a collective joined. Made
/// by <see cref="ReplayCompiler"/>, run by <see cref="ReplayRun"/>.
/// </summary>
public sealed class ReplayProgram
{
    /// <summary>Length of a tick.</summary>
    public static TickScale Scale => TickScale.Picoseconds;

    public required TraceSet Set { get; init; }

    public required ReplayFabric Fabric { get; init; }

    /// <summary>Exchanges of the program; those of equal price and group share one entry.</summary>
    public ImmutableArray<ReplayExchange> Exchanges { get; init; } = [];

    // Arrays over tasks: the nodes of the first trace, then those of the next.
    internal int[] First { get; init; } = [];

    internal int[] TraceOf { get; init; } = [];

    internal long[] Duration { get; init; } = [];

    internal ReplayTaskKind[] Kind { get; init; } = [];

    /// <summary>Stream that works through its tasks one at a time; -1 for none.</summary>
    internal int[] Stream { get; init; } = [];

    /// <summary>Place of a task among those of its rank.</summary>
    internal int[] Place { get; init; } = [];

    internal int[] ParentStart { get; init; } = [];

    internal int[] Parents { get; init; } = [];

    /// <summary>Joint of a task; -1 for none.</summary>
    internal int[] Joint { get; init; } = [];

    internal int[] JointStart { get; init; } = [];

    internal int[] JointMembers { get; init; } = [];

    /// <summary>Exchange of a task; -1 for none.</summary>
    internal int[] Exchange { get; init; } = [];

    /// <summary>For a message that is received: the task that sends it; -1 for none.</summary>
    internal int[] Sender { get; init; } = [];

    internal ImmutableArray<string> StreamNames { get; init; } = [];

    public int TaskCount => TraceOf.Length;

    internal int JointCount => JointStart.Length - 1;

    /// <summary>A task in words, with its rank.</summary>
    public string Describe(int task) => Set.Traces[TraceOf[task]].Describe(task - First[TraceOf[task]]);

    /// <summary>The trace a task is of.</summary>
    public ChakraTrace TraceFor(int task) => Set.Traces[TraceOf[task]];

    /// <summary>The node a task was made of.</summary>
    public ref readonly ChakraNode NodeOf(int task) => ref Set.Traces[TraceOf[task]].Node(task - First[TraceOf[task]]);
}
