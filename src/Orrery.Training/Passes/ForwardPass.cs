using Orrery.Catalog;
using Orrery.Models;
using Orrery.Units;

namespace Orrery.Training;

/// <summary>
/// Forward passes of a whole network as the step model prices them: what a generator of images or videos repeats, step after step. Every layer and the products
/// outside them; the text encoder and the autoencoder, which run once, are not among them.
/// </summary>
/// <remarks>
/// What a stack says of the chip itself is of whole training steps, most of them derived from a reported share of the peak; passes are held to published denoising
/// steps without it, with what was fitted on other chips of the family (<c>validate transfer</c>).
/// </remarks>
public sealed class ForwardPass
{
    private readonly TrainingContext context;
    private readonly int ranksPerChip;

    private ForwardPass(TrainingContext context, int ranksPerChip)
    {
        this.context = context;
        this.ranksPerChip = ranksPerChip;
    }

    /// <summary>Passes of a network on a system under a stack.</summary>
    /// <param name="ranksPerChip">Ranks of one chip; 0 is the chip's default.</param>
    public static Result<ForwardPass> Create(TrainingContextFactory factory, ModelArchitecture network, SystemDescription system, StackDescription stack, int ranksPerChip = 0)
    {
        ArgumentNullException.ThrowIfNull(factory);
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(stack);
        StackDescription borrowed = stack with { OnChip = stack.OnChip.Remove(system.Chip.Id) };
        Result<TrainingContext> made = factory.Create(network, system, borrowed, ranksPerChip);
        return made.Value is { } context
            ? new(new ForwardPass(context, ranksPerChip > 0 ? ranksPerChip : system.Chip.RanksPerChip), made.Diagnostics)
            : new(null, made.Diagnostics);
    }

    /// <summary>Half-width of the 80 % interval of a pass, in logarithms.</summary>
    public double HalfWidth => IntervalModel.HalfWidth(new IntervalModel(context.Stack, context.System.Chip, context.Constants, context.Model.HasExperts).Parts([]));

    /// <summary>The same where passes of the stack were never held to a published one: a stack that was fitted on training steps is a new one to them.</summary>
    public double UnheldHalfWidth
    {
        get
        {
            double unheld = EightyPercentInterval.Deviations * context.Constants[StackConstant.UnfittedStackSigma];
            return Math.Sqrt((HalfWidth * HalfWidth) + (unheld * unheld));
        }
    }

    /// <summary>Memory of one rank that passes may use: its share of the chip's, less what the runtime keeps.</summary>
    public double Room => (context.System.Chip.MemoryCapacity.Value.Value - context.System.Chip.RuntimeReserve.Value.Value) / ranksPerChip;

    /// <summary>The cost of a pass over the plan's micro-batch; null where the network cannot be laid on the plan's ranks.</summary>
    public ForwardCost? Of(Plan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (!context.Steps.Prepare(plan))
            return null;
        LayerCost all = default;
        all.Add(context.Steps.EmbeddingCost, 1);
        double activations = 0;
        ModelArchitecture network = context.Model;
        foreach (byte kind in network.LayerOrder)
            all.Add(context.Steps.LayerCosts[kind], 1);
        foreach (LayerDescription kind in network.LayerKinds)
            activations = Math.Max(activations, context.Memory.LayerActivations(kind, plan));
        // A layer's cost holds three passes' worth of products and traffic, two of them backward, and two passes' worth of communication.
        return new ForwardCost(
            all.Forward, all.MatrixBusy / 3, all.MemoryBytes / 3, (all.TensorParallel + all.ContextParallel + all.ExpertParallel) / 2,
            context.Steps.RankParameters(plan, 0, out _) * plan.Precision.BytesPerElement(), activations);
    }

    /// <summary>
    /// The narrowest tensor-parallel group of whole chips whose ranks hold their weights and work, so that most images are made at once; the widest that is legal
    /// where none does.
    /// </summary>
    /// <param name="template">A plan whose other degrees, sequence and micro-batch are fixed.</param>
    /// <param name="ranks">Ranks there are.</param>
    /// <param name="objections">Gets why a width is not legal, where none is.</param>
    public Plan? Narrowest(Plan template, int ranks, ICollection<string> objections)
    {
        ArgumentNullException.ThrowIfNull(template);
        ArgumentNullException.ThrowIfNull(objections);
        Plan? widest = null;
        List<string> wrong = [];
        int domain = Math.Min(ranks, context.System.ChipsPerScaleUpDomain * ranksPerChip);
        for (int width = Math.Min(ranksPerChip, ranks); width * template.ContextParallel <= domain; width *= 2)
        {
            Plan plan = Laid(template with { TensorParallel = width }, ranks);
            if (!IsLegal(plan, wrong) || Of(plan) is not { } cost)
                continue;
            widest = plan;
            if (cost.WeightBytes + cost.ActivationBytes <= Room)
                return plan;
        }

        if (widest is null)
        {
            foreach (string objection in wrong.Distinct(StringComparer.Ordinal))
                objections.Add(objection);
        }

        return widest;
    }

    /// <summary>As many copies of a plan's group as there are ranks for, each with a micro-batch of its own.</summary>
    public static Plan Laid(Plan plan, int ranks, int? copies = null)
    {
        ArgumentNullException.ThrowIfNull(plan);
        int many = copies ?? Math.Max(1, ranks / (plan.TensorParallel * plan.ContextParallel));
        return plan with { DataParallel = many, GlobalBatch = many * plan.MicroBatch };
    }

    /// <summary>True where the plan's group can share the network; says why not.</summary>
    public bool IsLegal(Plan plan, ICollection<string> objections)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(objections);
        int before = objections.Count;
        PlanRules.Check(plan, context.Model, plan.TensorParallel * plan.ContextParallel * plan.DataParallel, objections);
        return objections.Count == before;
    }
}
