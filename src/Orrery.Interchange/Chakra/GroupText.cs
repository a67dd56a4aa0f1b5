using System.Collections.Immutable;
using System.Text.Json;

namespace Orrery.Interchange;

/// <summary>
/// Process groups as traces hold them: JSON inside the inputs of a metadata node, a list of objects with <c>pg_name</c> and <c>ranks</c>, perhaps
/// wrapped in the list of inputs. An empty list of ranks means all. <c>axes</c>, pairs of stride and degree, stands in place of ranks where a trace
/// stands for a class of ranks.
/// </summary>
internal static class GroupText
{
    private const int MostRanks = 1 << 22;
    private const int MostDepth = 16;

    public static void Read(ReadOnlySpan<byte> text, ChakraTraceBuilder builder, TraceMistakes mistakes, ulong node)
    {
        int from = text.IndexOf("[{"u8), to = text.LastIndexOf("}]"u8);
        if (from < 0 || to < from)
            return;
        Utf8JsonReader reader = new(text[from..(to + 2)], new JsonReaderOptions { MaxDepth = MostDepth });
        try
        {
            Read(ref reader, builder, mistakes, node);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Other metadata nodes hold other texts; one that names groups and breaks off is a mistake.
            if (text.IndexOf("pg_name"u8) >= 0)
                mistakes.Error(ReplayCodes.UnknownGroup, $"{builder.Describe(node, default)} defines process groups in broken JSON");
        }
    }

    private static void Read(ref Utf8JsonReader reader, ChakraTraceBuilder builder, TraceMistakes mistakes, ulong node)
    {
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            string? name = null;
            ImmutableArray<int> ranks = [];
            ImmutableArray<int> axes = [];
            bool isGood = true;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string key = reader.GetString() ?? "";
                reader.Read();
                switch (key)
                {
                    case "pg_name":
                        name = reader.TokenType == JsonTokenType.String ? reader.GetString() : reader.TokenType == JsonTokenType.Number ? Number(ref reader) : null;
                        break;
                    case "ranks" when reader.TokenType == JsonTokenType.StartArray:
                        isGood &= Numbers(ref reader, 0, out ranks);
                        break;
                    case "axes" when reader.TokenType == JsonTokenType.StartArray:
                        isGood &= Numbers(ref reader, 1, out axes);
                        break;
                    default:
                        reader.Skip();
                        break;
                }
            }

            if (name is null)
                continue;
            isGood &= axes.Length % 2 == 0 && HasNoRepeats(ranks);
            if (!isGood)
            {
                mistakes.Error(ReplayCodes.UnknownGroup, $"{builder.Describe(node, default)} defines group '{TraceMistakes.Clean(name)}' by ranks that cannot be");
                continue;
            }

            GroupAxis[] pairs = new GroupAxis[axes.Length / 2];
            for (int pair = 0; pair < pairs.Length; pair++)
                pairs[pair] = new GroupAxis(axes[2 * pair], axes[(2 * pair) + 1]);

            // Ranks beside axes are those of the trace itself, for other readers.
            builder.Define(name, new ProcessGroup(pairs.Length > 0 ? [] : ranks, ImmutableArray.Create(pairs)));
        }
    }

    private static string Number(ref Utf8JsonReader reader) => reader.TryGetInt64(out long number) ? number.ToString() : "";

    /// <summary>A list of whole numbers.</summary>
    internal static bool Numbers(ref Utf8JsonReader reader, int low, out ImmutableArray<int> numbers)
    {
        ImmutableArray<int>.Builder list = ImmutableArray.CreateBuilder<int>();
        bool isGood = true;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int number) && number >= low && list.Count < MostRanks)
            {
                list.Add(number);
                continue;
            }

            isGood = false;
            reader.Skip();
        }

        numbers = list.ToImmutable();
        return isGood;
    }

    internal static bool HasNoRepeats(ImmutableArray<int> ranks)
    {
        HashSet<int> seen = new(ranks.Length);
        foreach (int rank in ranks)
        {
            if (!seen.Add(rank))
                return false;
        }

        return true;
    }
}
