namespace Orrery.Serving;

/// <summary>A request whose open questions are answered, ready to run at any load: operator times found in one run serve the next.</summary>
/// <param name="Request">What was asked.</param>
/// <param name="RanksPerChip">Ranks of one chip under the request's logical-core setting.</param>
/// <param name="Plan">The layout, asked for or chosen.</param>
/// <param name="Memory">Of one rank under the plan.</param>
/// <param name="Times">Operators of the model under the plan.</param>
/// <param name="Class">A word of <see cref="ModelClass"/>.</param>
/// <param name="Constants">Of the stack, for the class on the chip.</param>
public sealed record PreparedJob(
    ServingRequest Request, int RanksPerChip, ServingPlan Plan, ServingMemory Memory, OperatorTimes Times, string Class, ServingConstants Constants)
{
    /// <summary>Where prompts have a pool of their own; the job's other figures are then those of the pool of answers.</summary>
    public PreparedPools? Pools { get; init; }

    /// <summary>Runs the request's workload; <paramref name="scale"/> on the time of every iteration.</summary>
    /// <param name="reused">A book of the same requests to write over; null makes one.</param>
    public ServingRun Run(double scale, RequestBook? reused = null) => Pools is { } pools
        ? pools.Run(Request, scale, reused)
        : ServingRun.Of(Request, Plan, Memory, Times, Constants, scale, reused);

    /// <summary>The same job for other requests.</summary>
    public PreparedJob With(ServingWorkload workload) => this with { Request = Request with { Workload = workload } };
}
