using System.Collections.Immutable;
using Orrery.Serving;
using Orrery.Units;
using Orrery.Validation.Fitting;

namespace Orrery.Validation.Inference;

/// <summary>
/// Constants of one run's own, fitted on every second of its requests and kept nowhere: how well the engine's mechanism can tell a server of which constants
/// and cache are not known.
/// </summary>
/// <param name="Memory">With the workspace that was found: what the cache holds follows from it.</param>
/// <param name="Sigma">Root mean square of the logarithms of the fitted half's errors.</param>
public sealed record RunFit(ServingConstants Constants, ServingMemory Memory, double Sigma)
{
    private const int Figures = 4;
    private const int MostSteps = 12;

    /// <summary>Fits a run.</summary>
    public static RunFit Of(PreparedCase prepared, MeasuredRun run, ServingConstants start, ImmutableArray<ConstantRange> words, RunRecipe recipe)
    {
        var bounds = new FitBound[words.Length + 1];
        for (int place = 0; place < words.Length; place++)
        {
            double own = start[(ServingConstant)place] / words[place].Scale;
            bounds[place] = recipe.Free.Contains(words[place].Name) ? new FitBound(words[place].Name, words[place].Low, words[place].High, own) : new FitBound(words[place].Name, own, own);
        }

        double reserved = Math.Clamp(prepared.Memory.Reserved.Value, recipe.LeastWorkspace, recipe.MostWorkspace);
        bounds[words.Length] = new FitBound("workspace", recipe.LeastWorkspace, recipe.MostWorkspace, reserved);
        RunFigures measured = RunFigures.Of([.. Half(run.Times, 0)], run.Requests.TotalOutput, run.Duration);
        FitResult fit = BoundedFit.Minimise(
            Figures, bounds, (constants, errors) => Errors(prepared, words, measured, constants, errors),
            new FitOptions { Seed = recipe.Seed, Starts = 1, MaximumIterations = MostSteps });
        double[] found = [.. fit.Constants];
        double[] last = new double[Figures];
        Errors(prepared, words, measured, found, last);
        (ServingConstants own2, ServingMemory memory) = InUnits(prepared, words, found);
        return new RunFit(own2, memory, Math.Sqrt(last.Sum(static error => error * error) / Figures));
    }

    /// <summary>Requests whose number in the order of arrival leaves <paramref name="rest"/> over two; the others have no part in the fit where it is 1.</summary>
    public static IEnumerable<RequestTimes> Half(IReadOnlyList<RequestTimes> times, int rest)
    {
        for (int request = rest; request < times.Count; request += 2)
            yield return times[request];
    }

    private static void Errors(PreparedCase prepared, ImmutableArray<ConstantRange> words, RunFigures measured, ReadOnlySpan<double> constants, Span<double> errors)
    {
        (ServingConstants values, ServingMemory memory) = InUnits(prepared, words, constants);
        ServingRun run = ServingRun.Of(prepared.Request, prepared.Plan, memory, prepared.Times, values, 1);
        RunFigures now = RunFigures.Of([.. Half(RunFigures.TimesOf(run), 0)], run.OutputTokens, run.Duration);
        errors[0] = Math.Log(now.PerToken / measured.PerToken);
        errors[1] = Math.Log(now.EndToEnd / measured.EndToEnd);
        errors[2] = Math.Log(now.FirstToken / measured.FirstToken);
        errors[3] = Math.Log(now.OutputTokensPerSecond / measured.OutputTokensPerSecond);
    }

    private static (ServingConstants Constants, ServingMemory Memory) InUnits(PreparedCase prepared, ImmutableArray<ConstantRange> words, ReadOnlySpan<double> constants)
    {
        Span<double> scaled = stackalloc double[ServingConstants.Count];
        for (int place = 0; place < scaled.Length; place++)
            scaled[place] = constants[place] * words[place].Scale;
        return (new ServingConstants(scaled), prepared.Memory with { Reserved = new Bytes(constants[words.Length]) });
    }
}
