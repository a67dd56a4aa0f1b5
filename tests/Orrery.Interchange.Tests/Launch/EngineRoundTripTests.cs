using FsCheck;
using FsCheck.Fluent;
using Orrery.Catalog;
using Orrery.Interchange.Launch;
using Shouldly;
using Xunit;

namespace Orrery.Interchange.Tests.Launch;

/// <summary>A setup written as engine arguments and read back is the setup, but for what the writer said it could not state.</summary>
public sealed class EngineRoundTripTests
{
    public static TheoryData<string, ulong> TwentySetups()
    {
        TheoryData<string, ulong> data = [];
        foreach (EngineFramework framework in EngineFramework.All)
        {
            for (ulong seed = 0; seed < 20; seed++)
                data.Add(framework.Name, seed);
        }

        return data;
    }

    public static TheoryData<string> Frameworks() => [.. EngineFramework.All.Select(static one => one.Name)];

    [Theory]
    [MemberData(nameof(TwentySetups))]
    public void Twenty_setups_go_out_and_come_back(string name, ulong seed)
    {
        string difference = Difference(EngineFramework.Find(name)!, seed, named: true);
        difference.Length.ShouldBe(0, difference);
    }

    [Theory]
    [MemberData(nameof(Frameworks))]
    public void Any_setup_goes_out_and_comes_back(string name)
    {
        EngineFramework framework = EngineFramework.Find(name)!;
        Prop.ForAll<ulong>(seed =>
        {
            string difference = Difference(framework, seed, named: false);
            return (difference.Length == 0).Label(difference);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Every_entry_of_a_setup_is_stated_by_some_framework_in_some_setup()
    {
        // A framework that called everything inexpressible would pass the round trip; this holds each to what it can say.
        foreach (EngineFramework framework in EngineFramework.All)
        {
            SortedSet<string> stated = new(StringComparer.Ordinal);
            for (ulong seed = 0; seed < 200; seed++)
            {
                (EngineSetup setup, EngineJob job) = RandomEngines.Of(framework, seed);
                HashSet<string> gaps = [.. framework.Write(setup, job, []).Gaps.Select(static gap => gap.Entry)];
                EngineSetup canonical = EngineEntries.Canonical(setup, job);
                foreach (string entry in EngineEntries.All)
                {
                    if (!gaps.Contains(entry) && EngineEntries.Text(canonical, entry) != EngineEntries.Text(EngineEntries.Canonical(job.Usual, job), entry))
                        stated.Add(entry);
                }
            }

            string[] expected = framework.Name switch
            {
                "vllm" => [EngineEntries.Batching, EngineEntries.LogicalCore],
                "nxdi" => [EngineEntries.Chunk, EngineEntries.Batching, EngineEntries.Router, EngineEntries.MemoryShare, EngineEntries.LogicalCore],
                "trtllm" => [EngineEntries.Router, EngineEntries.LogicalCore],
                "sglang" => [EngineEntries.LogicalCore],
                _ => throw new InvalidOperationException(framework.Name),
            };
            EngineEntries.All.Except(stated).ShouldBe(expected, framework.Name);
        }
    }

    [Fact]
    public void Logical_cores_are_stated_and_read_before_anything_else()
    {
        EngineFramework framework = EngineFramework.Find("nxdi")!;
        HashSet<int> seen = [];
        for (ulong seed = 0; seed < 20; seed++)
        {
            (EngineSetup setup, EngineJob job) = RandomEngines.Of(framework, seed);
            EngineInput input = EngineInput.Open(framework.Write(setup, job, []).Text, []).ShouldNotBeNull();
            int joined = framework.LogicalCoreOf(input.Settings).ShouldNotBeNull();
            joined.ShouldBe(setup.LogicalCore!.Value);
            seen.Add(joined);
        }

        seen.Count.ShouldBe(2);
    }

    [Fact]
    public void Every_key_that_is_written_is_one_the_framework_knows_and_has()
    {
        foreach (EngineFramework framework in EngineFramework.All)
        {
            IReadOnlySet<string> names = LaunchNames.Of(framework, RepositoryData.PathOf("")).ShouldNotBeNull(framework.Name);
            for (ulong seed = 0; seed < 100; seed++)
            {
                (EngineSetup setup, EngineJob job) = RandomEngines.Of(framework, seed);
                foreach ((string key, _) in framework.Write(setup, job, []).Arguments)
                {
                    framework.Keys.ShouldContain(key, framework.Name);
                    names.ShouldContain(key, framework.Name);
                }
            }
        }
    }

    /// <summary>What came back otherwise than it went out; empty where nothing did.</summary>
    private static string Difference(EngineFramework framework, ulong seed, bool named)
    {
        (EngineSetup setup, EngineJob job) = RandomEngines.Of(framework, seed);
        LaunchText text = framework.Write(setup, job, ["a comment", "and another"]);
        List<Diagnostic> problems = [];
        EngineInput? input = EngineInput.Open(named ? $"{framework.Name}:{text.Text}" : text.Text, problems);
        if (input is null || input.Framework != framework)
            return $"{string.Join('\n', problems)}\n{text.Text}";
        EngineReading reading = framework.Read(input.Settings, input.File, job, LaunchNames.Of(framework, RepositoryData.PathOf("")));
        HashSet<string> gaps = [.. text.Gaps.Select(static gap => gap.Entry)];
        // Replicas are what the degrees leave.
        List<string> wrong = gaps.Contains(EngineEntries.Replicas) ? [] : [.. reading.Diagnostics.Where(static one => one.Severity == Severity.Error).Select(static one => one.ToString())];
        EngineSetup sent = EngineEntries.Canonical(setup, job);
        EngineSetup received = EngineEntries.Canonical(reading.Setup, job);
        foreach (string entry in EngineEntries.All)
        {
            if (!gaps.Contains(entry) && EngineEntries.Text(sent, entry) != EngineEntries.Text(received, entry))
                wrong.Add($"{entry}: sent {EngineEntries.Text(sent, entry)}, received {EngineEntries.Text(received, entry)}");
        }

        return wrong.Count == 0 ? "" : $"{string.Join('\n', wrong)}\n{setup}\n{text.Text}";
    }
}
