namespace Orrery.Cli;

/// <summary>What the place that results are written to can show.</summary>
/// <param name="HasColour">Escape sequences for bold and dim text are understood and wanted.</param>
public readonly record struct Terminal(bool HasColour)
{
    /// <summary>Plain text: files, pipes, tests.</summary>
    public static Terminal Plain => default;

    /// <summary>
    /// Colour only where standard output is a terminal, <c>NO_COLOR</c> is unset or empty, and <c>TERM</c> is not <c>dumb</c>.
    /// The text is the same either way: piping a report changes no letter of it.
    /// </summary>
    public static Terminal Detect() => new(
        !Console.IsOutputRedirected
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb"));

    public string Bold(string text) => HasColour ? $"\e[1m{text}\e[0m" : text;

    public string Dim(string text) => HasColour ? $"\e[2m{text}\e[0m" : text;
}
