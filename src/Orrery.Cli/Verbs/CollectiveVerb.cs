using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Cli.Arguments;
using Orrery.Cli.Pictures;
using Orrery.Cli.Reports;
using Orrery.Fabric;
using Orrery.Operators;
using Orrery.Units;
using Orrery.Validation.Collectives;

namespace Orrery.Cli.Verbs;

/// <summary><c>collective</c>: one collective over all ranks of a job.</summary>
public static class CollectiveVerb
{
    public const string Schema = "orrery.collective/1";

    private const double MostChips = 4_000_000;
    private const int MostMatrixRanks = 2_048;

    private static readonly string[] Words = ["all-reduce", "all-gather", "reduce-scatter", "all-to-all", "broadcast", "reduce", "gather", "scatter", "barrier", "p2p"];

    public static VerbDescription Describe() => new("collective", "predict a collective: time, bound, bus bandwidth, what limits it", Schema)
    {
        Operands = [new("OPERATION", [], "what ranks do together, such as all-reduce or all-to-all")],
        Flags =
        [
            new("--system", FlagKind.Text, "S", "machine: a name of the catalogue or a file") { IsRequired = true },
            new("--chips", FlagKind.Integer, "N", "number of accelerator packages; all their ranks take part") { IsRequired = true, High = MostChips },
            new("--size", FlagKind.Text, "SIZE", "bytes that each rank hands in, such as 1GiB; 1 GiB when left out"),
            new("--sizes", FlagKind.Text, "A..B", "a table over sizes from A to B, doubling, such as 1KiB..1GiB"),
            new("--algorithm", FlagKind.Word, "A", "one algorithm wherever it can do the work; the library's own choice when left out")
            {
                Words = [.. AlgorithmRegistry.All.Select(static algorithm => algorithm.Name)],
            },
            new("--library", FlagKind.Text, "L", "software with constants of its own, such as vllm-graph, torch or efa; the chip's when left out"),
            new("--network", FlagKind.Word, "N", "bound, closed (a formula for each algorithm) or flow; closed when left out")
            {
                Words = NetworkWords.Kinds,
            },
            NetworkWords.Slow,
            NetworkWords.Fail,
            new("--group", FlagKind.Integer, "N", "ranks of a group, of which all that fill the job run at once; all ranks when left out") { High = MostChips },
            new("--stride", FlagKind.Integer, "S", "with --group, ranks from one member to the next; 1 when left out") { High = MostChips },
            new("--placement", FlagKind.Text, "P", "where the chips are: spread evenly, packed, or 8x16 for 8 in each of 16 domains; spread when left out"),
            new("--with", FlagKind.Text, "JOB.yaml", "with --network flow, collectives that run at the same time") { Repeats = true },
            new("--background", FlagKind.Pair, "LEVEL=0.3", "with --network flow, share of a level's links that others take") { Repeats = true },
            new("--matrix", FlagKind.Text, "FILE", "with all-to-all, bytes from each rank to each other, a line of figures for each sender"),
            new("--svg", FlagKind.Text, "FILE", "with --sizes, write the bus bandwidth over the size as a picture"),
            CommonFlags.Assume,
            CommonFlags.Json,
        ],
        Examples =
        [
            ("collective all-reduce --size 1GiB --system trn3-gen2 --chips 144", "one UltraServer"),
            ("collective all-to-all --sizes 1MiB..1GiB --system gb200-nvl72 --chips 72", "a table over sizes"),
            ("collective all-reduce --system trn3-gen2 --chips 288 --network flow --fail server0", "a failed switch"),
            ("collective all-reduce --size 1GiB --system dgx-h100 --chips 64 --algorithm tree --json", "another algorithm, for a program"),
        ],
        Notes = $"Operations: {string.Join(", ", Words)}. No time is below the bound that ports and latency set. Bus bandwidth follows the NCCL tests. "
            + "Links are chip12/rack (a port), chip12/rack.3 (one of its links), chip4-chip5 (a direct link), rack2 (switches), rack2.1 (a plane of them).",
        Run = Run,
    };

    private static int Run(VerbCall call)
    {
        CommandContext context = call.Context;
        ParsedArguments arguments = call.Arguments;
        List<Diagnostic> problems = [.. call.Problems];
        (DataCatalog catalog, ImmutableArray<Diagnostic> wrong) = CatalogOpening.Open(arguments);
        problems.AddRange(wrong);
        List<double> sizes = Sizes(arguments, problems);
        string word = arguments.Operands.Count > 0 ? arguments.Operands[0] : Words[0];
        if (!Words.Contains(word, StringComparer.Ordinal))
            problems.Add(Wrong(ErrorCodes.WrongValue, "OPERATION", $"found '{Quote.Argument(word)}'; expected one of {string.Join(", ", Words)}{EditDistance.Hint(word, Words)}"));
        SystemDescription? system = null;
        if (arguments.Text("--system") is { } name)
        {
            Result<SystemDescription> found = catalog.System(name);
            problems.AddRange(found.Diagnostics);
            system = found.Value;
        }

        int chips = arguments.Integer("--chips") ?? 1;
        if (system is { MaximumChips: > 0 } limited && chips > limited.MaximumChips)
            problems.Add(Wrong(ErrorCodes.OutOfRange, "--chips", $"{limited.Name} has at most {limited.MaximumChips} chips, not {chips}"));
        if (problems.Exists(static problem => problem.Severity == Severity.Error) || system is null)
            return context.RefuseInput(Schema, problems.Distinct());

        system = SystemSlices.Fit(system, chips);
        string library = arguments.Text("--library") ?? "";
        string[] known = library.Length == 0 ? [] : [.. MeasuredLibrary.All(catalog.DataRoot).Select(static one => one.Name)];
        if (library.Length > 0 && !known.Contains(library, StringComparer.Ordinal))
        {
            problems.Add(Wrong(ErrorCodes.WrongValue, "--library", $"found '{Quote.Argument(library)}'; expected one of {string.Join(", ", known)}{EditDistance.Hint(library, known)}"));
            return context.RefuseInput(Schema, problems.Distinct());
        }

        Result<ClosedFormCollectives> opened = new ClosedFormFactory(catalog.DataRoot).Create(system, measured: library);
        if (opened.Value is not { } model)
            return context.RefuseInput(Schema, opened.Diagnostics);
        CollectiveKind kind = (CollectiveKind)Array.IndexOf(Words, word);
        int ranks = chips * system.Chip.RanksPerChip;
        List<CollectiveAnswer> answers = [];
        string network = arguments.Text("--network") ?? "closed";
        ImmutableArray<NetworkFault> faults = NetworkWords.Faults(arguments, problems);
        RankGroup? placed = Placement(arguments, system, kind, chips, problems);
        int held = placed is null || placed.Fanout[^1] == 1
            ? FabricGraph.ChipsFor(system, chips, system.Chip.RanksPerChip)
            : Math.Max(chips, placed.Fanout[^1] * Math.Max(1, system.ChipsPerScaleUpDomain));
        FabricGraph? graph = network == "flow" || arguments.Text("--matrix") is not null ? new FabricGraph(system, held, system.Chip.RanksPerChip) : null;
        FlowCollectives? flows = graph is null ? null : new FlowCollectives(graph, model);
        RankGroups groups = new(system, system.Chip.RanksPerChip);
        RankGroup whole = placed ?? (kind == CollectiveKind.PointToPoint && ranks > 2 ? groups.Group((ranks + 1) / 2, 2, ranks) : groups.Group(1, ranks, ranks));
        CollectiveQuestion question = new(word, kind, system, chips, ranks) { SystemName = arguments.Text("--system") ?? system.Id, Group = whole, FlowGroup = placed ?? flows?.Whole(kind, ranks) ?? whole };
        if (network == "flow" && flows?.Supports(kind, question.Members) == false)
            problems.Add(Wrong(ErrorCodes.NotAvailable, "--network", $"flow does not run {word} over {question.Members} ranks; closed does"));
        if (network == "flow" && flows?.Fits(question.FlowGroup) == false)
            problems.Add(Wrong(ErrorCodes.NotAvailable, "--network", "flow has no place for a group that lies so unevenly; closed does"));
        List<ConcurrentJob> beside = [];
        if (graph is not null)
        {
            NetworkWords.Apply(faults, graph, problems);
            Occupy(arguments, graph, problems);
            foreach (string path in arguments.Texts("--with"))
                beside.AddRange(ConcurrentJobReader.Read(path, Words, system, ranks, graph, problems));
        }

        foreach (string flag in (ReadOnlySpan<string>)["--with", "--background"])
        {
            if (network != "flow" && arguments.Texts(flag).Any())
                problems.Add(Wrong(ErrorCodes.NotAvailable, flag, "needs --network flow"));
        }

        double[,]? matrix = arguments.Text("--matrix") is { } table && ranks <= MostMatrixRanks ? ExchangeMatrixReader.Read(table, ranks, problems) : null;
        if (arguments.Text("--matrix") is not null && (kind != CollectiveKind.AllToAll || ranks > MostMatrixRanks))
            problems.Add(Wrong(ErrorCodes.NotAvailable, "--matrix", $"is for all-to-all over at most {MostMatrixRanks} ranks"));
        if (problems.Exists(static problem => problem.Severity == Severity.Error))
            return context.RefuseInput(Schema, problems.Distinct());
        if (matrix is not null)
            return Exchange(context, question, graph!, model, matrix, network, problems);
        CollectiveAlgorithm? forced = arguments.Text("--algorithm") is { } algorithm ? AlgorithmRegistry.Find(algorithm) : null;
        foreach (double size in sizes)
        {
            CollectiveAnswer formula = CollectiveAnswer.Of(question, size, model, forced);
            CollectiveAnswer? answer = network switch
            {
                "bound" => formula.At(question, formula.Cost.Bound, "bound", formula.Cost.Bottleneck),
                "flow" => formula.AsFlow(question, flows!, forced),
                _ => formula,
            };
            if (answer is null)
            {
                context.Report(problems);
                context.Error.WriteLine("orrery: faults cut ranks off from one another; there is no way left");
                if (context.IsJson)
                    CollectiveReport.WriteJson(context.Output, question, [formula.At(question, new Seconds(double.NaN), "none", "cut off")], problems);
                return ExitCode.AnswerIsNo;
            }

            if (beside.Count > 0 && flows is not null)
            {
                Collective collective = new(kind, new Bytes(kind == CollectiveKind.AllGather ? size * question.Members : size));
                IReadOnlyList<ConcurrentAnswer> together = new ConcurrentFlows(flows).Run([new ConcurrentJob(word, collective, question.FlowGroup), .. beside]) ?? [];
                if (together.Count > 0)
                    answer = answer.At(question, Seconds.Max(answer.Cost.Time, together[0].Together), answer.Cost.Algorithm, answer.Cost.Bottleneck) with { Together = together };
            }

            answers.Add(answer);
        }

        if (forced is not null && network != "bound" && !answers.Exists(answer => answer.Cost.Algorithm.Contains(forced.Name, StringComparison.Ordinal)))
            problems.Add(new(Severity.Warning, ErrorCodes.NotAvailable, "--algorithm", 0, 0, $"'{forced.Name}' cannot do {question.Word} here; the library's choice stands"));
        if (arguments.Text("--svg") is { } file
            && PictureFile.Write(file, BandwidthPicture.Draw(question, answers), "--svg", context) is { } failure)
        {
            return context.RefuseInput(Schema, [failure]);
        }

        if (context.IsJson)
        {
            CollectiveReport.WriteJson(context.Output, question, answers, problems);
        }
        else
        {
            context.Report(problems);
            CollectiveReport.WriteText(context, question, answers, model.Provenance);
        }

        return ExitCode.Done;
    }

    private static int Exchange(
        CommandContext context, CollectiveQuestion question, FabricGraph graph, ClosedFormCollectives model, double[,] matrix, string network, List<Diagnostic> problems)
    {
        if (MatrixExchange.Run(graph, model, matrix) is not { } found)
        {
            context.Error.WriteLine("orrery: faults cut ranks off from one another; there is no way left");
            return ExitCode.AnswerIsNo;
        }

        double most = 0;
        for (int from = 0; from < question.Ranks; from++)
        {
            double sent = 0;
            for (int to = 0; to < question.Ranks; to++)
                sent += to == from ? 0 : matrix[from, to];
            most = Math.Max(most, sent);
        }

        Seconds time = network switch { "bound" => found.Bound, "flow" => found.Flow.Time, _ => found.Closed };
        if (time < found.Bound * (1 - 1e-9))
            throw new InvalidOperationException($"an exchange on {question.System.Id} takes {time.Value} s, below its bound of {found.Bound.Value} s");
        CollectiveCost cost = new(time, found.Bound, network == "bound" ? "bound" : "direct", found.Flow.Bottleneck, default);
        CollectiveAnswer answer = new(new Bytes(most), cost, new BytesPerSecond(time.Value > 0 ? most / time.Value : double.NaN)) { Detour = found.Flow.Detour };
        if (context.IsJson)
        {
            CollectiveReport.WriteJson(context.Output, question, [answer], problems);
        }
        else
        {
            context.Report(problems);
            CollectiveReport.WriteText(context, question, [answer], model.Provenance);
        }

        return ExitCode.Done;
    }

    /// <summary>The group that flags ask for; null where they leave it to all ranks spread evenly.</summary>
    private static RankGroup? Placement(ParsedArguments arguments, SystemDescription system, CollectiveKind kind, int chips, List<Diagnostic> problems)
    {
        int perChip = system.Chip.RanksPerChip, ranks = chips * perChip;
        int? group = arguments.Integer("--group");
        int stride = arguments.Integer("--stride") ?? 1;
        string placement = arguments.Text("--placement") ?? "spread";
        if (group is { } members)
        {
            if (placement != "spread")
                problems.Add(Wrong(ErrorCodes.RepeatedFlag, "--placement", "stands beside --group, which lies as training lays it; give one of them"));
            if ((long)members * stride > ranks || ranks % members != 0)
                problems.Add(Wrong(ErrorCodes.OutOfRange, "--group", $"{members} ranks {stride} apart do not fill {ranks} ranks in groups"));
            else
                return new RankGroups(system, perChip).Group(stride, members, ranks);
            return null;
        }

        if (arguments.Integer("--stride") is not null)
            problems.Add(Wrong(ErrorCodes.NotAvailable, "--stride", "needs --group"));
        if (placement == "spread")
            return null;
        if (kind == CollectiveKind.PointToPoint)
        {
            problems.Add(Wrong(ErrorCodes.NotAvailable, "--placement", "is not for p2p"));
            return null;
        }

        if (placement == "packed")
            return JobPlacement.Packed(system, perChip, ranks);
        string[] parts = placement.Split('x');
        if (parts.Length == 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int each)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int domains)
            && (long)each * domains == chips && each >= 1 && each <= Math.Max(1, system.ChipsPerScaleUpDomain))
            return JobPlacement.InDomains(system, perChip, each, domains);
        problems.Add(Wrong(
            ErrorCodes.WrongValue, "--placement",
            $"found '{Quote.Argument(placement)}'; expected spread, packed, or chips in each domain x domains, such as {Math.Min(chips, Math.Max(1, system.ChipsPerScaleUpDomain))}x{Math.Max(1, chips / Math.Max(1, system.ChipsPerScaleUpDomain))}"));
        return null;
    }

    private static void Occupy(ParsedArguments arguments, FabricGraph graph, List<Diagnostic> problems)
    {
        foreach (string pair in arguments.Texts("--background"))
        {
            int equals = pair.LastIndexOf('=');
            if (equals <= 0 || !Quantity.TryParse(pair.AsSpan(equals + 1), QuantityKind.Number, out double share, out _) || share is < 0 or >= 1)
                problems.Add(Wrong(ErrorCodes.WrongValue, "--background", $"found '{Quote.Argument(pair)}'; expected LEVEL=PART with a part from 0 to below 1"));
            else if (graph.Occupy(pair[..equals], share) is { } problem)
                problems.Add(Wrong(ErrorCodes.WrongValue, "--background", problem));
        }
    }

    private static List<double> Sizes(ParsedArguments arguments, List<Diagnostic> problems)
    {
        string? range = arguments.Text("--sizes"), one = arguments.Text("--size");
        if (range is not null && one is not null)
            problems.Add(Wrong(ErrorCodes.RepeatedFlag, "--sizes", "stands beside --size; give one of them"));
        if (range is null)
            return [Size(one ?? "1GiB", "--size", problems)];
        int dots = range.IndexOf("..", StringComparison.Ordinal);
        if (dots <= 0)
        {
            problems.Add(Wrong(ErrorCodes.WrongValue, "--sizes", $"found '{Quote.Argument(range)}'; expected two sizes such as 1KiB..1GiB"));
            return [];
        }

        double low = Size(range[..dots], "--sizes", problems), high = Size(range[(dots + 2)..], "--sizes", problems);
        List<double> sizes = [];
        if (low > high)
            problems.Add(Wrong(ErrorCodes.OutOfRange, "--sizes", $"'{Quote.Argument(range)}' starts above its end"));
        for (double size = low; size <= high && low > 0; size *= 2)
            sizes.Add(size);
        return sizes;
    }

    private static double Size(string text, string flag, List<Diagnostic> problems)
    {
        if (Quantity.TryParse(text, QuantityKind.Data, out double bytes, out string problem) && bytes is >= 1 and <= 1e15)
            return bytes;
        problems.Add(Wrong(ErrorCodes.WrongValue, flag, $"found '{Quote.Argument(text)}'; {(problem.Length > 0 ? problem : "expected a size from 1 B to 1 PB")}"));
        return 1;
    }

    private static Diagnostic Wrong(string code, string flag, string message) => new(Severity.Error, code, flag, 0, 0, message);
}
