namespace Orrery.Serving;

/// <summary>
/// What follows when an engine is done with a request: the next one of a client, a further turn of a conversation, decoding on another engine. Called a
/// few times a request, never in an iteration.
/// </summary>
/// <remarks>
/// A flow may call <see cref="Replica.Enqueue"/> on the engine that calls it, for that instant or a later one. It may do so on another engine only for
/// an instant that engine has not passed; who runs engines that depend on one another sees to that (<see cref="ServingSimulation"/>).
/// </remarks>
public abstract class RequestFlow
{
    /// <summary>An instant that is not known yet.</summary>
    public const long Unknown = long.MaxValue;

    /// <summary>A request had its last token.</summary>
    public virtual void Ended(Replica engine, int request, long time)
    {
    }

    /// <summary>A request that arrived at <paramref name="time"/> is longer than the engine's empty cache.</summary>
    public virtual void Refused(Replica engine, int request, long time)
    {
    }

    /// <summary>An engine of <see cref="EngineRole.Prompts"/> has room for a prompt and begins to work on it.</summary>
    public virtual void Began(Replica engine, int request, long time)
    {
    }

    /// <summary>
    /// An engine of <see cref="EngineRole.Answers"/> has a place and blocks for a request. Returns the instant at which its keys and values are there, or
    /// <see cref="Unknown"/> where <see cref="Replica.Arrives"/> tells it later.
    /// </summary>
    public virtual long Receive(Replica engine, int request, long time) => time;

    /// <summary>
    /// An engine of <see cref="EngineRole.Prompts"/> is done with a prompt and has its first token. Returns the instant until which it has to keep the
    /// prompt's blocks, the end of their transfer, or <see cref="Unknown"/> where <see cref="Replica.Leaves"/> tells it later.
    /// </summary>
    public virtual long HandOver(Replica engine, int request, long time) =>
        throw new InvalidOperationException($"engine {engine.Number} works on prompts only, and nobody takes request {request}");
}
