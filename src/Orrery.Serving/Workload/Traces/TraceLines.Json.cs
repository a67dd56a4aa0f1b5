using System.Text.Json;
using Orrery.Catalog;

namespace Orrery.Serving;

/// <content>Lines that are JSON objects.</content>
internal sealed partial class TraceLines
{
    private bool Json(ReadOnlySpan<byte> line, int number, ref TraceRow row)
    {
        row.IsTimed = !layout.NeedsArrival;
        try
        {
            Utf8JsonReader reader = new(line);
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.StartArray && reader.CurrentDepth == 0)
                    return NoObject(number, 1);
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1)
                    continue;
                if (!Value(ref reader, number, line, ref row))
                    return false;
            }
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException)
        {
            return NoObject(number, exception is JsonException { BytePositionInLine: { } at } ? (int)at + 1 : 1);
        }

        if (row.IsTimed)
            return true;
        if (IsShown(ServingCode.BadTraceLine))
            Say(ServingCode.BadTraceLine, number, 1, $"'{layout.Arrival[0]}' is missing; expected a time");
        return false;
    }

    private bool NoObject(int number, int place)
    {
        if (IsShown(ServingCode.BadTraceLine))
            Say(ServingCode.BadTraceLine, number, place, "the line is not a JSON object from here on");
        return false;
    }

    /// <summary>Reads the value of the key that the reader stands on; false where it makes the line useless, which is said.</summary>
    private bool Value(ref Utf8JsonReader reader, int number, ReadOnlySpan<byte> line, ref TraceRow row)
    {
        bool isArrival = IsOneOf(ref reader, layout.Arrival);
        bool isInput = !isArrival && IsOneOf(ref reader, layout.Input);
        bool isOutput = !isArrival && !isInput && IsOneOf(ref reader, layout.Output);
        bool isPriority = !isArrival && !isInput && !isOutput && IsOneOf(ref reader, layout.Priority);
        bool isBlocks = !isArrival && !isInput && !isOutput && layout.Blocks.Length > 0 && reader.ValueTextEquals(layout.Blocks);
        reader.Read();
        int place = (int)reader.TokenStartIndex + 1;
        double value = reader.TokenType == JsonTokenType.Number ? reader.GetDouble() : double.NaN;
        if (isBlocks)
            return Blocks(ref reader, number, place, line);
        if (isArrival)
        {
            row.IsTimed = clock.TryRead(value, out row.Time, out row.IsBeyond);
            if (!row.IsTimed && IsShown(ServingCode.BadTraceLine))
                Say(ServingCode.BadTraceLine, number, place, $"'{layout.Arrival[0]}' is '{ValueAt(line, place)}'; expected a time as a number");
            reader.Skip();
            return row.IsTimed;
        }

        if (isInput)
            (row.Input, row.InputAt) = (value, place);
        else if (isOutput)
            (row.Output, row.OutputAt) = (value, place);
        else if (isPriority)
            (row.Priority, row.PriorityAt) = (value, place);
        reader.Skip();
        return true;
    }

    private bool Blocks(ref Utf8JsonReader reader, int number, int place, ReadOnlySpan<byte> line)
    {
        bool isList = reader.TokenType == JsonTokenType.StartArray;
        while (isList && reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            place = (int)reader.TokenStartIndex + 1;
            if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int hash))
                blocks.Add(hash);
            else
                isList = false;
        }

        if (!isList && IsShown(ServingCode.BadTraceLine))
            Say(ServingCode.BadTraceLine, number, place, $"'{layout.Blocks}' holds '{ValueAt(line, place)}'; expected a list of whole numbers up to {int.MaxValue:#,0}");
        return isList;
    }

    private static bool IsOneOf(ref Utf8JsonReader reader, string[] names)
    {
        foreach (string name in names)
        {
            if (reader.ValueTextEquals(name))
                return true;
        }

        return false;
    }
}
