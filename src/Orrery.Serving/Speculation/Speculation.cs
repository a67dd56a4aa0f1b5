using Orrery.Models;

namespace Orrery.Serving;

/// <summary>
/// Speculative decoding: something small proposes tokens, the model verifies them in one pass. Each proposed token is the model's own with a
/// probability, independently; the first that is not ends the run, and the model's token stands in its place.
/// </summary>
/// <remarks>
/// With <c>k</c> proposed tokens and acceptance <c>a</c> an iteration makes <c>(1 - a^(k+1)) / (1 - a)</c> tokens on average. Source: Leviathan, Kalman
/// and Matias, "Fast Inference from Transformers via Speculative Decoding", arXiv:2211.17192 section 3.1.
/// </remarks>
public sealed record Speculation
{
    /// <summary>More are not proposed: none of the last would be accepted.</summary>
    public const int MostTokens = 32;

    /// <summary>What runs once for each proposed token: a small model, or the model's own prediction modules as layers.</summary>
    public required ModelArchitecture Draft { get; init; }

    /// <summary>The draft is the model's own prediction modules: vocabulary and embedding are the model's, and its layout and formats too.</summary>
    public required bool IsOwnModules { get; init; }

    /// <summary>Modules kept, each with weights and a cache of its own.</summary>
    public int Copies { get; init; } = 1;

    /// <summary>Tokens proposed in an iteration.</summary>
    public required int Tokens { get; init; }

    /// <summary>Probability that a proposed token is accepted, given that those before it were.</summary>
    public required double Acceptance { get; init; }

    /// <summary>Seed of what is accepted.</summary>
    public ulong Seed { get; init; }

    /// <summary>Queries of one sequence in the pass that verifies.</summary>
    public int Queries => Tokens + 1;

    /// <summary>Tokens of a mean iteration, ends of answers left out.</summary>
    public double TokensPerIteration => Acceptance < 1 ? (1 - Math.Pow(Acceptance, Queries)) / (1 - Acceptance) : Queries;

    /// <summary>How the draft lies on the ranks of a plan of the model: split over the tensor-parallel group and whole on one stage.</summary>
    public ServingPlan PlanOf(ServingPlan plan)
    {
        ServingPlan own = plan with { PipelineParallel = 1 };
        if (IsOwnModules)
            return own;
        return own with
        {
            // Experts of a draft lie as the model's where it has any; a dense one knows no such ranks.
            ExpertParallel = Draft.HasExperts ? plan.ExpertParallel : 1,
            Precision = Draft.Checkpoint.Linear,
            ExpertPrecision = Draft.Checkpoint.Experts,
        };
    }

    /// <summary>The model's prediction modules as a model of their own; null where it was published without.</summary>
    public static ModelArchitecture? ModulesOf(ModelArchitecture model)
    {
        if (model.PredictionModules == 0)
            return null;
        ModelArchitecture whole = model.WithPredictionModules();
        // One module is run for each token: further ones take its place with work of the same shape.
        return whole with { Name = $"{model.Name} prediction module", LayerOrder = [whole.LayerOrder[^1]] };
    }
}
