using System.Collections.Immutable;
using Orrery.Catalog;

namespace Orrery.Cli;

/// <summary>Where one run of the command line writes, and how.</summary>
public sealed class CommandContext(TextWriter output, TextWriter error, Terminal terminal, bool isJson)
{
    /// <summary>Results, and nothing else.</summary>
    public TextWriter Output { get; } = output;

    /// <summary>Progress and diagnostics.</summary>
    public TextWriter Error { get; } = error;

    public Terminal Terminal { get; } = terminal;

    public bool IsJson { get; } = isJson;

    /// <summary>
    /// Says what is wrong with the input: one line each on standard error, or <c>{schema, diagnostics}</c> on standard output under <c>--json</c>.
    /// </summary>
    public int RefuseInput(string schema, IEnumerable<Diagnostic> diagnostics)
    {
        ImmutableArray<Diagnostic> all = [.. diagnostics];
        if (IsJson)
            Reports.DiagnosticsJson.Write(Output, schema, all);
        else
            Report(all);
        return ExitCode.WrongInput;
    }

    /// <summary>Diagnostics as lines on standard error.</summary>
    public void Report(IEnumerable<Diagnostic> diagnostics)
    {
        foreach (Diagnostic diagnostic in diagnostics)
            Error.WriteLine(diagnostic.ToString());
    }
}
