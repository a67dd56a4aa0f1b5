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
/// Fits the protocols of a scale-up switch, or of a network between servers, one operation at a time, on a seeded seven tenths of the samples; the rest gives the residual. At
/// most twelve constants an operation, each inside its physical range.
/// </summary>
public static class ScaleUpFit
{
    private const double FittedShare = 0.7;
    private const int FloorAt = 10;

    /// <summary>
    /// Ranges: the low-latency protocol sends a flag with every word or two, so has at most half the link; the bulk protocol at most all of it; a
    /// start-up is tens of microseconds, a step a few; times in us, the filling term in
    /// sqrt(us). One step of the bulk protocol is held to 2 us, a chunk's flight: a table of small groups would take more and say nonsense of
    /// groups of 72.
    /// </summary>
    private static readonly ImmutableArray<FitBound> Bounds =
    [
        new("lowBase", 0.5, 20, 6, FitScale.Logarithmic),
        new("lowPerRank", 0, 3, 1),
        new("lowShare", 0.005, 0.5, 0.25, FitScale.Logarithmic),
        new("bulkBase", 2, 60, 15, FitScale.Logarithmic),
        new("bulkPerRank", 0, 2, 0.1),
        new("bulkShare", 0.4, 1, 0.8, FitScale.Logarithmic),
        new("fill", 0, 6, 1),
        new("exponent", -0.3, 0.6, 0.2),
        new("switchBase", 10, 150, 60, FitScale.Logarithmic),
        new("switchShare", 0.5, 1, 0.65),
        new("floor", 0, 100, 0),
    ];

    private static readonly string[] Units = ["us", "us", "1", "us", "us", "1", "sqrt(us)", "1", "us", "1", "us"];

    /// <summary>Fewest rows of a fit, and of one that can tell steps and filling apart.</summary>
    private const int FewestRows = 6, RowsForAll = 16, FewestOfSweeps = 20;

    /// <summary>Fits all operations of <paramref name="subject"/> that have samples, and lists the ids they were fitted on.</summary>
    public static (CalibrationFile File, ImmutableArray<string> FittedIds) Fit(
        string subject, IReadOnlyList<ScaleUpSample> samples, ulong seed, string date, bool isOneShot = false)
    {
        ImmutableArray<CalibrationFit>.Builder fits = ImmutableArray.CreateBuilder<CalibrationFit>();
        ImmutableArray<string>.Builder ids = ImmutableArray.CreateBuilder<string>();
        bool isNamed = subject.Contains('.', StringComparison.Ordinal);
        foreach ((CollectiveKind kind, string word) in ProtocolTable.Operations)
        {
            foreach (bool isNetwork in (ReadOnlySpan<bool>)[false, true])
            {
                List<ScaleUpSample> fitted = [], held = [];
                foreach (ScaleUpSample sample in samples)
                {
                    if (sample.Kind != kind || sample.Beside > 0 != isNetwork)
                        continue;
                    RandomStream draw = RandomStream.Create(seed, sample.Id);
                    (draw.NextDouble() < FittedShare ? fitted : held).Add(sample);
                }

                int fewest = isNamed || fitted is [{ IsHostBus: true }, ..] ? FewestRows : FewestOfSweeps;
                if (fitted.Count < fewest || held.Count == 0)
                    continue;
                fits.Add(FitOperation(subject, kind, word, fitted, held, seed, isNamed, isNetwork, isOneShot));
                foreach (ScaleUpSample sample in fitted)
                    ids.Add(sample.Id);
            }
        }

        return (new CalibrationFile { Subject = subject, Kind = CalibrationKind.Collectives, Date = date, Fits = fits.ToImmutable() }, ids.ToImmutable());
    }

    /// <summary>Time of a sample under constants in the order and units of the bounds.</summary>
    public static double Predict(in ProtocolConstants constants, in ScaleUpSample sample)
    {
        GroupPorts ports = sample.Ports;
        Bytes size = new(sample.Bytes);
        double time = Math.Min(Time(constants.LowLatency(sample.Kind, size, ports), sample.Rated), Time(constants.Bulk(sample.Kind, size, ports), sample.Rated));
        return sample.Kind == CollectiveKind.AllReduce && sample.SwitchAdds && constants.SwitchShare > 0
            ? Math.Min(time, Time(constants.InSwitch(size, ports), sample.Rated))
            : time;
    }

    private static double Time(in CollectiveStep step, double rated) => step.Fixed.Value + step.Fill.Value + (step.Bytes / (step.Share * rated));

    private static CalibrationFit FitOperation(
        string subject, CollectiveKind kind, string word, List<ScaleUpSample> fitted, List<ScaleUpSample> held, ulong seed, bool isNamed, bool isNetwork, bool sendsWhole)
    {
        bool adds = kind == CollectiveKind.AllReduce && fitted.Exists(static sample => sample.SwitchAdds);
        bool pairs = fitted.TrueForAll(static sample => sample.Ranks == 2 && sample.Beside <= 1);
        int largest = fitted.Max(static sample => Math.Max(sample.Ranks, sample.Beside));
        FitBound[] bounds = isNamed ? [.. Bounds] : [.. Bounds[..^1]];
        if (pairs)
        {
            // One group size says nothing about steps and groups.
            Hold(bounds, "lowPerRank", 0);
            Hold(bounds, "bulkPerRank", 0);
            Hold(bounds, "exponent", 0);
        }

        bool isOneShot = sendsWhole && !isNetwork && kind == CollectiveKind.AllReduce;
        if (isNetwork)
        {
            // Between servers: calls take up to half a millisecond, cards are shared or behind the host, so that their share has no lower limit but sense.
            Widen(bounds, "lowBase", 5, 500, 60);
            Widen(bounds, "bulkBase", 5, 500, 100);
            Widen(bounds, "bulkShare", 0.02, 1, 0.5);
            Widen(bounds, "exponent", -1.5, 0.6, 0);
        }

        if (fitted[0].IsHostBus)
        {
            // Through the memory of the host, which all cards share: a card's share falls with their number.
            Widen(bounds, "bulkShare", 0.01, 1, 0.1);
            Widen(bounds, "exponent", -2.5, 0.6, -1.5);
            Widen(bounds, "bulkPerRank", 0, 30, 5);

            // There is no path of low latency.
            Hold(bounds, "lowShare", 0);
            Hold(bounds, "lowBase", 0);
        }

        if (isNamed)
        {
            Widen(bounds, "lowBase", isNetwork ? 5 : 0.5, isNetwork ? 500 : 60, isNetwork ? 60 : 6);
            Widen(bounds, "lowShare", 0.005, isOneShot ? 1 : 0.5, 0.25);
        }

        if (fitted.Count < RowsForAll)
        {
            Hold(bounds, "lowPerRank", 0);
            if (!fitted[0].IsHostBus)
                Hold(bounds, "bulkPerRank", 0);
            Hold(bounds, "fill", 0);
            if (isNamed)
                Hold(bounds, "floor", 0);
        }

        if (!adds)
        {
            Hold(bounds, "switchBase", 60);
            Hold(bounds, "switchShare", 1);
        }

        FitResult result = BoundedFit.Minimise(
            fitted.Count,
            bounds,
            (constants, errors) =>
            {
                ProtocolConstants trial = Constants(constants, adds, largest, isOneShot);
                for (int i = 0; i < errors.Length; i++)
                {
                    ScaleUpSample sample = fitted[i];
                    errors[i] = Math.Log(Predict(trial, sample) / sample.Time);
                }
            },
            new FitOptions { Seed = seed, Starts = 16 });

        ProtocolConstants best = Constants(result.Constants.AsSpan(), adds, largest, isOneShot);
        double[] logErrors = [.. held.Select(sample => Math.Abs(Math.Log(Predict(best, sample) / sample.Time))).Order()];
        double[] errors = [.. held.Select(sample => Math.Abs((Predict(best, sample) / sample.Time) - 1)).Order()];
        ImmutableSortedDictionary<string, CalibratedConstant>.Builder constants =
            ImmutableSortedDictionary.CreateBuilder<string, CalibratedConstant>(StringComparer.Ordinal);
        for (int i = 0; i < bounds.Length; i++)
        {
            if (bounds[i].Low == bounds[i].High)
                continue;
            constants[isOneShot && bounds[i].Name.StartsWith("low", StringComparison.Ordinal) ? "oneShot" + bounds[i].Name[3..] : bounds[i].Name] = new CalibratedConstant(Round(result.Constants[i], bounds[i]), bounds[i].Low, bounds[i].High, Units[i]);
        }

        // Not fitted: the largest group among the samples, beyond which the share of the link is not extrapolated.
        constants["largestGroup"] = new CalibratedConstant(largest, 1, 1e6, "1");
        return new CalibrationFit
        {
            Operator = word,
            Scope = isNetwork ? ProtocolTable.Network : "",
            Source = [.. fitted.Select(static sample => sample.Source).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
            Constants = constants.ToImmutable(),

            // The interval is for 80 % of rows, so the spread is read off there: a few wild rows do not widen all the others.
            ResidualSigma = Round4(ErrorFigures.Percentile(logErrors, 0.8) / EightyPercentInterval.Deviations),
            MedianError = Round4(ErrorFigures.Percentile(errors, 0.5)),
            MeanError = Round4(errors.Average()),
            RowsFitted = fitted.Count,
            RowsFile = subject + ".rows.gz",
            Note = Note(result, bounds),
        };
    }

    private static string Note(FitResult result, FitBound[] bounds)
    {
        List<string> limits = [];
        for (int i = 0; i < bounds.Length; i++)
        {
            if (result.AtLimit[i])
                limits.Add(bounds[i].Name);
        }

        return limits.Count == 0 ? "" : "on a limit, that is not visible in these rows or held physical: " + string.Join(", ", limits);
    }

    private static ProtocolConstants Constants(ReadOnlySpan<double> c, bool adds, int largest, bool isOneShot) => new(
        c[0] * 1e-6, c[1] * 1e-6, c[2], c[3] * 1e-6, c[4] * 1e-6, c[5], c[6] * 1e-3, c[7], adds ? c[8] * 1e-6 : 0, adds ? c[9] : 0, largest, 0, c.Length > FloorAt ? c[FloorAt] * 1e-6 : 0, isOneShot);

    private static void Widen(FitBound[] bounds, string name, double low, double high, double start)
    {
        int index = Array.FindIndex(bounds, bound => bound.Name == name);
        if (bounds[index].Low < bounds[index].High)
            bounds[index] = bounds[index] with { Low = low, High = high, Start = start };
    }

    private static void Hold(FitBound[] bounds, string name, double value)
    {
        int index = Array.FindIndex(bounds, bound => bound.Name == name);
        bounds[index] = bounds[index] with { Low = value, High = value, Start = value, Scale = FitScale.Linear };
    }

    /// <summary>Four digits, inside the range: more are noise and make the file hard to read.</summary>
    private static double Round(double value, FitBound bound) =>
        Math.Clamp(double.Parse(value.ToString("G4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture), bound.Low, bound.High);

    private static double Round4(double value) => Math.Round(value, 4);
}
