using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>
/// What two systems serve at the same power: each alone, split or not, and one with the prompts and the other with the answers. Power is that of chips and
/// servers at their rating with the facility's share, so that what is compared is what a site can feed.
/// </summary>
public static class MixSearch
{
    /// <summary>Power of one chip with its part of the server, at the facility's meter.</summary>
    public static Watts RatedPower(SystemDescription system) =>
        (system.Chip.Power.Value + system.OverheadPowerPerChip.Value) * system.PowerUsageEffectiveness.Value;

    /// <summary>The best of one system alone; null where nothing can be laid out.</summary>
    public static MixedFleet? Alone(ServingRequest request, Watts budget, RatedRequests rated, ServingContext context)
    {
        int unit = SplitSearch.TensorsOf(request with { Chips = ChipsFor(request.System, budget), IsPart = true }) is [int narrowest, ..] ? SplitSearch.ChipsOf(request with { IsPart = true, Chips = ChipsFor(request.System, budget) }, narrowest) : 1;
        int chips = ChipsFor(request.System, budget) / unit * unit;
        if (chips == 0)
            return null;
        ServingRequest whole = request with { Chips = chips, IsPart = true };
        ServingRequest pooled = whole with { Pools = new PoolPair { Prompts = whole, Answers = whole } };
        (ServingRequest? best, ImmutableArray<TriedSplit> tried) = SplitSearch.Run(pooled, whole, rated, context);
        return best is null ? null : Fleet(best, tried[0].MaximumRate);
    }

    /// <summary>The best with prompts on one system and answers on another.</summary>
    public static MixedFleet? Mixed(ServingRequest prompts, ServingRequest answers, Watts budget, RatedRequests rated, ServingContext context)
    {
        RatedRequests compared = SplitSearch.Fewer(rated);
        (double each, double other) = (RatedPower(prompts.System).Value, RatedPower(answers.System).Value);
        ServingRequest first = prompts with { Chips = ChipsFor(prompts.System, budget), IsPart = true };
        ServingRequest second = answers with { Chips = ChipsFor(answers.System, budget), IsPart = true };
        MixedFleet? best = null;
        foreach (int promptTensor in SplitSearch.TensorsOf(first))
        {
            foreach (int answerTensor in SplitSearch.TensorsOf(second))
            {
                int unit = SplitSearch.ChipsOf(first, promptTensor);
                int room = SplitSearch.ChipsOf(second, answerTensor);
                int most = (int)((budget.Value - (room * other)) / (unit * each));
                SplitSearch.Climb(Math.Max(0, most), place =>
                {
                    int promptChips = (place + 1) * unit;
                    int answerChips = (int)((budget.Value - (promptChips * each)) / (room * other)) * room;
                    ServingRequest one = second with
                    {
                        Chips = promptChips + answerChips,
                        Pools = new PoolPair
                        {
                            Prompts = first with { Chips = promptChips, TensorParallel = promptTensor },
                            Answers = second with { Chips = answerChips, TensorParallel = answerTensor },
                        },
                    };
                    MixedFleet fleet = Fleet(one, SplitSearch.RateOf(one, compared, context) ?? 0);
                    if (best is null || fleet.PerKilowatt > best.PerKilowatt)
                        best = fleet;
                    return fleet.PerKilowatt;
                });
            }
        }

        return best;
    }

    /// <summary>Chips that a site of so much power feeds.</summary>
    public static int ChipsFor(SystemDescription system, Watts budget) => (int)(budget.Value / RatedPower(system).Value);

    private static MixedFleet Fleet(ServingRequest request, double rate)
    {
        double watts = request.Pools is { } pools
            ? (RatedPower(pools.Prompts.System).Value * pools.Prompts.Chips) + (RatedPower(pools.Answers.System).Value * pools.Answers.Chips)
            : RatedPower(request.System).Value * request.Chips;
        return new MixedFleet(request, rate, new Watts(watts));
    }
}
