using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Cli.Arguments;
using Orrery.Fabric;
using Orrery.Models;
using Orrery.Training;

namespace Orrery.Cli.Verbs;

/// <summary>Turns the arguments of a training job into a question: names become descriptions, and everything wrong is said at once.</summary>
public static class TrainingQuestionReader
{
    /// <summary>
    /// Reads the question. Where anything is wrong the question is null and <c>Problems</c> holds every error found, those of the
    /// arguments first, then those of the files they name; warnings may stand beside a question.
    /// </summary>
    public static (TrainingQuestion? Question, DataCatalog Catalog, ImmutableArray<Diagnostic> Problems) Read(VerbCall call)
    {
        ParsedArguments arguments = call.Arguments;
        List<Diagnostic> problems = [.. call.Problems];
        (DataCatalog catalog, ImmutableArray<Diagnostic> wrong) = CatalogOpening.Open(arguments);
        problems.AddRange(wrong);

        SystemDescription? system = Take(arguments.Text("--system"), name => catalog.System(name), problems);
        ModelArchitecture? model = Take(arguments.Text("--model"), name => ModelLoader.Load(name, catalog.DataRoot), problems);
        StackDescription? stack = Take(arguments.Text("--stack") ?? system?.DefaultStack, catalog.Stack, problems);
        TrainingQuestion? question = null;
        ModelInputs inputs = TrainFlags.ToInputs(arguments);
        int? sampleTokens = null;
        if (model is not null)
        {
            Result<ModelArchitecture> trained = inputs.Apply(model, arguments.Integer("--seq") ?? (arguments.Text("--from-launch") is null ? SequenceFor(model) : null), out sampleTokens);
            problems.AddRange(trained.Diagnostics);
            model = trained.Value;
        }

        if (system is not null && model is not null && stack is not null)
        {
            TrainingRequest request = TrainFlags.ToRequest(arguments, model, inputs, sampleTokens, system, stack, problems);
            if (arguments.Text("--from-launch") is { } launched)
                request = LaunchedRequest.Merge(request, launched, arguments, catalog.DataRoot, problems);
            question = new(
                request,
                arguments.Text("--network") ?? TrainFlags.DefaultNetwork,
                [.. arguments.Texts("--assume")],
                call.Given);
        }

        if (question is { Request: { Faults.Length: > 0 } faulty } && !problems.Exists(static problem => problem.Severity == Severity.Error))
        {
            SystemDescription slice = SystemSlices.Fit(faulty.System, faulty.Chips);
            NetworkWords.Apply(faulty.Faults, new FabricGraph(slice, FabricGraph.ChipsFor(slice, faulty.Chips, slice.Chip.RanksPerChip), slice.Chip.RanksPerChip), problems);
        }

        bool isWrong = problems.Exists(problem => problem.Severity == Severity.Error);
        return (isWrong ? null : question, catalog, [.. problems.Distinct()]);
    }

    /// <summary>The sequence that will be taken for a model whose images must fit it; null for others.</summary>
    private static int? SequenceFor(ModelArchitecture model) =>
        model.Vision is null ? null : model.MaxPositions > 0 ? Math.Min(TrainingRunner.DefaultSequence, model.MaxPositions) : TrainingRunner.DefaultSequence;

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
