using System.Text.Json;
using Orrery.Catalog;
using Orrery.Units;

namespace Orrery.Cli.Reports;

/// <summary>Figures of the catalogue with who says so, as text and as JSON.</summary>
public static class FigureText
{
    private const int KeyWidth = 30;
    private const int ValueWidth = 27;

    /// <summary>
    /// One figure: its key without the subject, the value in use and its mark; below it the source. Where sources disagree the other readings
    /// follow, each with the name that <c>--assume</c> takes in brackets.
    /// </summary>
    /// <param name="subject">Id of the chip, system or stack; it may hold points itself.</param>
    /// <param name="withNotes">Notes too, after the source.</param>
    public static void Write(TextWriter output, Terminal terminal, string subject, Sourced<string> figure, bool withNotes)
    {
        string key = figure.Key.StartsWith(subject + ".", StringComparison.Ordinal) ? figure.Key[(subject.Length + 1)..] : figure.Key;
        WriteReading(output, terminal, key, figure.Reading, figure.IsContested, withNotes);
        for (int index = 0; index < figure.Readings.Length; index++)
        {
            if (index != figure.Chosen)
                WriteReading(output, terminal, "  or", figure.Readings[index], isContested: true, withNotes);
        }
    }

    public static void WriteJson(Utf8JsonWriter writer, string name, IEnumerable<Sourced<string>> figures)
    {
        writer.WriteStartArray(name);
        foreach (Sourced<string> figure in figures)
        {
            writer.WriteStartObject();
            writer.WriteString("key", figure.Key);
            writer.WriteString("value", figure.Value);
            writer.WriteString("reading", figure.Reading.Name);
            writer.WriteStartArray("readings");
            foreach (Reading<string> reading in figure.Readings)
            {
                writer.WriteStartObject();
                writer.WriteString("name", reading.Name);
                writer.WriteString("value", reading.Value);
                writer.WriteString("mark", Word(reading.Mark));
                writer.WriteString("source", reading.Source);
                writer.WriteString("date", reading.Date);
                writer.WriteString("note", reading.Note);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary>A constant of a software stack and its range; its source below, except where it is only the vocabulary's default.</summary>
    /// <param name="hasSource">False where the source is that of others and said once.</param>
    public static void Write(TextWriter output, Terminal terminal, ConstantReading constant, bool hasSource = true)
    {
        string range = $"{Quantity.FormatNumber(constant.Low)} to {Quantity.FormatNumber(constant.High)}{(constant.IsAtLimit ? ", AT ITS LIMIT" : "")}";
        string unit = constant.Unit == "1" ? "" : " " + constant.Unit;
        WriteEntry(output, constant.Name, Quantity.FormatNumber(constant.Value) + unit, $"{Word(constant.Mark)} ({range})");
        if (hasSource && constant.Mark != Mark.Assumed)
            WriteSource(output, terminal, constant.Source);
    }

    public static void WriteJson(Utf8JsonWriter writer, string name, IEnumerable<ConstantReading> constants)
    {
        writer.WriteStartArray(name);
        foreach (ConstantReading constant in constants)
        {
            writer.WriteStartObject();
            writer.WriteString("name", constant.Name);
            writer.Number("value", constant.Value);
            writer.WriteString("unit", constant.Unit);
            writer.Number("low", constant.Low);
            writer.Number("high", constant.High);
            writer.WriteBoolean("isAtLimit", constant.IsAtLimit);
            writer.WriteString("mark", Word(constant.Mark));
            writer.WriteString("source", constant.Source);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary>A line of three columns, the last wrapped under itself; a value too long for its column takes lines of its own.</summary>
    public static void WriteEntry(TextWriter output, string key, string value, string text)
    {
        string indent = new(' ', KeyWidth + ValueWidth + 4);
        string head = $"  {key.PadRight(KeyWidth)} ";
        if (value.Length > ValueWidth)
        {
            foreach (string line in TextLayout.Wrap(value, TextLayout.Width - head.Length))
            {
                output.WriteLine(head + line);
                head = new string(' ', KeyWidth + 3);
            }

            head = indent;
        }
        else
        {
            head += value.PadRight(ValueWidth) + " ";
        }

        foreach (string line in TextLayout.Wrap(text, TextLayout.Width - head.Length))
        {
            output.WriteLine((head + line).TrimEnd());
            head = indent;
        }
    }

    /// <summary>The word of a mark: <c>stated</c>, <c>reported</c>...</summary>
    public static string Word(Mark mark) => mark switch
    {
        Mark.Stated => "stated",
        Mark.Reported => "reported",
        Mark.Derived => "derived",
        Mark.Calibrated => "calibrated",
        Mark.Assumed => "assumed",
        _ => "unknown",
    };

    private static void WriteReading(TextWriter output, Terminal terminal, string key, Reading<string> reading, bool isContested, bool withNotes)
    {
        string date = reading.Date.Length > 0 ? " " + reading.Date : "";
        WriteEntry(output, key, reading.Value, $"{Word(reading.Mark)}{date}{(isContested ? $" [{reading.Name}]" : "")}");
        string source = !withNotes || reading.Note.Length == 0 ? reading.Source : reading.Source.Length == 0 ? reading.Note : $"{reading.Source}: {reading.Note}";
        WriteSource(output, terminal, source);
    }

    private static void WriteSource(TextWriter output, Terminal terminal, string source)
    {
        if (source.Length == 0)
            return;
        foreach (string line in TextLayout.Wrap(source, TextLayout.Width - 6))
            output.WriteLine(terminal.Dim("      " + line));
    }
}
