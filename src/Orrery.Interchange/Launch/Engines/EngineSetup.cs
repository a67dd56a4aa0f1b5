using System.Collections.Immutable;
using Orrery.Serving;

namespace Orrery.Interchange.Launch;

/// <summary>Serving engines as their arguments describe them: the plan, and how each engine schedules and keeps its cache.</summary>
public sealed record EngineSetup
{
    public required ServingPlan Plan { get; init; }

    /// <summary>Most running sequences of a replica.</summary>
    public required int MaxBatch { get; init; }

    /// <summary>Most tokens of one iteration of a replica.</summary>
    public required int TokenBudget { get; init; }

    /// <summary>Longest prompt and answer together; 0 where neither model nor user sets one.</summary>
    public required int ContextTokens { get; init; }

    /// <summary>Order of prompts and decodes: a name of <see cref="BatchingPolicies"/>.</summary>
    public required string Batching { get; init; }

    /// <summary>How requests are dealt to replicas: a name of <see cref="Routers"/>.</summary>
    public required string Router { get; init; }

    /// <summary>Tokens of one block of the cache.</summary>
    public required int BlockTokens { get; init; }

    /// <summary>Share of device memory that the engine takes.</summary>
    public required double MemoryShare { get; init; }

    /// <summary>Blocks of prompts are kept for requests that begin alike.</summary>
    public required bool CachesPrefixes { get; init; }

    /// <summary>Ways of the engines that no framework's arguments are known here to state, each with what is done in its place.</summary>
    public ImmutableArray<string> Unstated { get; init; } = [];

    /// <summary>NeuronCores a logical core joins; null where the chip has no such setting.</summary>
    public int? LogicalCore { get; init; }
}
