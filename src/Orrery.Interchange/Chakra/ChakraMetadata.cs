namespace Orrery.Interchange;

/// <summary>What the message about a trace says beyond the schema: which ranks of how many it stands for.</summary>
internal static class ChakraMetadata
{
    private const int MostRanks = 1 << 24;

    public static void Take(ChakraTraceBuilder builder, TraceMistakes mistakes, ReadOnlySpan<byte> name, in AttributeValue value)
    {
        if (name.SequenceEqual("orrery_world"u8))
            builder.World = Ranks("orrery_world", value, mistakes);
        else if (name.SequenceEqual("orrery_count"u8))
            builder.Count = Ranks("orrery_count", value, mistakes);
        else if (name.SequenceEqual("orrery_ranks_per_chip"u8))
            builder.RanksPerChip = Ranks("orrery_ranks_per_chip", value, mistakes);
    }

    /// <summary>
    /// True for the attribute by which converters of recordings wrote their schema before Chakra's own was 0.0.4; the later ones end in it
    /// (<c>1.0.2-chakra.0.0.4</c>).
    /// </summary>
    public static bool IsOldSchema(ReadOnlySpan<byte> name, ReadOnlySpan<byte> text) => name.SequenceEqual("schema"u8) && !text.EndsWith("0.0.4"u8);

    private static int Ranks(string name, in AttributeValue value, TraceMistakes mistakes)
    {
        if (value.TryNumber(out double ranks) && ranks is >= 1 and <= MostRanks)
            return (int)ranks;
        mistakes.Error(ReplayCodes.BadAttribute, $"{name} is {value.Words()}; expected 1 to {MostRanks} ranks");
        return 1;
    }
}
