using System.Collections.Immutable;

namespace Orrery.Catalog;

/// <summary>How far a figure can be trusted.</summary>
public enum Mark : byte
{
    /// <summary>The vendor's document or spokesperson says so.</summary>
    Stated,

    /// <summary>Press, analyst or third-party measurement.</summary>
    Reported,

    /// <summary>Our arithmetic, shown in the note.</summary>
    Derived,

    /// <summary>Fitted on measured rows; the calibration file names them.</summary>
    Calibrated,

    /// <summary>No source: a planning value that must be read as one.</summary>
    Assumed,

    /// <summary>Nobody has said.</summary>
    Unknown,
}

/// <summary>One reading of a figure: the value, who said it, how far to trust it.</summary>
public sealed record Reading<T>(string Name, T Value, Mark Mark, string Source, string Date, string Note);

/// <summary>
/// A figure with every reading found. The first is the default; <c>--assume KEY=NAME</c> picks another. A plain figure has one reading.
/// </summary>
public sealed record Sourced<T>(string Key, ImmutableArray<Reading<T>> Readings, int Chosen)
{
    /// <summary>The chosen reading's value.</summary>
    public T Value => Readings[Chosen].Value;

    public Reading<T> Reading => Readings[Chosen];

    /// <summary>True where sources disagree.</summary>
    public bool IsContested => Readings.Length > 1;
}
