using System.Text.Json;

namespace Orrery.Cli.Reports;

/// <summary>Numbers of a report in JSON, finite or null, and its texts.</summary>
public static class JsonNumbers
{
    public static void Number(this Utf8JsonWriter writer, string name, double value)
    {
        if (double.IsFinite(value))
            writer.WriteNumber(name, value);
        else
            writer.WriteNull(name);
    }

    public static void Number(this Utf8JsonWriter writer, string name, double? value) => writer.Number(name, value ?? double.NaN);

    public static void Text(this Utf8JsonWriter writer, string name, string? value)
    {
        if (value is null)
            writer.WriteNull(name);
        else
            writer.WriteString(name, value);
    }

    public static void Texts(this Utf8JsonWriter writer, string name, IEnumerable<string> texts)
    {
        writer.WriteStartArray(name);
        foreach (string text in texts)
            writer.WriteStringValue(text);
        writer.WriteEndArray();
    }
}
