using Orrery.Units;

namespace Orrery.Operators;

/// <summary>Group communication, named by what it does.</summary>
public enum CollectiveKind : byte
{
    AllReduce,
    AllGather,
    ReduceScatter,
    AllToAll,
    Broadcast,
    Reduce,
    Gather,
    Scatter,
    Barrier,
    PointToPoint,
}

/// <summary>
/// One collective as every rank of the group sees it. <paramref name="Size"/> follows the NCCL tests: the full vector each rank holds for
/// all-reduce, the total output for all-gather, the total input for reduce-scatter, the total a rank sends for all-to-all, the message for the rest.
/// </summary>
public readonly record struct Collective(CollectiveKind Kind, Bytes Size, NumberFormat Format = NumberFormat.Bf16);
