using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Operators;
using Shouldly;
using Xunit;

namespace Orrery.Interchange.Tests;

public sealed class AstraFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-astra").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string> Networks => [.. Directory.GetFiles(RepositoryData.PathOf("chakra/network"), "*.yml").Select(static file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];

    public static TheoryData<string> Systems => [.. Directory.GetFiles(RepositoryData.PathOf("chakra/system"), "*.json").Select(static file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Networks))]
    public void Shipped_networks_read_but_for_the_one_left_open(string name)
    {
        Result<AstraNetwork> read = AstraNetwork.ReadFile(RepositoryData.PathOf("chakra/network/" + name));
        read.IsSuccess.ShouldBe(name != "dgx_v100_8gpu.yml");
        if (!read.IsSuccess)
            read.Diagnostics.Count(static d => d.Message.Contains("placeholder 'tbd'", StringComparison.Ordinal)).ShouldBe(6);
    }

    [Theory]
    [MemberData(nameof(Systems))]
    public void Shipped_systems_read(string name)
    {
        Result<AstraSystem> read = AstraSystem.ReadFile(RepositoryData.PathOf("chakra/system/" + name));
        read.IsSuccess.ShouldBeTrue();
        read.Diagnostics.Count(static d => d.Severity == Severity.Warning).ShouldBe(name == "custom_collective.json" ? 1 : 0);
    }

    [Fact]
    public void Units_are_those_of_the_files()
    {
        AstraNetwork network = AstraNetwork.ReadFile(RepositoryData.PathOf("chakra/network/hgx_h100_16gpu.yml")).Value.ShouldNotBeNull();
        network.Ranks.ShouldBe(16);
        network.Dimensions[0].Link.Value.ShouldBe(400.0 * (1L << 30));
        network.Dimensions[1].Latency.Value.ShouldBe(1e-6, 1e-15);
        SystemDescription system = AstraFabric.SystemOf(network, null, "t");
        system.Levels[0].Latency.Value.Value.ShouldBe(2 * 936.25e-9, 1e-15, "a way through a switch is two hops");
        AstraSystem settings = AstraSystem.ReadFile(RepositoryData.PathOf("chakra/system/hgx_h100_16gpu.json")).Value.ShouldNotBeNull();
        settings.Peak.Value.ShouldBe(700e12);
        settings.Memory.Value.ShouldBe(3350e9);
        settings.HasRoofline.ShouldBeTrue();
        settings.Algorithms[CollectiveKind.AllReduce].ShouldBe("bidirectional-ring");
    }

    [Fact]
    public void Dimensions_that_take_part_make_the_groups()
    {
        AstraNetwork network = new([new(AstraTopology.Ring, 2, new(1), default), new(AstraTopology.Ring, 8, new(1), default), new(AstraTopology.Switch, 4, new(1), default)]);
        network.GroupOf(47, 0b001).ToArray().ShouldBe([46, 47]);
        network.GroupOf(47, 0b010).ToArray().ShouldBe([33, 35, 37, 39, 41, 43, 45, 47]);
        network.GroupOf(47, 0b101).ToArray().ShouldBe([14, 15, 30, 31, 46, 47, 62, 63]);
    }

    [Fact]
    public void Mistakes_have_places_and_come_all_at_once()
    {
        string[] told = Told("topology: [ Rings, Switch ]\nnpus_count: [ 1, 2.5 ]\nbandwidth: [ 4, x ]\nlatency: [ -1 , 2]\n");
        told.Length.ShouldBe(5);
        told[0].ShouldContain(":1:13: error ORR6216: 'Rings' is no topology");
        told[0].ShouldContain("did you mean 'Ring'?");
        Told("topology: [ Ring ]\nnpus_count: [ 4, 4 ]\nbandwidth: [ 4 ]\n").Length.ShouldBe(2);
        Told("topology: {a: b}\n").ShouldNotBeEmpty();
        Told("").ShouldNotBeEmpty();
        Told("[").ShouldNotBeEmpty();
    }

    [Fact]
    public void Networks_of_several_dimensions_replay_on_all_three_answers_above_the_bound()
    {
        AstraNetwork network = AstraNetwork.ReadFile(RepositoryData.PathOf("chakra/network/hgx_h100_16gpu.yml")).Value.ShouldNotBeNull();
        AstraSystem settings = AstraSystem.ReadFile(RepositoryData.PathOf("chakra/system/hgx_h100_16gpu.json")).Value.ShouldNotBeNull();
        TraceSet set = TraceSet.Read(RepositoryData.PathOf("chakra/micro/all_reduce_16npus")).Value.ShouldNotBeNull();
        double bound = Jobs.Run(set, ReplayFabric.Of(network, settings, ReplayNetwork.Bound, "t")).Makespan.Value;
        double closed = Jobs.Run(set, ReplayFabric.Of(network, settings, ReplayNetwork.Closed, "t")).Makespan.Value;
        double flow = Jobs.Run(set, ReplayFabric.Of(network, settings, ReplayNetwork.Flow, "t")).Makespan.Value;
        bound.ShouldBeGreaterThan(0);
        closed.ShouldBeGreaterThanOrEqualTo(bound);
        (flow / closed).ShouldBe(1, 0.1);
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void Every_shipped_network_with_and_without_its_system_agrees_at_flow_level_and_keeps_to_the_bound(string name)
    {
        if (AstraNetwork.ReadFile(RepositoryData.PathOf("chakra/network/" + name)).Value is not { } network)
            return;
        string file = RepositoryData.PathOf("chakra/system/" + Path.ChangeExtension(name, ".json"));
        foreach (string traces in (string[])["all_reduce_4npus/all_reduce", "all_gather_4npus/all_gather", "reduce_scatter_4npus/reduce_scatter", "all_to_all_4npus/all_to_all"])
        {
            // One trace stands for all ranks.
            TraceSet set = TraceSet.Read(RepositoryData.PathOf($"chakra/micro/{traces}.0.et"), network.Ranks).Value.ShouldNotBeNull();
            foreach (AstraSystem? settings in (AstraSystem?[])[null, File.Exists(file) ? AstraSystem.ReadFile(file).Value : null])
            {
                double bound = Jobs.Run(set, ReplayFabric.Of(network, settings, ReplayNetwork.Bound, "t")).Makespan.Value;
                double closed = Jobs.Run(set, ReplayFabric.Of(network, settings, ReplayNetwork.Closed, "t")).Makespan.Value;
                double flow = Jobs.Run(set, ReplayFabric.Of(network, settings, ReplayNetwork.Flow, "t")).Makespan.Value;
                closed.ShouldBeGreaterThanOrEqualTo(bound, traces);
                flow.ShouldBeGreaterThanOrEqualTo(bound, traces);
                (flow / closed).ShouldBe(1, 0.1, traces);
            }
        }
    }

    [Fact]
    public void A_network_of_another_size_is_refused()
    {
        AstraNetwork network = AstraNetwork.ReadFile(RepositoryData.PathOf("chakra/network/Ring_8npus.yml")).Value.ShouldNotBeNull();
        TraceSet set = TraceSet.Read(RepositoryData.PathOf("chakra/micro/all_reduce_4npus")).Value.ShouldNotBeNull();
        Result<ReplayProgram> compiled = ReplayCompiler.Compile(set, ReplayFabric.Of(network, null, ReplayNetwork.Closed, "ring"));
        compiled.Diagnostics.ShouldHaveSingleItem().Message.ShouldBe("the network joins 8 ranks, the traces are of a job of 4");
    }

    [Fact]
    public void Groups_topologies_and_memories_read()
    {
        AstraGroups.ReadFile(Write("groups.json", "{\n\t\"0\": [0, 1],\n\t\"1\": [2, 3]\n}")).Value.ShouldNotBeNull()["1"].Ranks.ToArray().ShouldBe([2, 3]);
        AstraGroups.ReadFile(Write("groups.json", "{\"0\": [0, 0], \"1\": [\"a\"]}")).Diagnostics.Length.ShouldBe(2);
        AstraGroups.ReadTopology(RepositoryData.PathOf("chakra/network/ns3_logical_16nodes_2D.json")).Value.ShouldNotBeNull().Ranks.ShouldBe(16);
        AstraMemory.ReadFile(RepositoryData.PathOf("chakra/memory/no_memory_expansion.json")).Value.ShouldNotBeNull().Bandwidth.Value.ShouldBe(0);
        AstraMemory.ReadFile(Write("memory.json", "{\"memory-type\": \"PER_NODE_MEMORY_EXPANSION\", \"remote-mem-latency\": 100, \"remote-mem-bw\": 80, \"num-nodes\": 2, \"num-npus-per-node\": 4}"))
            .Value.ShouldNotBeNull().Bandwidth.Value.ShouldBe(20e9);
    }

    [Fact]
    public void Spoilt_files_give_diagnostics_never_exceptions()
    {
        foreach (string path in (string[])[RepositoryData.PathOf("chakra/network/hgx_h100_16gpu.yml"), RepositoryData.PathOf("chakra/system/hgx_h100_16gpu.json")])
        {
            byte[] original = File.ReadAllBytes(path);
            for (int round = 0; round < 150; round++)
            {
                string spoilt = Path.Combine(_folder, "spoilt");
                File.WriteAllBytes(spoilt, TraceSpoiler.Spoil(original, new Random(round), isJson: true));
                Result<AstraNetwork> network = AstraNetwork.ReadFile(spoilt);
                Result<AstraSystem> system = AstraSystem.ReadFile(spoilt);
                (network.IsSuccess || network.Diagnostics.Any(static d => d.Severity == Severity.Error)).ShouldBeTrue($"round {round}");
                (system.IsSuccess || system.Diagnostics.Any(static d => d.Severity == Severity.Error)).ShouldBeTrue($"round {round}");
                AstraGroups.ReadFile(spoilt);
                AstraGroups.ReadTopology(spoilt);
                AstraMemory.ReadFile(spoilt);
            }
        }
    }

    private string[] Told(string text) => [.. AstraNetwork.ReadFile(Write("network.yml", text)).Diagnostics.Select(static d => d.ToString())];

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
