using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Cli.Arguments;
using Orrery.Cli.Reports;
using Orrery.Fabric;
using Orrery.Interchange;

namespace Orrery.Cli.Verbs;

/// <summary><c>replay</c>: execution traces on a machine.</summary>
public static class ReplayVerb
{
    public const string Schema = "orrery.replay/1";

    private const double MostRanks = 16_777_216;

    private static readonly string[] Networks = ["closed", "bound", "flow", "recorded"];

    public static VerbDescription Describe() => new("replay", "run Chakra execution traces on a system or an ASTRA-sim network", Schema)
    {
        Operands = [new("TRACES", [], "a folder of traces, one file for each rank or class of ranks; the prefix they share; or one file")],
        Flags =
        [
            new("--system", FlagKind.Text, "S", "machine: a name of the catalogue, a file, or a system file of ASTRA-sim (.json)"),
            new("--network", FlagKind.Text, "N", "closed (a formula for each algorithm), bound, flow or recorded; or a network file of ASTRA-sim (.yml)") { Repeats = true },
            new("--ranks", FlagKind.Integer, "N", "ranks of the job; ranks without a trace run as those with one") { High = MostRanks },
            new("--groups", FlagKind.Text, "FILE", "process groups that traces name and do not define: {\"0\": [0, 1]}"),
            new("--topology", FlagKind.Text, "FILE", "logical topology of ASTRA-sim: the dimensions that collectives name, on --system"),
            new("--memory", FlagKind.Text, "FILE", "remote-memory file of ASTRA-sim, for nodes that load and store"),
            new("--compute", FlagKind.Word, "C", "stated durations or the roofline; stated where there are any when left out") { Words = ["stated", "roofline"] },
            new("--timeline", FlagKind.Text, "FILE", "write the run as a trace that ui.perfetto.dev opens"),
            CommonFlags.Assume,
            CommonFlags.Json,
        ],
        Examples =
        [
            ("replay data/chakra/micro/all_reduce_4npus --network data/chakra/network/Ring_4npus.yml", "an ASTRA-sim example"),
            ("replay data/chakra/micro/all_reduce_16npus --system trn2.48xlarge", "the same on a catalogue system"),
            ("replay data/chakra/pytorch --system dgx-a100 --ranks 8", "one recorded rank of eight"),
            ("replay data/chakra/pytorch --timeline replay.json", "as recorded, as a picture"),
        ],
        Notes = "Without --system or a network file, recorded durations stand. Collectives of a group are matched by their order, messages by their ends and tag; what does not "
            + "match is named with file, rank and node. Exit code 1 means that ranks wait for one another in a circle.",
        Run = Run,
    };

    private static int Run(VerbCall call)
    {
        CommandContext context = call.Context;
        List<Diagnostic> problems = [.. call.Problems];
        string path = call.Arguments.Operands.Count > 0 ? call.Arguments.Operands[0] : "";
        ReplayFabric? fabric = ReadFabric(call.Arguments, problems, out int? networkRanks);
        TraceSet? set = null;
        if (path.Length > 0)
        {
            Result<TraceSet> read = TraceSet.Read(path, call.Arguments.Integer("--ranks") ?? (IsSingle(path) ? networkRanks : null));
            problems.AddRange(read.Diagnostics);
            set = read.Value;
        }

        if (fabric is null || set is null || problems.Exists(IsError))
            return context.RefuseInput(Schema, problems.Distinct());
        if (fabric.System is { } system && fabric.Dimensions is null or { Dimensions: [{ Link.Value: 0 }, ..] })
            fabric = OnCatalogue(fabric, set, call.Arguments, problems);
        if (fabric is null)
            return context.RefuseInput(Schema, problems.Distinct());
        Result<ReplayProgram> compiled = ReplayCompiler.Compile(set, fabric);
        problems.AddRange(compiled.Diagnostics);
        if (compiled.Value is not { } program)
            return context.RefuseInput(Schema, problems.Distinct());

        ReplayReport report = ReplayReport.Of(program);
        problems.AddRange(Deadlock(report));
        if (call.Arguments.Text("--timeline") is { } file && WriteTimeline(file, report, context) is { } failure)
            return context.RefuseInput(Schema, [failure]);
        if (context.IsJson)
        {
            ReplayText.WriteJson(context.Output, path, report, problems);
        }
        else
        {
            context.Report(problems);
            ReplayText.Write(context, path, report);
        }

        return report.Run.IsCompleted ? ExitCode.Done : ExitCode.AnswerIsNo;
    }

    private static bool IsError(Diagnostic problem) => problem.Severity == Severity.Error;

    /// <summary>One file stands for all ranks of the network it is replayed on.</summary>
    private static bool IsSingle(string path) => File.Exists(path) || (Directory.Exists(path) && Directory.GetFiles(path).Length == 1);

    private static ReplayFabric? ReadFabric(ParsedArguments arguments, List<Diagnostic> problems, out int? ranks)
    {
        ranks = null;
        ReplayNetwork method = ReplayNetwork.Closed;
        string? networkFile = null;
        foreach (string network in arguments.Texts("--network"))
        {
            int word = Array.IndexOf(Networks, network);
            if (word >= 0)
                method = (ReplayNetwork)word;
            else if (networkFile is not null)
                problems.Add(Wrong(ErrorCodes.RepeatedFlag, "--network", $"a second file, '{Quote.Argument(network)}'"));
            else if (network.EndsWith(".yml", StringComparison.Ordinal) || network.EndsWith(".yaml", StringComparison.Ordinal) || File.Exists(network))
                networkFile = network;
            else
                problems.Add(Wrong(ErrorCodes.WrongValue, "--network", $"found '{Quote.Argument(network)}'; expected a network file or one of {string.Join(", ", Networks)}{Units.EditDistance.Hint(network, Networks)}"));
        }

        string? systemName = arguments.Text("--system");
        bool hasSettings = systemName is not null && systemName.EndsWith(".json", StringComparison.Ordinal);
        if (networkFile is not null && systemName is not null && !hasSettings)
            problems.Add(Wrong(ErrorCodes.RepeatedFlag, "--system", "stands beside a network file; beside one it takes a system file of ASTRA-sim (.json)"));
        AstraSystem? settings = hasSettings ? Take(AstraSystem.ReadFile(systemName!), problems) : null;
        ReplayFabric? fabric = ReplayFabric.AsRecorded;
        if (networkFile is not null)
        {
            fabric = null;
            if (Take(AstraNetwork.ReadFile(networkFile), problems) is { } network && (!hasSettings || settings is not null))
            {
                ranks = network.Ranks;
                fabric = ReplayFabric.Of(network, settings, method, networkFile);
            }
        }
        else if (hasSettings)
        {
            problems.Add(Wrong(ErrorCodes.MissingFlag, "--network", "a system file of ASTRA-sim needs a network file beside it"));
        }
        else if (systemName is not null)
        {
            (DataCatalog catalog, ImmutableArray<Diagnostic> wrong) = CatalogOpening.Open(arguments);
            problems.AddRange(wrong);
            fabric = Take(catalog.System(systemName), problems) is { } system ? ReplayFabric.AsRecorded with { Name = system.Id, System = system, Network = method } : null;
        }
        else if (method is not (ReplayNetwork.Closed or ReplayNetwork.Recorded))
        {
            problems.Add(Wrong(ErrorCodes.MissingFlag, "--system", $"--network {Networks[(int)method]} needs a machine: --system, or a network file"));
        }

        return fabric is null ? null : ReadBeside(fabric, arguments, problems);
    }

    /// <summary>What stands beside the machine: groups, dimensions, memory, the choice of durations.</summary>
    private static ReplayFabric ReadBeside(ReplayFabric fabric, ParsedArguments arguments, List<Diagnostic> problems)
    {
        if (arguments.Text("--groups") is { } groups && Take(AstraGroups.ReadFile(groups), problems) is { } defined)
            fabric = fabric with { Groups = defined };
        if (arguments.Text("--memory") is { } memory && Take(AstraMemory.ReadFile(memory), problems) is { } far)
            fabric = fabric with { Memory = far };
        if (arguments.Text("--topology") is { } topology)
        {
            if (fabric.Dimensions is not null)
                problems.Add(Wrong(ErrorCodes.RepeatedFlag, "--topology", "the network file gives the dimensions"));
            else if (Take(AstraGroups.ReadTopology(topology), problems) is { } dimensions)
                fabric = fabric with { Dimensions = dimensions };
        }

        return arguments.Text("--compute") is { } compute ? fabric with { PrefersRoofline = compute == "roofline" } : fabric;
    }

    /// <summary>A system of the catalogue as large as the job, with its library.</summary>
    private static ReplayFabric? OnCatalogue(ReplayFabric read, TraceSet set, ParsedArguments arguments, List<Diagnostic> problems)
    {
        (DataCatalog catalog, _) = CatalogOpening.Open(arguments);
        int world = set.World, stated = set.Traces[0].RanksPerChip;
        int ranksPerChip = Math.Max(1, stated > 0 ? stated : read.System!.Chip.RanksPerChip);
        SystemDescription system = SystemSlices.Fit(read.System!, (world + ranksPerChip - 1) / ranksPerChip);
        Result<ClosedFormCollectives> opened = ClosedFormCollectives.Open(catalog.DataRoot, system);
        problems.AddRange(opened.Diagnostics);
        if (opened.Value is not { } model)
            return null;
        if (world == 1)
            problems.Add(new(Severity.Note, ErrorCodes.NotAvailable, "--ranks", 0, 0, "the job has one rank, whose collectives cost nothing; --ranks says how many there were"));
        return ReplayFabric.Of(system, model, read.Network, ranksPerChip) with
        {
            Groups = read.Groups,
            Memory = read.Memory,
            Dimensions = read.Dimensions,
            PrefersRoofline = read.PrefersRoofline,
        };
    }

    private static IEnumerable<Diagnostic> Deadlock(ReplayReport report)
    {
        ImmutableArray<int> circle = report.Run.Deadlock;
        for (int index = 0; index < circle.Length; index++)
        {
            int task = circle[index], next = circle[(index + 1) % circle.Length];
            ChakraTrace trace = report.Program.TraceFor(task);
            yield return new(Severity.Error, ReplayCodes.Deadlock, trace.File, 0, 0, $"{report.Program.Describe(task)} waits for {report.Program.Describe(next)}");
        }
    }

    private static Diagnostic? WriteTimeline(string file, ReplayReport report, CommandContext output)
    {
        try
        {
            using FileStream stream = File.Create(file);
            TraceEventWriter.Write(stream, ReplayTimeline.Of(report).AsSpan(), ReplayProgram.Scale, "rank", [new("fabric", report.Program.Fabric.Name)]);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return Wrong(ErrorCodes.CannotWrite, "--timeline", $"'{Quote.Argument(file)}' cannot be written: {Quote.Argument(failure.Message)}");
        }

        output.Error.WriteLine($"orrery: the replay is written to {Quote.Argument(file)}; ui.perfetto.dev opens it");
        return null;
    }

    private static T? Take<T>(Result<T> result, List<Diagnostic> problems)
        where T : class
    {
        problems.AddRange(result.Diagnostics);
        return result.Value;
    }

    private static Diagnostic Wrong(string code, string flag, string message) => new(Severity.Error, code, flag, 0, 0, message);
}
