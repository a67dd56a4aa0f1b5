using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Engine;
using Orrery.Fabric;
using Orrery.Operators;
using Orrery.Units;
using Orrery.Validation.Fitting;
using Orrery.Validation.Scoring;

namespace Orrery.Validation.Collectives;

/// <summary>
/// Fits a machine of one's own to what its owner measured: two factors in a scope, on fixed times and on the share of the links, first inside the
/// scale-up domain, then, with those, on the network. Seven tenths of the rows, seeded, are fitted; the rest says how good it is.
/// </summary>
public sealed class OwnFabricFit
{
    /// <summary>Rows of a scope below which nothing is fitted: two constants, and something left to hold them to.</summary>
    public const int FewestRows = 6;

    private const double FittedShare = 0.7;
    private const ulong Seed = 20261120;

    private readonly ClosedFormFactory factory;
    private readonly HashSet<(string File, int Ranks)> refused = [];
    private readonly SystemDescription system;
    private readonly RankGroups groups;
    private readonly ICollection<Diagnostic> problems;

    private OwnFabricFit(string dataRoot, SystemDescription system, ICollection<Diagnostic> problems)
    {
        factory = new ClosedFormFactory(dataRoot);
        this.system = system;
        this.problems = problems;
        groups = new RankGroups(system, system.Chip.RanksPerChip);
    }

    /// <summary>
    /// The factors that bring <paramref name="system"/> nearest to <paramref name="rows"/>; null where no scope has rows enough, with the reason in
    /// <paramref name="problems"/>.
    /// </summary>
    /// <param name="fittedOn">Files and day, for the overlay.</param>
    public static OwnFabric? Fit(string dataRoot, SystemDescription system, IReadOnlyList<BenchmarkRow> rows, string fittedOn, ICollection<Diagnostic> problems)
    {
        OwnFabricFit fit = new(dataRoot, system with { Communication = null }, problems);
        List<Sample> inside = [], across = [];
        foreach (BenchmarkRow row in rows)
        {
            if (fit.SampleOf(row) is { } sample)
                (sample.IsInside ? inside : across).Add(sample);
        }

        OwnScope? scaleUp = fit.Scope("scale-up", inside, trial => new(fittedOn, trial, null));
        OwnScope? scaleOut = fit.Scope("network", across, trial => new(fittedOn, scaleUp?.Overlay, trial));
        return scaleUp is null && scaleOut is null ? null : new(system, new(fittedOn, scaleUp?.Overlay, scaleOut?.Overlay), scaleUp, scaleOut);
    }

    private OwnScope? Scope(string name, List<Sample> samples, Func<ScopeOverlay, CommunicationOverlay> under)
    {
        if (samples.Count == 0)
            return null;
        List<Sample> fitted = [], held = [];
        foreach (Sample sample in samples)
        {
            RandomStream draw = RandomStream.Create(Seed, sample.Key);
            (draw.NextDouble() < FittedShare ? fitted : held).Add(sample);
        }

        if (samples.Count < FewestRows || fitted.Count < 3 || held.Count < 1)
        {
            problems.Add(new(
                Severity.Warning, BenchmarkCodes.TooFew, samples[0].Row.File, 0, 0,
                string.Create(CultureInfo.InvariantCulture, $"{samples.Count} measurements of the {name} are too few to fit it; a sweep of {FewestRows} sizes or more would do")));
            return null;
        }

        FitBound[] bounds =
        [
            new("startup", 0.1, 10, 1, FitScale.Logarithmic),
            new("bandwidth", CommunicationOverlay.Lowest, Highest(samples), Math.Min(1, Highest(samples)), FitScale.Logarithmic),
        ];
        FitResult result = BoundedFit.Minimise(
            fitted.Count, bounds, (constants, errors) => Errors(under(new(constants[0], constants[1], 0, 0)), fitted, errors), new FitOptions { Seed = Seed });
        double startup = Round(result.Constants[0]);
        double bandwidth = Round(result.Constants[1]);
        double[] before = new double[samples.Count], after = new double[samples.Count], heldErrors = new double[held.Count];
        Errors(under(new(1, 1, 0, 0)), samples, before);
        Errors(under(new(startup, bandwidth, 0, 0)), samples, after);
        Errors(under(new(startup, bandwidth, 0, 0)), held, heldErrors);
        double[] sorted = [.. heldErrors.Select(Math.Abs).Order()];
        double sigma = Math.Round(ErrorFigures.Percentile(sorted, 0.8) / EightyPercentInterval.Deviations, 4);
        for (int index = 0; index < bounds.Length; index++)
        {
            if (result.AtLimit[index])
            {
                problems.Add(new(
                    Severity.Warning, BenchmarkCodes.AtLimit, samples[0].Row.File, 0, 0,
                    $"the {name}'s {bounds[index].Name} factor ends on its limit, {result.Constants[index].ToString("G4", CultureInfo.InvariantCulture)}: is this the machine that was measured, and is its link as stated?"));
            }
        }

        return new(
            new(startup, bandwidth, sigma, samples.Count), fitted.Count, held.Count, Median(before), Median(after), Median(heldErrors), Operations(samples));
    }

    /// <summary>No library reaches more than the whole rate of a link: the share it reaches with large messages bounds the factor.</summary>
    private double Highest(List<Sample> samples)
    {
        ClosedFormCollectives model = Model(null);
        LibraryScope scope = samples[0].IsInside ? model.Library.ScaleUp : model.Library.ScaleOut;
        return 1 / scope.Share.Value;
    }

    private void Errors(CommunicationOverlay overlay, List<Sample> samples, Span<double> errors)
    {
        ClosedFormCollectives model = Model(overlay);
        for (int index = 0; index < samples.Count; index++)
            errors[index] = Math.Log(model.Cost(samples[index].Collective, samples[index].Group).Time.Value / samples[index].Row.Time.Value);
    }

    private ClosedFormCollectives Model(CommunicationOverlay? overlay) =>
        factory.Create(overlay is null ? system : SystemOverlay.Under(system, overlay)).Value
        ?? throw new InvalidOperationException("the library of a system that was opened before cannot be read");

    private Sample? SampleOf(BenchmarkRow row)
    {
        int perServer = system.ChipsPerServer * system.Chip.RanksPerChip;
        int servers = row.Servers > 0 ? row.Servers : Math.Max(1, (row.Ranks + perServer - 1) / perServer);
        int inside = row.Ranks / servers;
        if (row.Ranks % servers != 0 || inside > perServer)
        {
            if (refused.Add((row.File, row.Ranks)))
            {
                problems.Add(new(
                    Severity.Error, BenchmarkCodes.DoesNotFit, row.File, 0, 0,
                    string.Create(CultureInfo.InvariantCulture, $"{row.Ranks} ranks on {servers} servers do not fit {system.Id}, whose servers run {perServer}")));
            }

            return null;
        }

        // Part of each server: as many neighbours of the first server, and one server's stride to the next.
        RankGroup group = servers == 1 || inside == perServer ? groups.Group(1, row.Ranks, row.Ranks) : Strided(inside, servers, perServer);
        bool isInside = row.Ranks <= system.ChipsPerScaleUpDomain * system.Chip.RanksPerChip && (servers == 1 || system.ChipsPerScaleUpDomain > system.ChipsPerServer);
        return new(row, new Collective(row.Kind, new Bytes(row.Bytes), row.Format), group, isInside);
    }

    private RankGroup Strided(int inside, int servers, int perServer)
    {
        RankGroup near = groups.Group(1, inside, perServer), far = groups.Group(perServer, servers, perServer * servers);
        int[] fanout = new int[near.Fanout.Length];
        for (int level = 0; level < fanout.Length; level++)
            fanout[level] = near.Fanout[level] * far.Fanout[level];
        return new RankGroup(ImmutableArray.Create(fanout), near.Concurrent);
    }

    private static ImmutableArray<string> Operations(List<Sample> samples) =>
        [.. samples.Select(static sample => $"{sample.Row.Kind} on {sample.Row.Ranks.ToString(CultureInfo.InvariantCulture)} ranks").Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private static double Median(double[] errors)
    {
        double[] sorted = [.. errors.Select(static error => Math.Abs(Math.Exp(error) - 1)).Order()];
        return ErrorFigures.Percentile(sorted, 0.5);
    }

    private static double Round(double value) => double.Parse(value.ToString("G4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private sealed record Sample(BenchmarkRow Row, Collective Collective, RankGroup Group, bool IsInside)
    {
        /// <summary>Decides whether the row is fitted: by what was measured, so that the same row is drawn alike from any file.</summary>
        public string Key { get; } = string.Create(CultureInfo.InvariantCulture, $"{Row.Kind} {Row.Ranks} {Row.Bytes:R} {Row.Line % 2}");
    }
}
