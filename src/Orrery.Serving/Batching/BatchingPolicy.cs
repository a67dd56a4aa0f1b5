namespace Orrery.Serving;

/// <summary>Decides what share of an iteration is prefill. One class a policy in this folder; <see cref="BatchingPolicies"/> lists them.</summary>
public abstract class BatchingPolicy
{
    /// <summary>Word by which people call it.</summary>
    public abstract string Name { get; }

    /// <summary>One line for help.</summary>
    public abstract string Meaning { get; }

    /// <summary>The next iteration. Pure: equal states have equal answers.</summary>
    public abstract IterationShape Next(in BatchState state);
}
