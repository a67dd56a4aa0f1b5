namespace Orrery.Interchange;

/// <summary>The attribute <c>comm_type</c> of a collective; the numbers are those of the schema.</summary>
/// <remarks>Source: mlcommons/chakra, schema/protobuf/et_def.proto, schema 0.0.4.</remarks>
public enum ChakraCollective : byte
{
    AllReduce = 0,
    Reduce = 1,
    AllGather = 2,
    Gather = 3,
    Scatter = 4,
    Broadcast = 5,
    AllToAll = 6,
    ReduceScatter = 7,
    ReduceScatterBlock = 8,
    Barrier = 9,

    /// <summary>The node does not say.</summary>
    Unstated = 255,
}
