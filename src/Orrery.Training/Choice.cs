namespace Orrery.Training;

/// <summary>One of several ways to do a thing, known by a word: a pipeline schedule, a layout of context parallelism. Each is one class in one file.</summary>
public abstract class Choice
{
    /// <summary>The word of the command line, the reports and the data: <c>1f1b</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What it is, in one line.</summary>
    public abstract string Summary { get; }

    /// <summary>Where it was published.</summary>
    public virtual string Source => "";

    /// <inheritdoc/>
    public sealed override string ToString() => Name;
}
