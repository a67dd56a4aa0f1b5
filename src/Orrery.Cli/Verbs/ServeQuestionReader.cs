using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Cli.Arguments;
using Orrery.Models;
using Orrery.Serving;
using Orrery.Units;

namespace Orrery.Cli.Verbs;

/// <summary>Turns the arguments of a serving job into a request; everything wrong is said at once.</summary>
public static class ServeQuestionReader
{
    private const int UsualTokens = 1024;

    /// <summary>The request, or null where <c>Problems</c> holds an error.</summary>
    public static (ServingRequest? Request, ServingContext Context, ImmutableArray<Diagnostic> Problems) Read(VerbCall call)
    {
        ParsedArguments arguments = call.Arguments;
        List<Diagnostic> problems = [.. call.Problems];
        (DataCatalog catalog, ImmutableArray<Diagnostic> wrong) = CatalogOpening.Open(arguments);
        problems.AddRange(wrong);
        ServingContext context = new(catalog);
        SystemDescription? system = Take(arguments.Text("--system"), name => catalog.System(name), problems);
        ModelArchitecture? model = Take(arguments.Text("--model"), name => ModelLoader.Load(name, catalog.DataRoot), problems);
        ServingStack? stack = null;
        if (arguments.Text("--stack") is { } stackName)
            stack = Take(stackName, context.Stacks.Stack, problems);
        else if (system is not null)
            stack = Take(system.Chip.Id, _ => context.Stacks.DefaultFor(system.Chip.Architecture), problems);
        ServiceLevel? level = Take(arguments.Text("--slo"), ServiceLevel.Parse, problems);
        double? price = system is null ? null : TrainFlags.Price(arguments, system, problems);

        // A file of a million lines is read only for a question that can be asked.
        bool isAsked = !problems.Exists(static problem => problem.Severity == Severity.Error);
        ServingWorkload? workload = isAsked && model is not null ? Workload(arguments, model, problems) : null;
        if (workload is null || system is null || model is null || stack is null || problems.Exists(static problem => problem.Severity == Severity.Error))
            return (null, context, [.. problems.Distinct()]);

        ServingRequest request = new()
        {
            Model = model,
            System = system,
            Stack = stack,
            Chips = arguments.Integer("--chips") ?? 1,
            Workload = workload,
            Lnc = arguments.Integer("--lnc"),
            TensorParallel = arguments.Integer("--tp"),
            PipelineParallel = arguments.Integer("--pp"),
            DataParallel = arguments.Integer("--dp"),
            ExpertParallel = arguments.Integer("--ep"),
            Replicas = arguments.Integer("--replicas"),
            Precision = Format(arguments.Text("--precision")),
            KvPrecision = Format(arguments.Text("--kv-precision")) ?? NumberFormat.Bf16,
            MaxBatch = arguments.Integer("--max-batch"),
            TokenBudget = arguments.Integer("--chunk"),
            CachesPrefixes = arguments.Switch("--prefix-cache") ?? true,
            ContextTokens = arguments.Integer("--max-context"),
            Batching = arguments.Text("--batching") is { } batching ? BatchingPolicies.Find(batching) : null,
            Router = arguments.Text("--router") is { } router ? Routers.Find(router) : null,
            ServiceLevel = level,
            UsdPerChipHour = price,
        };
        return (request, context, [.. problems.Distinct()]);
    }

    private static ServingWorkload? Workload(ParsedArguments arguments, ModelArchitecture model, List<Diagnostic> problems)
    {
        string? file = arguments.Text("--trace");
        double? rate = arguments.Number("--rate");
        int? clients = arguments.Integer("--concurrency");
        ulong seed = (ulong)(arguments.Number("--seed") ?? 0);
        if (file is null && rate is null && clients is null)
            return Refuse(problems, ServingCode.NoWorkload, "--trace", "no requests: give --trace FILE, --rate R or --concurrency C");
        if (clients is not null && rate is not null)
            return Refuse(problems, ServingCode.NoWorkload, "--concurrency", "clients that wait have no --rate; give one of the two");
        ArrivalProcess process = ArrivalProcesses.Find(arguments.Text("--arrivals") ?? "poisson")!;
        int context = arguments.Integer("--max-context") ?? (model.MaxPositions > 0 ? model.MaxPositions : int.MaxValue);
        if (file is not null)
            return OfFile(file, rate, clients, process, arguments.Text("--arrivals") is not null, context, seed, problems);

        if (!TryShare(arguments.Text("--shortest"), out double share))
            return Refuse(problems, ErrorCodes.WrongValue, "--shortest", $"found '{Quote.Argument(arguments.Text("--shortest")!)}'; expected a share above 0 and at most 1, such as 0.8");
        LengthRange input = new(arguments.Integer("--input-tokens") ?? UsualTokens, share);
        LengthRange output = new(arguments.Integer("--output-tokens") ?? UsualTokens, share);
        if ((long)input.Most + output.Most > context)
            return Refuse(problems, ServingCode.PromptTooLong, "--input-tokens", $"prompt and answer have {(long)input.Most + output.Most:#,0} tokens, the context {context:#,0}");
        int count = arguments.Integer("--requests") ?? (clients is { } many ? Math.Min(20_000_000, many * ServeFlags.UsualRequestsOfClient) : ServeFlags.UsualRequests);
        string lengths = share < 1
            ? string.Create(CultureInfo.InvariantCulture, $"{input.Least:#,0} to {input.Most:#,0} tokens in, {output.Least:#,0} to {output.Most:#,0} out")
            : string.Create(CultureInfo.InvariantCulture, $"{input.Most:#,0} tokens in, {output.Most:#,0} out");
        if (rate is double.NaN)
        {
            return Fastest(new RatedRequests(Make(arguments.Integer("--requests") ?? MaximumRateFinder.UsualRequests), 1, SourceAt, arguments.Integer("--requests") is null ? Make : null));
        }

        return clients is { } waiting
            ? new ServingWorkload(SyntheticTrace.Waiting(count, input, output, seed), waiting, 0, string.Create(CultureInfo.InvariantCulture, $"{waiting:#,0} clients that wait; {lengths}"))
            : new ServingWorkload(
                SyntheticTrace.Create(process, rate!.Value, count, input, output, seed), 0, 0, SourceAt(rate.Value));

        RequestTrace Make(int many) => SyntheticTrace.Create(process, 1, many, input, output, seed);

        string SourceAt(double perSecond) => string.Create(CultureInfo.InvariantCulture, $"{perSecond:G4} requests/s ({process.Name}); {lengths}");
    }

    private static ServingWorkload Fastest(RatedRequests rated) => rated.At(rated.NaturalRate) with { Rated = rated };

    private static ServingWorkload? OfFile(string file, double? rate, int? clients, ArrivalProcess process, bool isProcessGiven, int context, ulong seed, List<Diagnostic> problems)
    {
        Result<RequestTrace> read = TraceReader.Read(file, TraceLimits.Default with { ContextTokens = context }, Quote.Argument(file));
        problems.AddRange(read.Diagnostics);
        if (read.Value is not { } trace)
            return null;
        string name = Quote.Argument(Path.GetFileName(file));
        if (clients is { } waiting)
            return new ServingWorkload(trace, waiting, 0, string.Create(CultureInfo.InvariantCulture, $"lengths of {name} from {waiting:#,0} clients that wait"));
        if (rate is double.NaN)
        {
            // The times of the trace, closer together; where it has none, or others are asked for, made-up ones.
            return Fastest(!isProcessGiven && trace.Arrivals[^1] > 0
                ? RatedRequests.Of(trace, one => string.Create(CultureInfo.InvariantCulture, $"{name}, its times at {one:G4} requests/s"))
                : new RatedRequests(SyntheticTrace.Timed(trace, process, 1, seed), 1, one => string.Create(CultureInfo.InvariantCulture, $"lengths of {name} at {one:G4} requests/s ({process.Name})")));
        }

        if (rate is { } perSecond)
            return new ServingWorkload(SyntheticTrace.Timed(trace, process, perSecond, seed), 0, 0, string.Create(CultureInfo.InvariantCulture, $"lengths of {name} at {perSecond:G4} requests/s ({process.Name})"));
        return trace.Count > 1 && trace.Arrivals[^1] == 0
            ? Refuse(problems, ServingCode.NoWorkload, "--trace", $"{name} holds lengths without times; give --rate R or --concurrency C with it")
            : new ServingWorkload(trace, 0, 0, name);
    }

    private static bool TryShare(string? text, out double share)
    {
        share = 1;
        return text is null || (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out share) && share is > 0 and <= 1);
    }

    private static ServingWorkload? Refuse(List<Diagnostic> problems, string code, string place, string message)
    {
        problems.Add(new Diagnostic(Severity.Error, code, place, 0, 0, message));
        return null;
    }

    private static NumberFormat? Format(string? text) => text is not null && NumberFormats.TryParse(text, out NumberFormat format) ? format : null;

    private static T? Take<T>(string? name, Func<string, Result<T>> load, List<Diagnostic> problems)
        where T : class
    {
        if (name is null)
            return null;
        Result<T> result = load(name);
        problems.AddRange(result.Diagnostics);
        return result.Value;
    }
}
