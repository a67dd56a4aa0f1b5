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

    public DataCatalog Catalog { get; } = catalog;

    /// <summary>Serving stacks.</summary>
    public ServingCatalog Stacks { get; } = new(catalog.DataRoot);

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

        PlacedGroups groups = RankGroups.Place(
            system, RankOrder.Default, new ParallelDegrees(plan.TensorParallel, 1, plan.DataParallel * plan.Replicas, plan.PipelineParallel, plan.ExpertParallel, plan.ExpertTensorParallel), ranksPerChip);
        int replica = plan.TensorParallel * plan.DataParallel;
        RankGroup stage = new RankGroups(system, ranksPerChip).Group(1, replica, replica * plan.PipelineParallel * plan.Replicas);
        // Kernels of an engine work inside one scale-up domain.
        List<(double UpTo, CollectiveModel Model)> reducing = [];
        if (plan.TensorParallel <= system.ChipsPerScaleUpDomain * ranksPerChip)
        {
            foreach (ReducingKernel kernel in request.Stack.AllReduce)
            {
                if (!kernel.Families.Contains(system.Chip.Family) && !kernel.Families.Contains(system.Chip.Id))
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
            ? new OperatorTimes(speculation.Draft, chip, fabric, speculation.PlanOf(plan), groups with { Hops = [] }, [.. reducing]) { Choice = choice, Stage = stage }
            : null;
        return new(new OperatorTimes(request.Model, chip, fabric, plan, groups, [.. reducing]) { Draft = draft, Queries = request.Speculation?.Queries ?? 1, Choice = choice, Stage = stage }, []);
    }
}
