using Orrery.Catalog;
using Orrery.Units;

namespace Orrery.Training;

/// <summary>What conflicting sources of the catalogue do to a step: the same plan priced under every reading of each contested figure.</summary>
public sealed class SourceSpread(TrainingRequest request, TrainingContextFactory factory, Plan plan, int ranksPerChip)
{
    /// <summary>For each contested figure the ratio between its slowest and fastest reading; figures that change nothing are left out.</summary>
    public List<(string Figure, double Ratio)> Find()
    {
        var spread = new List<(string, double)>();
        SystemDescription system = request.System;
        ChipDescription chip = system.Chip;
        Add(spread, chip.MemoryBandwidth, one => system with { Chip = chip with { MemoryBandwidth = one } });
        if (chip.Peak.TryGetValue(plan.Precision, out Sourced<FlopPerSecond>? peak))
            Add(spread, peak, one => system with { Chip = chip with { Peak = chip.Peak.SetItem(plan.Precision, one) } });
        for (int level = 0; level < system.Levels.Length; level++)
        {
            int at = level;
            LevelDescription here = system.Levels[at];
            Add(spread, here.BandwidthPerChip, one => system with { Levels = system.Levels.SetItem(at, here with { BandwidthPerChip = one }) });
            Add(spread, here.Latency, one => system with { Levels = system.Levels.SetItem(at, here with { Latency = one }) });
        }

        return spread;
    }

    private void Add<T>(List<(string, double)> spread, Sourced<T> figure, Func<Sourced<T>, SystemDescription> with)
    {
        if (!figure.IsContested)
            return;
        double fastest = double.PositiveInfinity;
        double slowest = 0;
        for (int reading = 0; reading < figure.Readings.Length; reading++)
        {
            SystemDescription other = with(figure with { Chosen = reading });
            if (factory.Create(request.Model, other, request.Stack, ranksPerChip, isShared: false).Value is not { } context
                || !context.Steps.Estimate(plan, out StepEstimate estimate))
                continue;
            fastest = Math.Min(fastest, estimate.StepTime);
            slowest = Math.Max(slowest, estimate.StepTime);
        }

        if (slowest > fastest && fastest > 0)
            spread.Add((figure.Key, slowest / fastest));
    }
}
