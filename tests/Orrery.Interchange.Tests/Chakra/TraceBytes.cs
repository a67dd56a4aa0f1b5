namespace Orrery.Interchange.Tests;

/// <summary>Small traces for tests, written by the project's own writer.</summary>
internal sealed class TraceBytes
{
    private readonly ChakraAttribute[] _metadata;
    private readonly List<(ulong Id, string Name, ChakraNodeType Type, ulong[] Parents, ulong Micros, ChakraAttribute[] Attributes, string Inputs)> _nodes = [];

    public TraceBytes(params ReadOnlySpan<ChakraAttribute> metadata) => _metadata = metadata.ToArray();

    public TraceBytes Compute(ulong id, ulong micros, params ReadOnlySpan<ulong> parents)
    {
        _nodes.Add((id, $"compute {id}", ChakraNodeType.Compute, parents.ToArray(), micros, [], ""));
        return this;
    }

    public TraceBytes Host(ulong id, ulong micros, params ReadOnlySpan<ulong> parents)
    {
        _nodes.Add((id, $"host {id}", ChakraNodeType.Compute, parents.ToArray(), micros, [ChakraAttribute.Of("is_cpu_op", true)], ""));
        return this;
    }

    public TraceBytes Collective(ulong id, ChakraCollective kind, long size, string group = "", params ReadOnlySpan<ulong> parents)
    {
        List<ChakraAttribute> attributes = [ChakraAttribute.Of("comm_type", (long)kind), ChakraAttribute.Of("comm_size", size)];
        if (group.Length > 0)
            attributes.Add(ChakraAttribute.Of("pg_name", group));
        return Node(id, ChakraNodeType.Collective, parents, [.. attributes]);
    }

    public TraceBytes Send(ulong id, int to, long size, long tag = 0, params ReadOnlySpan<ulong> parents) =>
        Node(id, ChakraNodeType.Send, parents, ChakraAttribute.Of("comm_dst", (long)to), ChakraAttribute.Of("comm_size", size), ChakraAttribute.Of("comm_tag", tag));

    public TraceBytes Receive(ulong id, int from, long size, long tag = 0, params ReadOnlySpan<ulong> parents) =>
        Node(id, ChakraNodeType.Receive, parents, ChakraAttribute.Of("comm_src", (long)from), ChakraAttribute.Of("comm_size", size), ChakraAttribute.Of("comm_tag", tag));

    public TraceBytes Groups(ulong id, string json)
    {
        _nodes.Add((id, "groups", ChakraNodeType.Metadata, [], 0, [], json));
        return this;
    }

    public TraceBytes Node(ulong id, ChakraNodeType type, ReadOnlySpan<ulong> parents, params ReadOnlySpan<ChakraAttribute> attributes)
    {
        _nodes.Add((id, $"{type} {id}", type, parents.ToArray(), 0, attributes.ToArray(), ""));
        return this;
    }

    public byte[] ToArray()
    {
        using MemoryStream stream = new();
        ChakraWriter writer = new(stream);
        writer.WriteMetadata(_metadata);
        foreach ((ulong id, string name, ChakraNodeType type, ulong[] parents, ulong micros, ChakraAttribute[] attributes, string inputs) in _nodes)
            writer.WriteNode(id, name, type, parents, [], micros, attributes, inputs);
        writer.Flush();
        return stream.ToArray();
    }
}
