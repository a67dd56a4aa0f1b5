using System.Collections.Immutable;
using System.Globalization;

namespace Orrery.Catalog;

public enum Severity : byte
{
    Note,
    Warning,
    Error,
}

/// <summary>
/// One thing a person should know about their input. Line and column count from 1; 0 where the input is a flag.
/// Codes are listed in <c>docs/errors.md</c> and never reused.
/// </summary>
public sealed record Diagnostic(Severity Severity, string Code, string File, int Line, int Column, string Message)
{
    /// <summary><c>data/trn3.yaml:14:9: error ORR0123: message</c>.</summary>
    public override string ToString() => Line > 0
        ? string.Create(CultureInfo.InvariantCulture, $"{File}:{Line}:{Column}: {Word} {Code}: {Message}")
        : $"{File}: {Word} {Code}: {Message}";

    private string Word => Severity switch { Severity.Error => "error", Severity.Warning => "warning", _ => "note" };
}

/// <summary>A loaded value or the reasons there is none; warnings may stand beside a value.</summary>
public sealed record Result<T>(T? Value, ImmutableArray<Diagnostic> Diagnostics)
    where T : class
{
    public bool IsSuccess => Value is not null;
}
