using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Training;

namespace Orrery.Interchange.Launch;

/// <summary>A plan being read: entries as they are decided, and at the end whether they agree with each other.</summary>
public sealed class LaunchPlan(LaunchArguments arguments, LaunchJob job)
{
    private readonly ImmutableSortedSet<string>.Builder stated = ImmutableSortedSet.CreateBuilder<string>(StringComparer.Ordinal);

    public Plan Plan { get; private set; } = new();

    /// <summary>Ranks that the arguments launch, or else those the job is known to have; 0 where neither says.</summary>
    public int Ranks { get; private set; } = job.Ranks;

    /// <summary>True where the arguments say how many ranks there are.</summary>
    public bool StatesRanks { get; private set; }

    /// <summary>Decides an entry.</summary>
    public void State(string entry, Func<Plan, Plan> change)
    {
        Plan = change(Plan);
        stated.Add(entry);
    }

    /// <summary>Decides a number where there is one; else leaves the entry open.</summary>
    public void State(string entry, int? value, Func<Plan, int, Plan> change)
    {
        if (value is { } number)
            State(entry, plan => change(plan, number));
    }

    /// <summary>The launcher starts this many ranks; where the job is known to have another number, that counts.</summary>
    public void Launches(string key, long ranks)
    {
        if (job.Ranks > 0 && job.Ranks != ranks)
            arguments.Overridden(key, string.Create(CultureInfo.InvariantCulture, $"launches {ranks} ranks; the {job.Ranks} of --chips take their place"));
        else
            Spans(key, ranks);
    }

    /// <summary>The degrees make this many ranks; where the job is known to have another number they contradict it.</summary>
    public void Spans(string key, long ranks)
    {
        if (ranks is < 1 or > int.MaxValue)
        {
            arguments.Contradiction(key, $"launches {ranks.ToString(CultureInfo.InvariantCulture)} ranks");
            return;
        }

        if (job.Ranks > 0 && job.Ranks != ranks)
            arguments.Contradiction(key, $"and the other degrees make {ranks.ToString(CultureInfo.InvariantCulture)} ranks, but the job has {job.Ranks.ToString(CultureInfo.InvariantCulture)}");
        (Ranks, StatesRanks) = ((int)ranks, true);
    }

    /// <summary>
    /// Data parallelism as what the other degrees leave of the ranks, once those are decided; left open where nobody says how many there are.
    /// </summary>
    public void DivideRanks(string key)
    {
        if (Ranks == 0)
            return;
        long model = (long)Plan.TensorParallel * Plan.PipelineParallel * Plan.ContextParallel;
        if (Ranks % model != 0)
            arguments.Contradiction(key, string.Create(CultureInfo.InvariantCulture, $"with the other degrees makes {model} ranks a copy of the model, which does not divide the {Ranks} ranks of the job"));
        else
            State(PlanEntries.DataParallel, plan => plan with { DataParallel = (int)(Ranks / model) });
    }

    /// <summary>The reading, after the checks that hold in any framework.</summary>
    public LaunchReading Finish(LaunchFramework framework)
    {
        Plan plan = Plan;
        if (stated.Contains(PlanEntries.DataParallel) && stated.Contains(PlanEntries.MicroBatch) && stated.Contains(PlanEntries.GlobalBatch))
        {
            long together = (long)plan.DataParallel * plan.MicroBatch;
            if (plan.GlobalBatch % together != 0)
            {
                arguments.Contradiction(
                    framework.Keys.First(static key => key.Contains("batch", StringComparison.Ordinal)),
                    string.Create(CultureInfo.InvariantCulture, $"and the degrees make dp {plan.DataParallel} x micro-batch {plan.MicroBatch} = {together} sequences, of which a global batch of {plan.GlobalBatch} is no multiple"));
            }
        }

        return new(framework, plan, stated.ToImmutable(), StatesRanks ? Ranks : 0, [.. arguments.Diagnostics]);
    }
}
