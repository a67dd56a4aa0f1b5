using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Units;

namespace Orrery.Training;

/// <summary>
/// The 80 % interval of a step time: residual spread of the stack's fit, what is added on a chip or family it was never fitted on, and the
/// spread between conflicting sources of the catalogue. Parts are independent of each other and add in squares; errors within a part are one error.
/// </summary>
public sealed class IntervalModel(StackDescription stack, ChipDescription chip, StackConstants constants, bool hasExperts)
{
    /// <summary>
    /// Parts of the interval. <paramref name="sourceSpread"/> lists, for each contested figure, the steps under its fastest and its slowest reading
    /// over the step as it is read.
    /// </summary>
    public ImmutableArray<Uncertainty> Parts(IReadOnlyList<(string Figure, double Fastest, double Slowest)> sourceSpread)
    {
        ImmutableArray<Uncertainty>.Builder parts = ImmutableArray.CreateBuilder<Uncertainty>();
        double sigma = stack.ResidualSigmaOf("step") ?? stack.ResidualSigma;
        // Rows with experts are few: they may widen what is known of the stack, not narrow it.
        if (hasExperts && stack.ResidualSigmaOf("experts") is { } routed)
            sigma = Math.Max(sigma, routed);
        if (hasExperts && sigma > 0 && stack.ResidualSigmaOf("experts") is null)
            parts.Add(new Uncertainty("routed experts were never fitted under this stack", EightyPercentInterval.Deviations * constants[StackConstant.UnfittedStackSigma]));
        if (sigma > 0)
        {
            parts.Add(new Uncertainty($"{stack.Name}: spread of rows not fitted ({stack.FittedOn})", EightyPercentInterval.Deviations * sigma));
            bool sameChip = stack.FittedChips.Contains(chip.Id);
            bool sameFamily = sameChip || stack.FittedFamilies.Contains(chip.Family);
            if (!sameFamily)
                parts.Add(new Uncertainty($"never fitted on the {chip.Family} family", EightyPercentInterval.Deviations * constants[StackConstant.UnseenFamilySigma]));
            else if (!sameChip)
                parts.Add(new Uncertainty($"fitted on other chips of the {chip.Family} family, not on {chip.Name}", EightyPercentInterval.Deviations * constants[StackConstant.UnseenChipSigma]));
        }
        else
        {
            parts.Add(new Uncertainty($"{stack.Name} was never fitted", EightyPercentInterval.Deviations * constants[StackConstant.UnfittedStackSigma]));
            parts.Add(new Uncertainty($"never fitted on {chip.Name}", EightyPercentInterval.Deviations * constants[StackConstant.UnseenFamilySigma]));
        }

        foreach ((string figure, double fastest, double slowest) in sourceSpread)
        {
            // Readings are equally likely, so 80 % of the range between them; the one taken here may lie at an end of it.
            double range = Math.Log(slowest / fastest);
            double half = 0.4 * range;
            if (half > 0.0005)
            {
                parts.Add(new Uncertainty(string.Create(CultureInfo.InvariantCulture, $"sources disagree on {figure}"), half)
                {
                    Below = Math.Max(0, -Math.Log(fastest) - (0.1 * range)),
                    Above = Math.Max(0, Math.Log(slowest) - (0.1 * range)),
                });
            }
        }

        return parts.ToImmutable();
    }

    /// <summary>Half-width of the whole where every part is as wide on both sides: root of the sum of squares.</summary>
    public static double HalfWidth(ImmutableArray<Uncertainty> parts) => Width(parts, static part => part.RelativeHalfWidth);

    /// <summary>How far the step may be faster, as a logarithm: root of the sum of squares.</summary>
    public static double Below(ImmutableArray<Uncertainty> parts) => Width(parts, static part => part.Below);

    /// <summary>How far the step may be slower.</summary>
    public static double Above(ImmutableArray<Uncertainty> parts) => Width(parts, static part => part.Above);

    private static double Width(ImmutableArray<Uncertainty> parts, Func<Uncertainty, double> side)
    {
        double sum = 0;
        foreach (Uncertainty part in parts)
        {
            double width = side(part);
            sum += width * width;
        }

        return Math.Sqrt(sum);
    }
}
