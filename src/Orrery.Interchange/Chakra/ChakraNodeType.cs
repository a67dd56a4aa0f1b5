namespace Orrery.Interchange;

/// <summary>What a node of an execution trace is; the numbers are those of the schema.</summary>
/// <remarks>Source: mlcommons/chakra, schema/protobuf/et_def.proto, schema 0.0.4.</remarks>
public enum ChakraNodeType : byte
{
    Invalid = 0,
    Metadata = 1,
    MemoryLoad = 2,
    MemoryStore = 3,
    Compute = 4,
    Send = 5,
    Receive = 6,
    Collective = 7,
}
