namespace Orrery.Interchange.Launch;

/// <summary>One argument as it was written: <c>--seq-length 8192</c>, <c>dtype=bfloat16</c>, or a key of a file with its sections before it (<c>model.encoder_seq_length</c>).</summary>
/// <param name="Key">As written, without leading dashes.</param>
/// <param name="Value">First word of the value; empty where there is none.</param>
/// <param name="Line">Counts from 1.</param>
/// <param name="Column">Counts from 1.</param>
public sealed record LaunchSetting(string Key, string Value, int Line, int Column)
{
    /// <summary>The key by which readers look it up: dashes and underscores are one.</summary>
    public string Name { get; } = Key.Replace('-', '_');

    /// <summary>Written as <c>key=value</c> among words: an argument of some frameworks, a variable of the shell to others.</summary>
    public bool IsBare { get; init; }

    /// <summary>Further words of the value, each behind a space.</summary>
    public string Rest { get; init; } = "";
}
