using FsCheck;
using FsCheck.Fluent;
using Orrery.Catalog;
using Orrery.Interchange.Launch;
using Orrery.Training;
using Shouldly;
using Xunit;

namespace Orrery.Interchange.Tests.Launch;

/// <summary>A plan written as launch arguments and read back is the plan, but for what the writer said it could not state.</summary>
public sealed class LaunchRoundTripTests
{
    public static TheoryData<string, ulong> TwentyPlans()
    {
        TheoryData<string, ulong> data = [];
        foreach (LaunchFramework framework in LaunchFramework.All)
        {
            for (ulong seed = 0; seed < 20; seed++)
                data.Add(framework.Name, seed);
        }

        return data;
    }

    public static TheoryData<string> Frameworks() => [.. LaunchFramework.All.Select(static one => one.Name)];

    [Theory]
    [MemberData(nameof(TwentyPlans))]
    public void Twenty_plans_go_out_and_come_back(string name, ulong seed)
    {
        (Plan plan, LaunchJob job) = RandomPlans.Of(seed);
        string difference = Difference(LaunchFramework.Find(name)!, plan, job);
        difference.Length.ShouldBe(0, difference);
    }

    [Theory]
    [MemberData(nameof(Frameworks))]
    public void Any_plan_goes_out_and_comes_back(string name)
    {
        LaunchFramework framework = LaunchFramework.Find(name)!;
        Prop.ForAll<ulong>(seed =>
        {
            (Plan plan, LaunchJob job) = RandomPlans.Of(seed);
            string difference = Difference(framework, plan, job);
            return (difference.Length == 0).Label(difference);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Every_entry_of_a_plan_is_stated_by_some_framework_in_some_plan()
    {
        // A framework that called everything inexpressible would pass the round trip; this holds each to what it can say.
        foreach (LaunchFramework framework in LaunchFramework.All)
        {
            SortedSet<string> stated = new(StringComparer.Ordinal);
            for (ulong seed = 0; seed < 200; seed++)
            {
                (Plan plan, LaunchJob job) = RandomPlans.Of(seed);
                HashSet<string> gaps = [.. framework.Write(plan, job, []).Gaps.Select(static gap => gap.Entry)];
                foreach (string entry in PlanEntries.All)
                {
                    Plan canonical = PlanEntries.Canonical(plan, job.HasExperts);
                    bool isPlain = PlanEntries.Text(canonical, entry) == PlanEntries.Text(PlanEntries.Canonical(new Plan(), job.HasExperts), entry);
                    if (!gaps.Contains(entry) && !isPlain)
                        stated.Add(entry);
                }
            }

            string[] never = [.. PlanEntries.All.Except(stated)];
            string[] expected = framework.Name switch
            {
                "megatron" => [PlanEntries.FrozenWeights, PlanEntries.ContextBalance, PlanEntries.Prefetch],
                "nxd" =>
                [
                    PlanEntries.ShardRanks, PlanEntries.Order, PlanEntries.FrozenWeights, PlanEntries.ContextLayout, PlanEntries.ContextInner,
                    PlanEntries.ContextBalance, PlanEntries.OptimizerStates, PlanEntries.Gradients, .. PlanEntries.Options.Except(framework.Options),
                ],
                "torchtitan" =>
                    [PlanEntries.Attention, PlanEntries.Order, PlanEntries.FrozenWeights, PlanEntries.ContextInner, PlanEntries.OptimizerStates, .. PlanEntries.Options.Except(framework.Options)],
                "maxtext" => [PlanEntries.Order, PlanEntries.FrozenWeights, PlanEntries.OptimizerStates, .. PlanEntries.Options.Except(framework.Options)],
                _ => throw new InvalidOperationException(framework.Name),
            };
            never.ShouldBe(expected, framework.Name);
        }
    }

    [Theory]
    [MemberData(nameof(Frameworks))]
    public void Arguments_are_recognised_without_their_framework_s_name(string name)
    {
        for (ulong seed = 0; seed < 20; seed++)
        {
            (Plan plan, LaunchJob job) = RandomPlans.Of(seed);
            string text = LaunchFramework.Find(name)!.Write(plan, job, ["a comment"]).Text;
            List<Diagnostic> problems = [];
            LaunchInput.Open(text, problems).ShouldNotBeNull(string.Join('\n', problems)).Framework.Name.ShouldBe(name);
        }
    }

    /// <summary>What came back otherwise than it went out; empty where nothing did.</summary>
    private static string Difference(LaunchFramework framework, Plan plan, LaunchJob job)
    {
        LaunchText text = framework.Write(plan, job, ["a comment", "and another"]);
        List<Diagnostic> problems = [];
        LaunchInput? input = LaunchInput.Open($"{framework.Name}:{text.Text}", problems);
        if (input is null)
            return string.Join('\n', problems) + '\n' + text.Text;
        LaunchReading reading = framework.Read(input.Settings, input.File, job, null);
        HashSet<string> gaps = [.. text.Gaps.Select(static gap => gap.Entry)];
        // Who shares the weights follows from how far they are shared.
        if (gaps.Contains(PlanEntries.Zero))
            gaps.Add(PlanEntries.ShardRanks);
        List<string> wrong = [.. reading.Diagnostics.Where(static one => one.Severity == Severity.Error).Select(static one => one.ToString())];
        Plan sent = PlanEntries.Canonical(plan, job.HasExperts);
        Plan received = PlanEntries.Canonical(reading.Plan, job.HasExperts);
        foreach (string entry in PlanEntries.All)
        {
            if (gaps.Contains(entry))
                continue;
            if (!reading.States(entry))
                wrong.Add($"{entry} is not stated");
            if (PlanEntries.Text(sent, entry) != PlanEntries.Text(received, entry))
                wrong.Add($"{entry}: sent {PlanEntries.Text(sent, entry)}, received {PlanEntries.Text(received, entry)}");
        }

        return wrong.Count == 0 ? "" : $"{string.Join('\n', wrong)}\n{plan}\n{text.Text}";
    }
}
