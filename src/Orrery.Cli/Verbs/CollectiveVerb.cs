using System.Collections.Immutable;
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
        string[] known = [.. MeasuredLibrary.All(catalog.DataRoot).Select(static one => one.Name)];
        if (library.Length > 0 && !known.Contains(library, StringComparer.Ordinal))
        {
            problems.Add(Wrong(ErrorCodes.WrongValue, "--library", $"found '{Quote.Argument(library)}'; expected one of {string.Join(", ", known)}{EditDistance.Hint(library, known)}"));
            return context.RefuseInput(Schema, problems.Distinct());
        }

        Result<ClosedFormCollectives> opened = new ClosedFormFactory(catalog.DataRoot).Create(system, measured: library);
        if (opened.Value is not { } model)
            return context.RefuseInput(Schema, opened.Diagnostics);
        CollectiveQuestion question = new(word, (CollectiveKind)Array.IndexOf(Words, word), system, chips, chips * system.Chip.RanksPerChip);
        List<CollectiveAnswer> answers = [];
        string network = arguments.Text("--network") ?? "closed";
        ImmutableArray<NetworkFault> faults = NetworkWords.Faults(arguments, problems);
        int held = FabricGraph.ChipsFor(system, chips, system.Chip.RanksPerChip);
        FabricGraph? graph = network == "flow" ? new FabricGraph(system, held, system.Chip.RanksPerChip) : null;
        FlowCollectives? flows = graph is null ? null : new FlowCollectives(graph, model);
        if (flows is not null && !flows.Supports(question.Kind, question.Ranks))
            problems.Add(Wrong(ErrorCodes.NotAvailable, "--network", $"flow does not run {word} over {question.Ranks} ranks; closed does"));
        if (graph is not null)
            NetworkWords.Apply(faults, graph, problems);
        if (problems.Exists(static problem => problem.Severity == Severity.Error))
            return context.RefuseInput(Schema, problems.Distinct());
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
