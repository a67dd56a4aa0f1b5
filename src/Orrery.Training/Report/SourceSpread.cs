using Orrery.Catalog;
using Orrery.Chips;
using Orrery.Units;

namespace Orrery.Training;

/// <summary>What conflicting sources of the catalogue do to a step: the same plan priced under every reading of each contested figure.</summary>
public sealed class SourceSpread(TrainingRequest request, TrainingContextFactory factory, Plan plan, int ranksPerChip)
{
    /// <summary>For each contested figure the steps under its fastest and its slowest reading over the step as it is read; figures that change nothing are left out.</summary>
    public List<(string Figure, double Fastest, double Slowest)> Find()
    {
        var spread = new List<(string, double, double)>();
        SystemDescription system = request.System;
        ChipDescription chip = system.Chip;
        Add(spread, chip.MemoryBandwidth, one => system with { Chip = chip with { MemoryBandwidth = one } });
        NumberFormat multiplied = MultipliedFormat.Of(chip, plan.Precision);
        if (chip.Peak.TryGetValue(multiplied, out Sourced<FlopPerSecond>? peak))
            Add(spread, peak, one => system with { Chip = chip with { Peak = chip.Peak.SetItem(multiplied, one) } });
        for (int level = 0; level < system.Levels.Length; level++)
        {
            int at = level;
            LevelDescription here = system.Levels[at];
            Add(spread, here.BandwidthPerChip, one => system with { Levels = system.Levels.SetItem(at, here with { BandwidthPerChip = one }) });
            Add(spread, here.Latency, one => system with { Levels = system.Levels.SetItem(at, here with { Latency = one }) });
        }

        return spread;
    }

    /// <summary>
    /// Where the peak of the plan's products is contested: the step under each other reading, by its name. Plain FP8 on Trainium3 is such a figure.
    /// </summary>
    public List<(string Figure, string Reading, double StepTime)> OtherPeaks()
    {
        List<(string, string, double)> others = [];
        ChipDescription chip = request.System.Chip;
        NumberFormat multiplied = MultipliedFormat.Of(chip, plan.Precision);
        if (!chip.Peak.TryGetValue(multiplied, out Sourced<FlopPerSecond>? peak) || !peak.IsContested)
            return others;
        for (int reading = 0; reading < peak.Readings.Length; reading++)
        {
            if (reading == peak.Chosen)
                continue;
            SystemDescription other = request.System with { Chip = chip with { Peak = chip.Peak.SetItem(multiplied, peak with { Chosen = reading }) } };
            if (factory.Create(request.Model, other, request.Stack, ranksPerChip, isShared: false).Value is { } context
                && context.Steps.Estimate(plan, out StepEstimate estimate))
            {
                others.Add((peak.Key, peak.Readings[reading].Name, estimate.StepTime));
            }
        }

        return others;
    }

    private void Add<T>(List<(string, double, double)> spread, Sourced<T> figure, Func<Sourced<T>, SystemDescription> with)
    {
        if (!figure.IsContested)
            return;
        double fastest = double.PositiveInfinity;
        double slowest = 0;
        double chosen = 0;
        for (int reading = 0; reading < figure.Readings.Length; reading++)
        {
            SystemDescription other = with(figure with { Chosen = reading });
            if (factory.Create(request.Model, other, request.Stack, ranksPerChip, isShared: false).Value is not { } context
                || !context.Steps.Estimate(plan, out StepEstimate estimate))
                continue;
            if (reading == figure.Chosen)
                chosen = estimate.StepTime;
            fastest = Math.Min(fastest, estimate.StepTime);
            slowest = Math.Max(slowest, estimate.StepTime);
        }

        if (slowest > fastest && fastest > 0 && chosen > 0)
            spread.Add((figure.Key, fastest / chosen, slowest / chosen));
    }
}
