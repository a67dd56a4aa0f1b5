using System.Collections.Immutable;

namespace Orrery.Validation.Scoring;

/// <summary>How wrong predictions are: every row, and the figures per group and pooled.</summary>
public sealed record ValidationReport
{
    /// <summary><c>training</c>, <c>kernels</c>, <c>memory</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>In file order.</summary>
    public required ImmutableArray<ScoredCase> Cases { get; init; }

    /// <summary>In file order.</summary>
    public required ImmutableArray<SkippedCase> Skipped { get; init; }

    /// <summary>By name.</summary>
    public required ImmutableArray<GroupReport> Groups { get; init; }

    /// <summary>Parts of groups that mix chips or kinds of model, each with its own baseline; by name, <c>group: slice</c>.</summary>
    public required ImmutableArray<GroupReport> Slices { get; init; }

    public required int NotExpressible { get; init; }

    /// <summary>Pooled over rows not fitted.</summary>
    public required ErrorFigures Unseen { get; init; }

    /// <summary>Pooled over every scored row.</summary>
    public required ErrorFigures All { get; init; }

    /// <summary>Groups with too many rows skipped, a line each; empty is passed.</summary>
    public required ImmutableArray<string> Failures { get; init; }

    /// <summary>Puts rows into a report.</summary>
    /// <param name="notExpressible">Number of such rows by group.</param>
    /// <param name="leaveOneOut">Mean errors by group that a calibration states; null for none.</param>
    public static ValidationReport Of(
        string kind,
        IReadOnlyList<ScoredCase> cases,
        IReadOnlyList<SkippedCase> skipped,
        IReadOnlyDictionary<string, int> notExpressible,
        IReadOnlyDictionary<string, double>? leaveOneOut = null)
    {
        ImmutableArray<GroupReport> groups = Grouped(
            cases, skipped, notExpressible, leaveOneOut, static row => row.Group, static row => row.Group, out double? unseenBaseline, out double? allBaseline);
        ImmutableArray<string>.Builder failures = ImmutableArray.CreateBuilder<string>();
        foreach (GroupReport group in groups)
        {
            if (group.HasTooManySkipped)
                failures.Add($"{group.Group}: {group.Skipped} of {group.Scored + group.Skipped} expressible rows skipped");
        }

        ImmutableArray<GroupReport> slices =
        [
            .. Sliced(cases, skipped, static row => row.Slice, static row => row.Slice),
            .. Sliced(cases, skipped, static row => row.SecondSlice, static row => row.SecondSlice),
        ];

        List<ScoredCase> all = [.. cases];
        return new ValidationReport
        {
            Kind = kind,
            Cases = [.. cases],
            Skipped = [.. skipped],
            Groups = groups,
            Slices = slices,
            NotExpressible = notExpressible.Values.Sum(),
            Unseen = ErrorFigures.Of(all.FindAll(static row => !row.IsFitted), unseenBaseline),
            All = ErrorFigures.Of(all, allBaseline),
            Failures = failures.ToImmutable(),
        };
    }

    /// <summary>The slices of one cut, of groups that have several: one alone is not worth a line.</summary>
    private static ImmutableArray<GroupReport> Sliced(
        IReadOnlyList<ScoredCase> cases, IReadOnlyList<SkippedCase> skipped, Func<ScoredCase, string> sliceOf, Func<SkippedCase, string> sliceOfSkipped)
    {
        HashSet<string> mixed = new(StringComparer.Ordinal);
        Dictionary<string, string> first = new(StringComparer.Ordinal);
        foreach (ScoredCase row in cases)
        {
            string slice = sliceOf(row);
            if (slice.Length > 0 && !first.TryAdd(row.Group, slice) && first[row.Group] != slice)
                mixed.Add(row.Group);
        }

        return Grouped(
            [.. cases.Where(row => mixed.Contains(row.Group) && sliceOf(row).Length > 0)],
            [.. skipped.Where(row => mixed.Contains(row.Group) && sliceOfSkipped(row).Length > 0)],
            ImmutableDictionary<string, int>.Empty,
            null,
            row => $"{row.Group}: {sliceOf(row)}",
            row => $"{row.Group}: {sliceOfSkipped(row)}",
            out _,
            out _);
    }

    private static ImmutableArray<GroupReport> Grouped(
        IReadOnlyList<ScoredCase> cases,
        IReadOnlyList<SkippedCase> skipped,
        IReadOnlyDictionary<string, int> notExpressible,
        IReadOnlyDictionary<string, double>? leaveOneOut,
        Func<ScoredCase, string> nameOf,
        Func<SkippedCase, string> nameOfSkipped,
        out double? unseenMean,
        out double? allMean)
    {
        SortedDictionary<string, List<ScoredCase>> byGroup = new(StringComparer.Ordinal);
        foreach (ScoredCase row in cases)
            ListOf(byGroup, nameOf(row)).Add(row);
        SortedDictionary<string, int> skippedBy = new(StringComparer.Ordinal);
        foreach (SkippedCase row in skipped)
        {
            string name = nameOfSkipped(row);
            ListOf(byGroup, name);
            skippedBy[name] = skippedBy.GetValueOrDefault(name) + 1;
        }

        foreach (string name in notExpressible.Keys)
            ListOf(byGroup, name);

        ImmutableArray<GroupReport>.Builder groups = ImmutableArray.CreateBuilder<GroupReport>();
        BaselineSum pooledUnseen = default;
        BaselineSum pooledAll = default;
        foreach ((string name, List<ScoredCase> rows) in byGroup)
        {
            double? efficiency = EfficiencyBaseline.Fit(rows);
            List<ScoredCase> unseen = rows.FindAll(static row => !row.IsFitted);
            double? unseenBaseline = efficiency is null ? null : EfficiencyBaseline.MeanError(unseen, efficiency.Value);
            double? allBaseline = efficiency is null ? null : EfficiencyBaseline.MeanError(rows, efficiency.Value);
            pooledUnseen.Add(unseenBaseline, unseen);
            pooledAll.Add(allBaseline, rows);
            groups.Add(new GroupReport(
                name,
                rows.Count,
                rows.Count - unseen.Count,
                skippedBy.GetValueOrDefault(name),
                notExpressible.GetValueOrDefault(name),
                ErrorFigures.Of(unseen, unseenBaseline),
                ErrorFigures.Of(rows, allBaseline),
                leaveOneOut is not null && leaveOneOut.TryGetValue(name, out double stated) ? stated : null));
        }

        unseenMean = pooledUnseen.Mean;
        allMean = pooledAll.Mean;
        return groups.ToImmutable();
    }

    private static List<ScoredCase> ListOf(SortedDictionary<string, List<ScoredCase>> byGroup, string group)
    {
        if (!byGroup.TryGetValue(group, out List<ScoredCase>? rows))
            byGroup[group] = rows = [];
        return rows;
    }

    /// <summary>Pools the groups' baselines by their number of rows with a figure at peak.</summary>
    private struct BaselineSum
    {
        private double _sum;
        private int _count;

        public readonly double? Mean => _count == 0 ? null : _sum / _count;

        public void Add(double? mean, List<ScoredCase> rows)
        {
            if (mean is not { } value)
                return;
            int count = rows.Count(static row => row.AtPeak > 0);
            _sum += value * count;
            _count += count;
        }
    }
}
