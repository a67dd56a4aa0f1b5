using System.Collections.Immutable;
using System.Globalization;
using Orrery.Accounting;
using Orrery.Catalog;
using Orrery.Chips;
using Orrery.Fabric;
using Orrery.Models;
using Orrery.Units;

namespace Orrery.Training;

/// <summary>Answers a <see cref="TrainingRequest"/>: chooses what it leaves out, runs the step as events, and accounts for memory, energy, money and doubt.</summary>
public static class TrainingRunner
{
    /// <summary>Tokens of a sequence where nobody says, unless the model's longest is shorter.</summary>
    public const int DefaultSequence = 8192;

    private const int DefaultGlobalBatch = 2048;

    /// <summary>
    /// Runs <paramref name="request"/> on the catalogue's data. A plan that cannot be laid out is infeasible with the reasons as diagnostics; one
    /// that does not fit in memory is a report whose memory says so.
    /// </summary>
    public static TrainingOutcome Run(TrainingRequest request, DataCatalog catalog)
    {
        var diagnostics = new List<Diagnostic>();
        int ranksPerChip = RanksPerChip(request, diagnostics);
        CheckSize(request, diagnostics);
        CheckHost(request, diagnostics);
        if (diagnostics.Exists(static one => one.Severity == Severity.Error))
            return new TrainingOutcome(null, [.. diagnostics], false);

        if (request.DocumentLength is { } documents)
            request = request with { Model = PackedSequences.Of(request.Model, documents, request.DocumentSpread ?? 0, Template(request).Sequence) };
        request = request with
        {
            System = SystemSlices.Fit(request.System, request.Chips),
            // Layers that take very different times are never laid on stages by their number.
            Split = request.Split ?? (HasUnlikeLayers(request.Model) ? PipelineSplit.Automatic : null),
        };
        var factory = new TrainingContextFactory(catalog);
        Result<TrainingContext> made = factory.Create(request.Model, request.System, request.Stack, ranksPerChip);
        if (made.Value is not { } context)
            return new TrainingOutcome(null, made.Diagnostics, false);

        int ranks = request.Chips * ranksPerChip;
        Plan template = Template(request);
        LayoutChoice choice;
        if (IsComplete(request))
        {
            Plan given = Complete(request, template, ranks);
            var objections = new List<string>();
            PlanRules.Check(given, request.Model, ranks, objections);
            if (objections.Count > 0)
                return Infeasible(objections);
            choice = new LayoutChoice(given, true, 1);
        }
        else
        {
            int scaleUp = request.System.ChipsPerScaleUpDomain * ranksPerChip;
            LayoutSearch Search(TrainingRequest one) => new(one, context.Steps, context.Memory, ranks, scaleUp);
            choice = Search(request).Choose(template);
            if (choice.Best is null)
                return new TrainingOutcome(null, new LayoutRefusal(request, Search, Template, ranks).Explain(), true);
        }

        if (request.Network != NetworkKind.Closed)
            context = On(request, factory, ranksPerChip, request.Faults);
        TrainingReport report = Report(request, catalog, factory, context, choice, ranks, ranksPerChip);
        if (context.Fabric is FlowCollectiveModel { IsCutOff: true })
            return Infeasible(["faults cut ranks off from one another: there is no way left between some that must talk"]);
        if (context.Fabric is FlowCollectiveModel flows && request.Faults.Length > 0)
        {
            TrainingContext healthy = On(request, factory, ranksPerChip, []);
            healthy.Steps.Estimate(report.Plan, out _);
            Seconds step = healthy.Run.Execute(healthy.Steps, report.Plan);

            // Events count in ticks of their own run: a healthy step that is longer by less than one is as long.
            report = report with { HealthyStepTime = step < report.StepTime ? step : report.StepTime, Detour = flows.Detour };
        }

        return new TrainingOutcome(report, report.Diagnostics, !report.Memory.Fits);
    }

    /// <summary>The context that priced a report, with its network and faults.</summary>
    public static TrainingContext ContextOf(TrainingReport report, DataCatalog catalog)
    {
        ArgumentNullException.ThrowIfNull(report);
        TrainingRequest request = report.Request;
        var factory = new TrainingContextFactory(catalog);
        return request.Network != NetworkKind.Closed
            ? On(request, factory, report.RanksPerChip, request.Faults)
            : factory.Create(request.Model, request.System, request.Stack, report.RanksPerChip).Value ?? throw new InvalidOperationException("a plan that was chosen cannot be priced");
    }

    /// <summary>A context whose collectives are priced as the request says, on a machine with these faults.</summary>
    private static TrainingContext On(TrainingRequest request, TrainingContextFactory factory, int ranksPerChip, ImmutableArray<NetworkFault> faults)
    {
        CollectiveModel Network(ClosedFormCollectives closed)
        {
            if (request.Network == NetworkKind.Bound)
                return new BoundCollectives(closed);
            FabricGraph graph = new(request.System, FabricGraph.ChipsFor(request.System, request.Chips, ranksPerChip), ranksPerChip);
            foreach (NetworkFault fault in faults)
            {
                if (graph.Apply(fault.Link, fault.Factor) is { } problem)
                    throw new ArgumentException(problem, nameof(request));
            }

            return new FlowCollectiveModel(graph, closed);
        }

        return factory.Create(request.Model, request.System, request.Stack, ranksPerChip, network: Network).Value
            ?? throw new InvalidOperationException("a plan that was chosen cannot be priced");
    }

    private static TrainingReport Report(
        TrainingRequest request, DataCatalog catalog, TrainingContextFactory factory, TrainingContext context, LayoutChoice choice, int ranks, int ranksPerChip)
    {
        Plan plan = choice.Best!;
        context.Steps.Estimate(plan, out StepEstimate estimate);
        Seconds step = context.Run.Execute(context.Steps, plan);
        // The event run is the truth; where it differs from the formula the difference is idle time.
        StepBreakdown breakdown = estimate.Breakdown with
        {
            PipelineBubble = new Seconds(Math.Max(0, estimate.Breakdown.PipelineBubble.Value + step.Value - estimate.StepTime)),
        };
        breakdown = breakdown with { Overhead = breakdown.Overhead + step - breakdown.Total };
        MemoryReport memory = context.Memory.Evaluate(plan);
        SourceSpread spread = new(request, factory, plan, ranksPerChip);
        ImmutableArray<Uncertainty> parts = new IntervalModel(request.Stack, request.System.Chip, context.Constants, request.Model.HasExperts)
            .Parts(spread.Find());

        double tokens = (double)plan.GlobalBatch * plan.Sequence;
        ModelFlops flops = ModelFlops.PerSequence(request.Model, plan.Sequence);
        double useful = (plan.HasFrozenWeights ? flops.TrainingFrozen : flops.Training) * plan.GlobalBatch;
        double executed = useful + (plan.Recompute switch
        {
            Recompute.Full => flops.TrainingFullRecompute - flops.Training,
            Recompute.Modules => RecomputedFlops(request.Model, flops, plan),
            Recompute.Selective when plan.Attention == AttentionKernel.Unfused => flops.TrainingSelectiveRecompute - flops.Training,
            _ => 0,
        } * plan.GlobalBatch);
        double peak = PeakOf(request.System.Chip, plan.Precision) * request.Chips;

        var activity = new ChipActivity(
            estimate.MatrixBusy / step.Value,
            estimate.MemoryBytes / step.Value / (request.System.Chip.MemoryBandwidth.Value.Value / ranksPerChip),
            estimate.LinkBusy / step.Value);
        EnergyUse energy = EnergyModel.Open(catalog.DataRoot).Of(request.System, activity, request.Chips, step);
        CostOfRun cost = CostModel.Of(request.System, request.Chips, tokens / step.Value, request.UsdPerChipHour);
        ImmutableArray<Diagnostic> diagnostics = [.. Notes(request, plan, memory, choice), .. IdleChoices.Find(request, plan), .. OpenPeaks(request, plan, estimate.StepTime, spread)];
        return new TrainingReport
        {
            Request = request,
            // A split that was to be found is reported as found.
            Plan = plan.Split is { IsAutomatic: true } ? plan with { Split = PipelineSplit.Of([.. Enumerable.Range(0, context.Steps.Layout.Chunks).Select(context.Steps.Layout.Layers)]) } : plan,
            Chosen = Chosen(request),
            PlansEvaluated = choice.Evaluated,
            Ranks = ranks,
            RanksPerChip = ranksPerChip,
            LayersOfChunks = [.. Enumerable.Range(0, context.Steps.Layout.Chunks).Select(context.Steps.Layout.Layers)],
            StepTime = step,
            StepTimeLow = step * Math.Exp(-IntervalModel.Below(parts)),
            StepTimeHigh = step * Math.Exp(IntervalModel.Above(parts)),
            Breakdown = breakdown,
            TokensPerStep = tokens,
            Mfu = useful / step.Value / peak,
            Hfu = executed / step.Value / peak,
            ModelFlopPerChip = new FlopPerSecond(useful / step.Value / request.Chips),
            Memory = memory,
            Energy = new EnergyReport(energy.Total, energy.ChipPower, energy.FacilityPower),
            Cost = new CostReport(cost.UsdPerHour, cost.UsdPerMillionTokens, cost.Mark, cost.Source, cost.BreakEvenTokensPerUsd),
            Run = request.Tokens is { } wanted ? RunOf(wanted, tokens, step, energy, cost) : null,
            Limits = new LimitFinder(context, plan, ranks).Find(breakdown, step.Value, memory),
            Uncertainties = parts,
            Provenance = ProvenanceOf(request, context, plan),
            Diagnostics = diagnostics,
        };
    }

    /// <summary>Products of one sequence that run again with parts of the layers; norms and activations have none.</summary>
    private static double RecomputedFlops(ModelArchitecture model, ModelFlops flops, Plan plan)
    {
        double again = plan.RecomputeModules.HasFlag(RecomputeModules.Attention) ? flops.Attention : 0;
        ModelArchitecture bare = model with
        {
            LayerKinds = [.. model.LayerKinds.Select(layer => RecomputeCost.IsWhole(layer.FeedForward, plan.RecomputeModules) ? layer with { FeedForward = FeedForwardDescription.None } : layer)],
        };
        return again + flops.Linear - ModelFlops.PerSequence(bare, plan.Sequence).Linear;
    }

    /// <summary>Useful peak for MFU: the stated dense peak of the format in which the chip multiplies.</summary>
    public static double PeakOf(ChipDescription chip, NumberFormat format) =>
        chip.Peak.TryGetValue(MultipliedFormat.Of(chip, format), out Sourced<FlopPerSecond>? peak) ? peak.Value.Value : chip.Peak.Values.First().Value.Value;

    private static RunReport RunOf(double wanted, double tokensPerStep, Seconds step, EnergyUse energy, CostOfRun cost)
    {
        double steps = wanted / tokensPerStep;
        Seconds time = step * steps;
        return new RunReport(wanted, time, energy.Total * steps, cost.UsdPerHour is { } hourly ? hourly * time.Value / 3600 : null);
    }

    private static int RanksPerChip(TrainingRequest request, List<Diagnostic> diagnostics)
    {
        ChipDescription chip = request.System.Chip;
        if (request.Lnc is not { } lnc)
            return chip.RanksPerChip;
        int? ranks = chip.RanksAt(lnc, out string objection);
        if (ranks is null)
            diagnostics.Add(new Diagnostic(Severity.Error, "ORR4001", "--lnc", 0, 0, objection));
        return ranks ?? chip.RanksPerChip;
    }

    private static void CheckSize(TrainingRequest request, List<Diagnostic> diagnostics)
    {
        SystemDescription system = request.System;
        if (system.MaximumChips > 0 && request.Chips > system.MaximumChips)
            diagnostics.Add(new Diagnostic(Severity.Error, "ORR4002", "--chips", 0, 0, $"{system.Name} has at most {system.MaximumChips} chips, not {request.Chips}"));
        int unit = system.AllocationUnit;
        bool isWhole = request.Chips % unit == 0 || (request.Chips < unit && unit % request.Chips == 0);
        if (!isWhole)
        {
            int below = Math.Max(unit, request.Chips / unit * unit);
            diagnostics.Add(new Diagnostic(
                Severity.Error, "ORR4003", "--chips", 0, 0, $"{system.Name} comes in multiples of {unit} chips, not {request.Chips}; the nearest are {below} and {below + unit}"));
        }

        int longest = request.Model.MaxPositions;
        if (request.Sequence is { } sequence && longest > 0 && sequence > longest)
            diagnostics.Add(new Diagnostic(Severity.Error, "ORR4004", "--seq", 0, 0, $"{request.Model.Name} has positions for {longest} tokens, not {sequence}"));
    }

    private static void CheckHost(TrainingRequest request, List<Diagnostic> diagnostics)
    {
        if (request.Offload != Offload.None && request.System.HostBandwidthPerChip is null)
        {
            diagnostics.Add(new Diagnostic(
                Severity.Error, "ORR4009", "--offload", 0, 0,
                $"the data of {request.System.Name} does not state the bandwidth between a chip and its host (hostBandwidthPerChip), so offloading cannot be priced"));
        }
    }

    private static Plan Template(TrainingRequest request) => new()
    {
        GlobalBatch = request.GlobalBatch ?? DefaultGlobalBatch,
        Sequence = request.Sequence ?? Math.Min(DefaultSequence, request.Model.MaxPositions > 0 ? request.Model.MaxPositions : DefaultSequence),
        Precision = request.Precision,
        OptimizerStates = request.OptimizerStates,
        Gradients = request.Gradients,
        HasFrozenWeights = request.FrozenWeights is not null,
        FrozenFormat = request.FrozenWeights ?? NumberFormat.Bf16,
        AdapterRank = request.AdapterRank ?? new Plan().AdapterRank,
        Zero = request.Zero ?? 1,
        ShardRanks = request.ShardRanks ?? 0,
        ExpertTensorParallel = request.ExpertTensorParallel ?? 1,
        // A person planning a new job gets the fused kernel unless they ask for the stack's old habit.
        Attention = request.Attention ?? AttentionKernel.Flash,
        OverlapsTensorParallel = request.Stack.OverlapsTensorParallel,
        Order = request.Order,
        Schedule = request.Schedule ?? Schedule.UsualFor(request.Stack, 1),
        RecomputeModules = request.RecomputeModules,
        DocumentLength = request.DocumentLength ?? 0,
        DocumentSpread = request.DocumentSpread ?? 0,
        Split = request.Split,
        Offload = request.Offload,
        Prefetch = request.Prefetch ?? 1,
        ExpertImbalance = request.ExpertImbalance ?? 1,
        CapacityFactor = request.CapacityFactor ?? 0,
        OverlapsExperts = request.OverlapsExperts == true && request.Model.HasExperts,
        ContextLayout = request.ContextLayout ?? ContextLayout.Usual,
        ContextInner = request.ContextInner ?? 0,
        IsContextBalanced = request.IsContextBalanced ?? true,
    };

    private static bool IsComplete(TrainingRequest request) =>
        request.TensorParallel is not null && request.PipelineParallel is not null && request.VirtualStages is not null && request.ContextParallel is not null
        && request.MicroBatch is not null && request.Recompute is not null && (request.ExpertParallel is not null || !request.Model.HasExperts);

    private static Plan Complete(TrainingRequest request, Plan template, int ranks)
    {
        int tp = request.TensorParallel!.Value;
        int pp = request.PipelineParallel!.Value;
        int cp = request.ContextParallel!.Value;
        int chunks = request.VirtualStages!.Value;
        return template with
        {
            TensorParallel = tp,
            PipelineParallel = pp,
            ContextParallel = cp,
            VirtualStages = chunks,
            DataParallel = request.DataParallel ?? (int)Math.Max(1, ranks / ((long)tp * pp * cp)),
            MicroBatch = request.MicroBatch!.Value,
            Recompute = request.Recompute!.Value,
            ExpertParallel = request.ExpertParallel ?? 1,
            SequenceParallel = request.SequenceParallel ?? tp > 1,
            Schedule = request.Schedule ?? Schedule.UsualFor(request.Stack, chunks),
        };
    }

    /// <summary>
    /// Towers and encoders beside the text, modules that predict further tokens: layers of another size than the others, not just of another kind.
    /// </summary>
    private static bool HasUnlikeLayers(ModelArchitecture model)
    {
        foreach (LayerDescription kind in model.LayerKinds)
        {
            if (kind.IsPredictionModule || kind.Stream.Kind != TokenStreamKind.Sequence)
                return true;
        }

        return false;
    }

    private static ImmutableArray<string> Chosen(TrainingRequest request)
    {
        ImmutableArray<string>.Builder names = ImmutableArray.CreateBuilder<string>();
        void Add(bool isFree, string name)
        {
            if (isFree)
                names.Add(name);
        }

        Add(request.TensorParallel is null, "tp");
        Add(request.PipelineParallel is null, "pp");
        Add(request.VirtualStages is null, "vpp");
        Add(request.DataParallel is null, "dp");
        Add(request.ContextParallel is null, "cp");
        Add(request.ExpertParallel is null && request.Model.HasExperts, "ep");
        Add(request.MicroBatch is null, "micro-batch");
        Add(request.Recompute is null, "recompute");
        return names.ToImmutable();
    }

    private static TrainingOutcome Infeasible(IEnumerable<string> reasons) =>
        new(null, [.. reasons.Select(static reason => new Diagnostic(Severity.Error, "ORR4005", "plan", 0, 0, reason))], true);

    /// <summary>What would save memory and was not tried: the search has tried every layout, micro-batch and recomputation that was left open.</summary>
    private static string Savings(TrainingRequest request, Plan plan)
    {
        List<string> open = ["more chips"];
        if (request.Recompute is not null && plan.Recompute != Recompute.Full)
            open.Add("recompute full");
        if (request.MicroBatch is > 1)
            open.Add("micro-batch 1");
        if (plan.Zero < 3 && plan.DataParallel > 1)
            open.Add(plan.PipelineParallel > 1 && plan.Zero > 0 ? "zero 3" : $"zero {plan.Zero + 1}{(plan.PipelineParallel > 1 ? " or 3" : plan.Zero < 2 ? " to 3" : "")}");
        return open.Count == 1 ? open[0] : $"{string.Join(", ", open.SkipLast(1))} or {open[^1]}";
    }

    private static ImmutableArray<Diagnostic> Notes(TrainingRequest request, Plan plan, MemoryReport memory, LayoutChoice choice)
    {
        ImmutableArray<Diagnostic>.Builder notes = ImmutableArray.CreateBuilder<Diagnostic>();
        if (!memory.Fits)
        {
            string tried = choice.Evaluated > 1 ? $" (least of {choice.Evaluated} layouts)" : "";
            notes.Add(new Diagnostic(
                Severity.Warning,
                "ORR4006",
                "plan",
                0,
                0,
                string.Create(CultureInfo.InvariantCulture, $"does not fit: {memory.Total.Value / 1e9:F1} GB a rank of {memory.Capacity.Value / 1e9:F1} GB{tried}; {Savings(request, plan)} would help")));
        }

        if (!request.System.Chip.Peak.ContainsKey(plan.Precision))
        {
            notes.Add(new Diagnostic(
                Severity.Warning, "ORR4007", "--precision", 0, 0, $"{request.System.Chip.Name} has no {plan.Precision.Text()} products of its own; they run as {MultipliedFormat.Of(request.System.Chip, plan.Precision).Text()}"));
        }

        if (plan.CapacityFactor > 0 && plan.ExpertImbalance > plan.CapacityFactor)
        {
            notes.Add(new Diagnostic(
                Severity.Note, "ORR4010", "--capacity-factor", 0, 0, string.Create(
                    CultureInfo.InvariantCulture,
                    $"the fullest experts drop {100 * (1 - (plan.CapacityFactor / plan.ExpertImbalance)):F0} % of their tokens: {plan.ExpertImbalance:0.##} times the mean arrive where there is room for {plan.CapacityFactor:0.##}")));
        }

        if (request.Schedule is { } asked && plan.PipelineParallel > 1 && !request.Stack.Schedules.Contains(asked.Name))
            notes.Add(new Diagnostic(Severity.Note, "ORR4011", "--schedule", 0, 0, $"{request.Stack.Name} is not known to have the {asked.Name} schedule; it is priced as if it had"));
        if (request.System.Chip.IsPreview)
            notes.Add(new Diagnostic(Severity.Note, "ORR4008", request.System.Chip.Id, 0, 0, $"{request.System.Chip.Name} is a preview: its figures are derived from announcements"));
        return notes.ToImmutable();
    }

    /// <summary>Says what the step would be under another reading of a contested peak.</summary>
    private static IEnumerable<Diagnostic> OpenPeaks(TrainingRequest request, Plan plan, double step, SourceSpread spread)
    {
        NumberFormat multiplied = MultipliedFormat.Of(request.System.Chip, plan.Precision);
        foreach ((string figure, string reading, double other) in spread.OtherPeaks())
        {
            // A reading that changes no time is none worth a line: times come from other figures of the chip there.
            if (Math.Abs((other / step) - 1) < 1e-3)
                continue;
            yield return new Diagnostic(
                Severity.Note, "ORR4012", figure, 0, 0,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"sources disagree on the {multiplied.Text()} peak of {request.System.Chip.Name}: {step:G3} s a step as it is read here, {other:G3} s with --assume {figure}={reading}"));
        }
    }

    private static ImmutableArray<string> ProvenanceOf(TrainingRequest request, TrainingContext context, Plan plan)
    {
        ImmutableArray<string>.Builder lines = ImmutableArray.CreateBuilder<string>();
        if (request.System.Communication is { } own)
            lines.Add($"collectives: as measured on {request.System.Id}, {own.FittedOn}");
        lines.Add($"chip: {request.System.Chip.Name}, data/chips/{request.System.Chip.Id}.yaml");
        lines.Add($"matrix products: {context.Chip.Provenance(Operators.Operator.Matmul(4096, 4096, 4096, plan.Precision))}");
        if (request.Model.HasExperts)
            lines.Add($"expert products: {context.Chip.Provenance(Operators.Operator.Matmul(512, 4096, 4096, plan.Precision, 8) with { IsRouted = true })}");
        if (LatentAttentionOf(request.Model) is { } latent)
        {
            Operators.Operator attention = Operators.Operator.Attention(
                1, plan.Sequence, plan.Sequence, latent.Heads, latent.Heads, latent.HeadDim, causal: true, NumberFormat.Bf16) with { ValueDim = latent.ValueDim };
            lines.Add($"latent attention: {context.Chip.Provenance(attention)}");
        }

        lines.Add($"stack: {request.Stack.Name}" + (request.Stack.FittedOn.Length > 0 ? ", " + request.Stack.FittedOn : ", constants not fitted"));
        lines.Add(context.Fabric switch
        {
            ClosedFormCollectives closed => closed.Provenance,
            FlowCollectiveModel flows => flows.Closed.Provenance + ", run as flows",
            _ => "collectives: at their bound",
        });
        return lines.ToImmutable();
    }

    private static AttentionDescription? LatentAttentionOf(ModelArchitecture model)
    {
        foreach (LayerDescription layer in model.LayerKinds)
        {
            if (layer.Attention.Latent is not null)
                return layer.Attention;
        }

        return null;
    }
}
