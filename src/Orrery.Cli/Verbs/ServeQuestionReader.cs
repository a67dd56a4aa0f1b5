using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Cli.Arguments;
using Orrery.Interchange.Launch;
using Orrery.Models;
using Orrery.Serving;
using Orrery.Units;

namespace Orrery.Cli.Verbs;

/// <summary>Turns the arguments of a serving job into a request; everything wrong is said at once.</summary>
public static class ServeQuestionReader
{
    /// <summary>The request, or null where <c>Problems</c> holds an error.</summary>
    public static (ServingRequest? Request, ServingContext Context, ImmutableArray<Diagnostic> Problems) Read(VerbCall call)
    {
        ParsedArguments arguments = call.Arguments;
        List<Diagnostic> problems = [.. call.Problems];
        (DataCatalog catalog, ImmutableArray<Diagnostic> wrong) = CatalogOpening.Open(arguments);
        problems.AddRange(wrong);
        ServingContext context = new(catalog);
        PoolSplit? split = PoolQuestionReader.Split(arguments, problems);
        SystemDescription? system = Take(arguments.Text("--system"), name => catalog.System(name), problems);
        SystemDescription? prompts = null;
        if (split is { Prompts: { } first, Answers: { } second })
        {
            prompts = PoolQuestionReader.SystemOf("prefill", first, system, catalog, problems);
            system = PoolQuestionReader.SystemOf("decode", second, system, catalog, problems);
        }

        ModelArchitecture? model = Take(arguments.Text("--model"), name => ModelLoader.Load(name, catalog.DataRoot), problems);
        EngineInput? launched = arguments.Text(LaunchInput.Flag) is { } given ? EngineInput.Open(given, problems) : null;
        // Arguments of an engine are that engine's, and so is a plan that is printed for one.
        string? engine = arguments.Text("--stack") ?? launched?.Framework.Stack ?? (arguments.Text("--launch") is { } word ? EngineFramework.Find(word)?.Stack : null);
        ServingStack? stack = null;
        if (engine is not null)
            stack = Take(engine, context.Stacks.Stack, problems);
        else if (system is not null)
            stack = Take(system.Chip.Id, _ => context.Stacks.DefaultFor(system.Chip.Architecture), problems);
        ServiceLevel? level = Take(arguments.Text("--slo"), ServiceLevel.Parse, problems);
        double? price = system is null || prompts is not null ? null : TrainFlags.Price(arguments, system, problems);
        // Where flags are wrong that is said alone: the job itself may be one of images.
        if (model?.LatentGrid is not null && !call.Problems.Any(static problem => problem.Severity == Severity.Error))
            problems.Add(new Diagnostic(Severity.Error, ErrorCodes.NotAvailable, "--model", 0, 0, $"{model.Name} makes images: its jobs are denoising steps, which serve answers and nothing here takes apart"));
        if (model is { Vision: not null } && arguments.Text("--image-size") is { } imageSize)
            model = Take(imageSize, size => new ModelInputs(ImageSize: size).Apply(model, null, out _), problems);
        else if (model is { LatentGrid: null } && arguments.Text("--image-size") is not null)
            problems.Add(new Diagnostic(Severity.Error, ServingCode.NoTower, "--image-size", 0, 0, $"{model.Name} has no vision tower"));
        foreach (string flag in ServeFlags.OfGeneratorsAlone)
        {
            if (model?.LatentGrid is null && arguments.Text(flag) is not null)
                problems.Add(new Diagnostic(Severity.Error, ErrorCodes.NotAvailable, flag, 0, 0, $"{Quote.Argument(arguments.Text("--model") ?? "the model")} makes no images: the flag is for diffusion models"));
        }

        // A file of a million lines is read only for a question that can be asked.
        bool isAsked = !problems.Exists(static problem => problem.Severity == Severity.Error);
        ServingWorkload? workload = isAsked && model is not null && stack is not null ? new ServeWorkloadReader(arguments, model, stack, new ShapeCatalog(catalog.DataRoot), problems).Read() : null;
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
            SeeksBestLayout = arguments.Text("--plan") == "best",
            TensorParallel = arguments.Integer("--tp"),
            PipelineParallel = arguments.Integer("--pp"),
            DataParallel = arguments.Integer("--dp"),
            ExpertParallel = arguments.Integer("--ep"),
            Replicas = arguments.Integer("--replicas"),
            Precision = Format(arguments.Text("--precision")),
            KvPrecision = Format(arguments.Text("--kv-precision")) ?? NumberFormat.Bf16,
            MaxBatch = arguments.Integer("--max-batch"),
            TokenBudget = arguments.Integer("--chunk"),
            IsCold = arguments.Text("--cold") is not null,
            Begin = arguments.Text("--cold") is { } cold ? Enum.Parse<ColdBegin>(cold, ignoreCase: true) : ColdBegin.Nothing,
            ExpertSkew = arguments.Number("--expert-skew"),
            ExpertImbalance = arguments.Number("--expert-imbalance"),
            CachesPrefixes = arguments.Switch("--prefix-cache") ?? true,
            ContextTokens = arguments.Integer("--max-context"),
            Batching = arguments.Text("--batching") is { } batching ? BatchingPolicies.Find(batching) : null,
            Router = arguments.Text("--router") is { } router ? Routers.Find(router) : null,
            ServiceLevel = level,
            UsdPerChipHour = price,
        };
        request = EngineQuestionReader.Read(request, arguments, catalog.DataRoot, problems);
        if (launched is not null)
            request = LaunchedEngine.Merge(request, launched, arguments, catalog.DataRoot, problems);
        if (prompts is not null)
            request = PoolQuestionReader.With(request, split!, prompts, system, arguments, context, problems);
        else if (split is not null)
            request = PoolQuestionReader.Search(request, arguments, context, problems);
        bool isWrong = problems.Exists(static problem => problem.Severity == Severity.Error);
        return (isWrong ? null : request, context, [.. problems.Distinct()]);
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
