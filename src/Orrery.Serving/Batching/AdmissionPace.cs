namespace Orrery.Serving;

/// <summary>
/// When an engine looks at requests that came, and how long it holds their prompts back to work on several at once. Only while something decodes: an idle
/// engine begins at once.
/// </summary>
public sealed record AdmissionPace
{
    /// <summary>Every iteration, and nothing held back.</summary>
    public static AdmissionPace AtOnce { get; } = new();

    /// <summary>Decode iterations from one look at new requests to the next; after prompts were worked on it looks at once.</summary>
    public int PollIterations { get; init; } = 1;

    /// <summary>Most decode iterations that prompts are held back; 0 for none.</summary>
    public int HoldIterations { get; init; }

    /// <summary>Prompts are no longer held back where theirs and the decodes' tokens are this share of the token budget.</summary>
    public double HoldShare { get; init; } = double.PositiveInfinity;

    /// <summary>Nor where so many wait, such as one for each rank that attends for sequences of its own.</summary>
    public int HoldRequests { get; init; } = int.MaxValue;
}
