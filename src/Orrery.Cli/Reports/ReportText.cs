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

    /// <summary>Text of the section, wrapped; lines after the first are indented by <paramref name="hang"/> more.</summary>
    public void Line(string text, int hang = 0, bool isDim = false)
    {
        int width = TextLayout.Width - Gutter - hang;
        bool isFirst = true;
        foreach (string line in TextLayout.Wrap(text, width))
        {
            string shown = isFirst ? line : new string(' ', hang) + line;
            Row(isDim ? terminal.Dim(shown) : shown);
            isFirst = false;
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
