using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Serving;
using Orrery.Validation.Kernels;

namespace Orrery.Validation.Inference;

/// <summary>
/// Time per token of closed loops with other constants than the fitted: nothing fitted, those of a sister chip, and the bandwidth of memory alone. Rows that a
/// fit saw are not counted.
/// </summary>
public sealed class OtherConstants(ServingCatalog stacks, IReadOnlySet<string> seen)
{
    /// <summary>Stands for a chip where nothing was fitted.</summary>
    public const string Nothing = "nothing";

    /// <summary>Stands for a chip where weights and caches are read at the stated bandwidth.</summary>
    public const string Bandwidth = "bandwidth";

    private readonly SortedDictionary<(string From, string To, string Slice), List<(double Own, double Other)>> errors = [];

    /// <summary>Counts a row that a fit of its own has predicted.</summary>
    /// <param name="own">Seconds a token with the fitted constants.</param>
    /// <param name="roofline">Seconds a token at the stated bandwidth.</param>
    public void Add(InferenceCase row, PreparedCase prepared, string modelClass, double own, double roofline)
    {
        if (row.PerTokenMs is not { } measured || prepared.Reading.Method != InferenceMethod.ClosedLoop || seen.Contains(row.Origin.Id))
            return;
        ServingStack stack = prepared.Request.Stack;
        ChipDescription chip = prepared.Request.System.Chip;
        if (stack.FitFor(modelClass, chip) is null)
            return;
        string slice = $"{stack.Id} {modelClass}";
        Count(Nothing, chip.Family, slice, own, prepared.Run(stacks.Generic()).PerToken, measured);
        Count(Bandwidth, chip.Family, slice, own, roofline, measured);
        if (stack.CarriedTo(modelClass, chip) is { } carried)
            Count(string.Join(", ", carried.Chips), chip.Id, slice, own, prepared.Run(stacks.ConstantsOf(stack, carried, chip)).PerToken, measured);
    }

    /// <summary>The table: by chip, then by class of models; all together last of nothing and of bandwidth.</summary>
    public ImmutableArray<CarriedConstants> Table()
    {
        ImmutableArray<CarriedConstants>.Builder table = ImmutableArray.CreateBuilder<CarriedConstants>();
        foreach (((string from, string to, string slice), List<(double, double)> rows) in errors)
            table.Add(Figures(from, to, slice, rows));
        foreach (string from in (ReadOnlySpan<string>)[Nothing, Bandwidth])
        {
            List<(double, double)> all = [.. errors.Where(one => one.Key.From == from).SelectMany(static one => one.Value)];
            if (all.Count > 0)
                table.Add(Figures(from, "all", "all", all));
        }

        return table.ToImmutable();
    }

    private void Count(string from, string to, string slice, double own, double other, double measuredMs)
    {
        if (!errors.TryGetValue((from, to, slice), out List<(double, double)>? list))
            errors[(from, to, slice)] = list = [];
        list.Add(((own * 1e3 / measuredMs) - 1, (other * 1e3 / measuredMs) - 1));
    }

    private static CarriedConstants Figures(string from, string to, string slice, List<(double Own, double Other)> rows) => new(
        from,
        to,
        slice,
        rows.Count,
        Median(rows, static one => Math.Abs(one.Own)),
        Median(rows, static one => Math.Abs(one.Other)),
        rows.Average(static one => Math.Abs(one.Own)),
        rows.Average(static one => Math.Abs(one.Other)),
        Median(rows, static one => one.Other));

    private static double Median(List<(double Own, double Other)> rows, Func<(double Own, double Other), double> figure)
    {
        double[] sorted = [.. rows.Select(figure).Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
