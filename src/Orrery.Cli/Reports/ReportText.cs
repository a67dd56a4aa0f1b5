namespace Orrery.Cli.Reports;

/// <summary>A report of short sections: the section's word in a gutter on the left, its lines beside it.</summary>
public sealed class ReportText(TextWriter output, Terminal terminal)
{
    /// <summary>Columns of the gutter.</summary>
    public const int Gutter = 9;

    private string _label = "";

    /// <summary>Begins a section; its first line stands beside the word.</summary>
    public void Section(string label) => _label = label;

    /// <summary>An empty line.</summary>
    public void Gap() => output.WriteLine();

    /// <summary>The headline, over the full width.</summary>
    public void Title(string text)
    {
        foreach (string line in TextLayout.Wrap(text, TextLayout.Width))
            output.WriteLine(terminal.Bold(line));
    }

    /// <summary>Text of the section, wrapped.</summary>
    public void Line(string text, bool isDim = false)
    {
        foreach (string line in TextLayout.Wrap(text, TextLayout.Width - Gutter))
            Row(isDim ? terminal.Dim(line) : line);
    }

    /// <summary>A fixed <paramref name="head"/> with text beside it, wrapped under itself.</summary>
    public void Entry(string head, string text)
    {
        foreach (string line in TextLayout.Wrap(text, TextLayout.Width - Gutter - head.Length))
        {
            Row(head + line);
            head = new string(' ', head.Length);
        }
    }

    /// <summary>A line of the section exactly as given.</summary>
    public void Row(string text)
    {
        output.Write(terminal.Bold(_label));
        output.Write(new string(' ', Gutter - _label.Length));
        output.WriteLine(text.TrimEnd());
        _label = "";
    }
}
