using System.Text.Json;
using Orrery.Catalog;

namespace Orrery.Cli.Reports;

/// <summary>Diagnostics as JSON.</summary>
public static class DiagnosticsJson
{
    /// <summary>The answer to wrong input: <c>{schema, diagnostics}</c>.</summary>
    public static void Write(TextWriter output, string schema, IEnumerable<Diagnostic> diagnostics)
    {
        using JsonText json = new(output);
        json.Writer.WriteStartObject();
        json.Writer.WriteString("schema", schema);
        Write(json.Writer, diagnostics);
        json.Writer.WriteEndObject();
    }

    /// <summary>The key <c>diagnostics</c> of any report; line and column are null where the input was a flag.</summary>
    public static void Write(Utf8JsonWriter writer, IEnumerable<Diagnostic> diagnostics)
    {
        writer.WriteStartArray("diagnostics");
        foreach (Diagnostic diagnostic in diagnostics)
        {
            writer.WriteStartObject();
            writer.WriteString("severity", diagnostic.Severity switch { Severity.Error => "error", Severity.Warning => "warning", _ => "note" });
            writer.WriteString("code", diagnostic.Code);
            writer.WriteString("file", diagnostic.File);
            WritePlace(writer, "line", diagnostic.Line);
            WritePlace(writer, "column", diagnostic.Column);
            writer.WriteString("message", diagnostic.Message);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WritePlace(Utf8JsonWriter writer, string name, int place)
    {
        if (place > 0)
            writer.WriteNumber(name, place);
        else
            writer.WriteNull(name);
    }
}
