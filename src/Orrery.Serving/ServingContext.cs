using System.Globalization;
using Orrery.Catalog;
using Orrery.Chips;
using Orrery.Chips.Gpu;
using Orrery.Fabric;

namespace Orrery.Serving;

/// <summary>
/// Makes operator times of a model on a system; chip models and collectives are shared between questions, tables of times are kept by plan. For one
/// thread.
/// </summary>
public sealed class ServingContext(DataCatalog catalog)
{
    private readonly ChipModelFactory chips = new(catalog);
    private readonly ClosedFormFactory collectives = new(catalog.DataRoot);
    private readonly Dictionary<string, ChipModel> models = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ClosedFormCollectives> fabrics = new(StringComparer.Ordinal);

    private Result<SharedDomains>? domains;

    public DataCatalog Catalog { get; } = catalog;

    /// <summary>Serving stacks.</summary>
    public ServingCatalog Stacks { get; } = new(catalog.DataRoot);

    /// <summary>The communication library of a system, as its owner measured it where that is known.</summary>
    public Result<CommunicationLibrary> Library(SystemDescription system)
    {
        Result<CommunicationLibrary> library = CommunicationLibrary.Load(Catalog.DataRoot, system.Chip);
        return library.Value is { } found && system.Communication is { } own ? new(found.Under(own), library.Diagnostics) : library;
    }

    /// <summary>Scale-up fabrics that systems share.</summary>
    public Result<SharedDomains> Domains => domains ??= SharedDomains.Load(Catalog.DataRoot);

    /// <summary>Operators of the request's model under a plan; <paramref name="system"/> is cut to the job's slice.</summary>
    public Result<OperatorTimes> Times(ServingRequest request, SystemDescription system, ServingPlan plan, int ranksPerChip)
    {
        string chipKey = string.Create(CultureInfo.InvariantCulture, $"{system.Chip.Id}\n{ranksPerChip}");
        if (!models.TryGetValue(chipKey, out ChipModel? chip))
        {
            Result<ChipModel> made = chips.Create(system.Chip, ranksPerChip, GpuModelOptions.Serving);
            if (made.Value is null)
                return new(null, made.Diagnostics);
            chip = made.Value;
            models[chipKey] = chip;
        }

        string fabricKey = string.Create(CultureInfo.InvariantCulture, $"{system.Id}\n{system.Chip.Id}\n{request.Chips}");
        if (!fabrics.TryGetValue(fabricKey, out ClosedFormCollectives? fabric))
        {
            Result<ClosedFormCollectives> made = collectives.Create(system);
            if (made.Value is null)
                return new(null, made.Diagnostics);
            fabric = made.Value;
            fabrics[fabricKey] = fabric;
        }

        int neighbours = Neighbours(request, system, plan, ranksPerChip);
        PlacedGroups groups = RankGroups.Place(
            system, RankOrder.Default, new ParallelDegrees(plan.TensorParallel, 1, plan.DataParallel * neighbours, plan.PipelineParallel, plan.ExpertParallel, plan.ExpertTensorParallel), ranksPerChip);
        int replica = plan.TensorParallel * plan.DataParallel;
        RankGroup stage = new RankGroups(system, ranksPerChip).Group(1, replica, replica * plan.PipelineParallel * neighbours);
        // Kernels of an engine work inside one scale-up domain.
        List<(double UpTo, CollectiveModel Model)> reducing = [];
        if (plan.TensorParallel <= system.ChipsPerScaleUpDomain * ranksPerChip)
        {
            foreach (ReducingKernel kernel in request.Stack.AllReduce)
            {
                if (plan.TensorParallel > kernel.MostRanks || (!kernel.Families.Contains(system.Chip.Family) && !kernel.Families.Contains(system.Chip.Id)))
                    continue;
                string key = $"{fabricKey}\n{kernel.Library}";
                if (!fabrics.TryGetValue(key, out ClosedFormCollectives? own))
                {
                    Result<ClosedFormCollectives> made = collectives.Create(system, measured: kernel.Library);
                    if (made.Value is null)
                        return new(null, made.Diagnostics);
                    own = made.Value;
                    fabrics[key] = own;
                }

                reducing.Add((kernel.UpTo, own));
            }
        }

        ExpertChoice choice = new(request.ExpertSkew ?? request.Stack.ExpertSkew, (request.ExpertImbalance ?? request.Stack.ExpertImbalance) - 1);
        // A draft takes its steps on one stage's ranks: no hops between stages are its own.
        OperatorTimes? draft = request.Speculation is { } speculation
            ? new OperatorTimes(speculation.Draft, chip, Between(speculation.PlanOf(plan), groups with { Hops = [] }), speculation.PlanOf(plan)) { Choice = choice }
            : null;
        ServingPlan asRead = plan with { KvPrecision = request.Stack.ReadsCacheAs(system.Chip, plan.KvPrecision) };
        return new(new OperatorTimes(request.Model, chip, Between(asRead, groups), asRead) { Draft = draft, Queries = request.Speculation?.Queries ?? 1, Choice = choice }, []);

        ReplicaCollectives Between(ServingPlan laid, PlacedGroups placed) => new(fabric, [.. reducing], laid, placed, stage);
    }

    /// <summary>
    /// Replicas that lie as those of the plan do: a part of what is rented lies in whole units beside other parts, not spread evenly over units that it
    /// does not fill.
    /// </summary>
    private static int Neighbours(ServingRequest request, SystemDescription system, ServingPlan plan, int ranksPerChip)
    {
        int unit = system.AllocationUnit * ranksPerChip;
        int ranks = plan.RanksPerReplica * plan.Replicas;
        if (!request.IsPart || ranks <= unit || ranks % unit == 0)
            return plan.Replicas;
        int whole = (ranks + unit - 1) / unit * unit;
        return Math.Max(plan.Replicas, whole / plan.RanksPerReplica);
    }
}
