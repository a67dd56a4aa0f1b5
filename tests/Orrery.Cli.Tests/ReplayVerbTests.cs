using System.Text.Json;
using Orrery.Interchange;
using Shouldly;
using Xunit;

namespace Orrery.Cli.Tests;

public sealed class ReplayVerbTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-replay").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_JSON_has_the_keys_of_the_contract()
    {
        Command command = Command.Run("replay", Data("micro/all_reduce_4npus"), "--network", Data("network/Ring_4npus.yml"), "--system", Data("system/Ring_4chunks.json"), "--json");
        command.Code.ShouldBe(ExitCode.Done);
        using JsonDocument json = JsonDocument.Parse(command.Output);
        JsonElement root = json.RootElement;
        root.GetProperty("schema").GetString().ShouldBe("orrery.replay/1");
        root.GetProperty("makespanS").GetDouble().ShouldBe(32.357e-6, 1e-9);
        root.GetProperty("ranks").GetArrayLength().ShouldBe(4);
        root.GetProperty("limitingLink").GetString().ShouldBe("dimension 0");
        JsonElement rank = root.GetProperty("ranks")[0];
        (rank.GetProperty("computeS").GetDouble() + rank.GetProperty("communicationS").GetDouble() + rank.GetProperty("hostS").GetDouble() + rank.GetProperty("idleS").GetDouble())
            .ShouldBe(root.GetProperty("makespanS").GetDouble(), 1e-12);
        JsonElement exchange = root.GetProperty("exchanges")[0];
        exchange.GetProperty("algorithm").GetString().ShouldBe("single-ring");
        exchange.GetProperty("timeS").GetDouble().ShouldBeGreaterThanOrEqualTo(exchange.GetProperty("boundS").GetDouble());
    }

    [Fact]
    public void Ranks_that_wait_for_one_another_end_with_exit_code_1_and_are_named()
    {
        Write(0, static writer =>
        {
            Collective(writer, 1, []);
            writer.WriteNode(2, "send", ChakraNodeType.Send, [1], [], 0, [ChakraAttribute.Of("comm_dst", 1L), ChakraAttribute.Of("comm_size", 64L)]);
        });
        Write(1, static writer =>
        {
            writer.WriteNode(2, "receive", ChakraNodeType.Receive, [], [], 0, [ChakraAttribute.Of("comm_src", 0L), ChakraAttribute.Of("comm_size", 64L)]);
            Collective(writer, 1, [2]);
        });
        Command command = Command.Run("replay", _folder, "--system", "dgx-h100");
        command.Code.ShouldBe(ExitCode.AnswerIsNo);
        command.Error.ShouldContain("rank 0: node 1 (sum) waits for rank 1: node 1 (sum)");
        command.Error.ShouldContain("rank 1: node 2 (receive) waits for rank 0: node 2 (send)");
        using JsonDocument json = JsonDocument.Parse(Command.Run("replay", _folder, "--system", "dgx-h100", "--json").Output);
        json.RootElement.GetProperty("makespanS").ValueKind.ShouldBe(JsonValueKind.Null);
        json.RootElement.GetProperty("deadlock").GetArrayLength().ShouldBe(4);
    }

    [Fact]
    public void Everything_that_is_wrong_is_told_at_once_with_exit_code_2()
    {
        Write(0, static writer => writer.WriteNode(1, "a", ChakraNodeType.Compute, [7], [], 3, []));
        File.WriteAllText(Path.Combine(_folder, "step.1.et"), "no trace");
        Command command = Command.Run("replay", _folder, "--network", Data("network/dgx_v100_8gpu.yml"));
        command.Code.ShouldBe(ExitCode.WrongInput);
        command.Error.ShouldContain("ORR6206: rank 0: node 1 (a) depends (data) on node 7");
        command.Error.ShouldContain("step.1.et: error ORR6203");
        command.Error.ShouldContain("ORR6216: 'bandwidth' is the placeholder 'tbd'");
        Command.Run("replay", _folder, "--network", Data("network/dgx_v100_8gpu.yml"), "--json").Output.ShouldContain("\"diagnostics\"");
    }

    [Fact]
    public void Machines_that_contradict_each_other_are_refused()
    {
        string traces = Data("micro/all_reduce_4npus");
        Command.Run("replay", traces, "--network", Data("network/Ring_4npus.yml"), "--system", "dgx-h100").Error.ShouldContain("stands beside a network file");
        Command.Run("replay", traces, "--system", Data("system/Ring_4chunks.json")).Error.ShouldContain("needs a network file beside it");
        Command.Run("replay", traces, "--network", "flow").Error.ShouldContain("needs a machine");
        Command.Run("replay", traces, "--network", "flaw").Error.ShouldContain("did you mean 'flow'?");
        Command.Run("replay", traces, "--network", Data("network/Ring_8npus.yml")).Error.ShouldContain("the network joins 8 ranks, the traces are of a job of 4");
        Command.Run("replay", traces).Error.ShouldContain("records no duration; --system or --network gives one");
        Command.Run("replay", Path.Combine(_folder, "nowhere")).Error.ShouldContain("there is no trace");
    }

    [Fact]
    public void A_timeline_is_written()
    {
        string file = Path.Combine(_folder, "timeline.json");
        Command.Run("replay", Data("pytorch"), "--timeline", file).Code.ShouldBe(ExitCode.Done);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(file));
        json.RootElement.GetProperty("traceEvents").GetArrayLength().ShouldBeGreaterThan(3000);
    }

    [Fact]
    public void An_exported_step_replays_to_the_time_of_the_report()
    {
        string folder = Path.Combine(_folder, "step");
        Command train = Command.Run("train", "--model", "llama-3.1-8b", "--system", "dgx-h100", "--chips", "16", "--tp", "4", "--pp", "2", "--global-batch", "64", "--export-chakra", folder, "--json");
        train.Code.ShouldBe(ExitCode.Done);
        Command replay = Command.Run("replay", folder, "--system", "dgx-h100", "--json");
        replay.Code.ShouldBe(ExitCode.Done);
        using JsonDocument step = JsonDocument.Parse(train.Output), run = JsonDocument.Parse(replay.Output);
        double expected = step.RootElement.GetProperty("stepTimeS").GetDouble();
        run.RootElement.GetProperty("makespanS").GetDouble().ShouldBe(expected, expected * 1e-9);
        Command.Run("train", "--model", "llama-3.1-8b", "--system", "dgx-h100", "--chips", "16", "--tp", "4", "--pp", "1", "--global-batch", "64", "--export-chakra", folder)
            .Error.ShouldContain("holds step.8.et, which a replay would read too");
    }

    private static void Collective(ChakraWriter writer, ulong id, ReadOnlySpan<ulong> parents) =>
        writer.WriteNode(id, "sum", ChakraNodeType.Collective, parents, [], 0, [ChakraAttribute.Of("comm_type", 0L), ChakraAttribute.Of("comm_size", 64L)]);

    private static string Data(string relative) => Repository.PathOf(["data", "chakra", .. relative.Split('/')]);

    private void Write(int rank, Action<ChakraWriter> nodes)
    {
        using FileStream file = File.Create(Path.Combine(_folder, $"step.{rank}.et"));
        ChakraWriter writer = new(file);
        writer.WriteMetadata();
        nodes(writer);
        writer.Flush();
    }
}
