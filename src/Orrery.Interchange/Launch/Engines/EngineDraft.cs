using System.Collections.Immutable;
using System.Globalization;
using Orrery.Serving;

namespace Orrery.Interchange.Launch;

/// <summary>A setup being read: entries as they are decided, from the stack's own.</summary>
public sealed class EngineDraft(LaunchArguments arguments, EngineJob job)
{
    private readonly ImmutableSortedSet<string>.Builder stated = ImmutableSortedSet.CreateBuilder<string>(StringComparer.Ordinal);

    public EngineSetup Setup { get; private set; } = job.Usual;

    /// <summary>Ranks that the command starts, or those of the job where it is known.</summary>
    public int Ranks { get; private set; } = job.Ranks;

    /// <summary>Decides an entry.</summary>
    public void State(string entry, Func<EngineSetup, EngineSetup> change)
    {
        Setup = change(Setup);
        stated.Add(entry);
    }

    /// <summary>Decides a number where there is one; else leaves the entry open.</summary>
    public void State(string entry, int? value, Func<EngineSetup, int, EngineSetup> change)
    {
        if (value is { } number)
            State(entry, setup => change(setup, number));
    }

    /// <summary>Decides an entry of the plan.</summary>
    public void StatePlan(string entry, Func<ServingPlan, ServingPlan> change) => State(entry, setup => setup with { Plan = change(setup.Plan) });

    /// <summary>Replicas as what the degrees leave of the job's ranks, or those one command starts where the job is not known.</summary>
    /// <param name="key">Argument that a contradiction is said of.</param>
    /// <param name="inCommand">Replicas that one command starts.</param>
    public void DivideRanks(string key, int inCommand)
    {
        long each = Setup.Plan.RanksPerReplica;
        if (each * inCommand > int.MaxValue)
            arguments.Contradiction(key, $"and the other degrees start {(each * inCommand).ToString(CultureInfo.InvariantCulture)} ranks");
        else if (Ranks == 0)
            Ranks = (int)each * inCommand;
        if (Ranks % (each * inCommand) != 0)
            arguments.Contradiction(key, string.Create(CultureInfo.InvariantCulture, $"with the other degrees starts {each * inCommand} ranks, which do not divide the {Ranks} ranks of the job"));
        else
            StatePlan(EngineEntries.Replicas, plan => plan with { Replicas = (int)(Ranks / each) });
    }

    /// <summary>The reading, all said.</summary>
    public EngineReading Finish(EngineFramework framework) => new(framework, Setup, stated.ToImmutable(), Ranks, [.. arguments.Diagnostics]);
}
