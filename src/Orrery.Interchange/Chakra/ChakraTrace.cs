using System.Text;

namespace Orrery.Interchange;

/// <summary>
/// The execution trace of one rank, or of a class of ranks that run the same: nodes and what each waits for, in dense arrays. Every parent is there and
/// there is no circle.
/// </summary>
public sealed class ChakraTrace
{
    /// <summary>The name by which messages call the file.</summary>
    public required string File { get; init; }

    /// <summary>The rank it was recorded on, or the one that stands for its class.</summary>
    public required int Rank { get; init; }

    /// <summary>Ranks of the whole job as the file says; 0 where it does not.</summary>
    public required int World { get; init; }

    /// <summary>Ranks that run it.</summary>
    public required int Count { get; init; }

    /// <summary>Ranks on one chip as the file says; 0 where it does not.</summary>
    public int RanksPerChip { get; init; }

    /// <summary>Process groups that the file defines, by name.</summary>
    public required IReadOnlyDictionary<string, ProcessGroup> Groups { get; init; }

    /// <summary>Names that nodes call process groups by.</summary>
    public required string[] GroupNames { get; init; }

    internal ChakraNode[] Nodes { get; init; } = [];

    internal int[] ParentStart { get; init; } = [];

    internal int[] Parents { get; init; } = [];

    /// <summary>Nodes so that parents come first; else as recorded, else by number.</summary>
    internal int[] Order { get; init; } = [];

    internal int[] NameEnd { get; init; } = [];

    internal byte[] Names { get; init; } = [];

    public int NodeCount => Nodes.Length;

    public int DependencyCount => Parents.Length;

    /// <summary>A node by its place in the file.</summary>
    public ref readonly ChakraNode Node(int index) => ref Nodes[index];

    /// <summary>Places of the nodes that must end before this one begins.</summary>
    public ReadOnlySpan<int> ParentsOf(int index) => Parents.AsSpan(ParentStart[index], ParentStart[index + 1] - ParentStart[index]);

    /// <summary>What the file calls the node; may be empty.</summary>
    public string NameOf(int index) => Encoding.UTF8.GetString(NameOf(index, NameEnd, Names));

    /// <summary>A node in words, with its rank.</summary>
    public string Describe(int index)
    {
        ReadOnlySpan<byte> name = NameOf(index, NameEnd, Names);
        return name.IsEmpty ? $"rank {Rank}: node {Nodes[index].Id}" : $"rank {Rank}: node {Nodes[index].Id} ({TraceMistakes.Clean(Encoding.UTF8.GetString(name))})";
    }

    internal static ReadOnlySpan<byte> NameOf(int index, int[] ends, byte[] names)
    {
        int start = index == 0 ? 0 : ends[index - 1];
        return names.AsSpan(start, ends[index] - start);
    }

    /// <summary>Turns lists of parents into lists of children, in order of the children.</summary>
    internal static (int[] Start, int[] Children) Turn(int count, int[] start, int[] parents)
    {
        int[] childStart = new int[count + 1];
        foreach (int parent in parents)
            childStart[parent + 1]++;
        for (int node = 0; node < count; node++)
            childStart[node + 1] += childStart[node];
        int[] children = new int[parents.Length];
        int[] filled = childStart.AsSpan(0, count).ToArray();
        for (int node = 0; node < count; node++)
        {
            for (int at = start[node]; at < start[node + 1]; at++)
                children[filled[parents[at]]++] = node;
        }

        return (childStart, children);
    }
}
