using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Chips.Gpu;
using Orrery.Operators;
using Orrery.Units;
using Orrery.Validation.Fitting;
using Orrery.Validation.Scoring;

namespace Orrery.Validation.Kernels;

/// <summary>Fits the constants of one operator and number format of a GPU, and leaves out those that the rows cannot tell.</summary>
/// <remarks>
/// The prediction inside the fit is that of <see cref="GpuChipModel"/> itself. A constant that ends where its mechanism vanishes is dropped; then any
/// constant whose loss hardly misses it is dropped, the least missed first. What remains is counted and reported.
/// </remarks>
public sealed class KernelFit
{
    /// <summary>
    /// Share of the fitted rows that the stated 80 % interval holds. Kernel errors have heavy tails: an interval that holds all of 80 % is more than
    /// twice as wide as the median error and says too little about the common row; this one stays below that.
    /// </summary>
    private const double HeldShare = 0.76;

    /// <summary>Rows from which the tolerance for dropping a constant no longer falls.</summary>
    private const int ManyRows = 300;

    /// <summary>Fewer rows than this do not make a class of their own.</summary>
    private const int SmallestClass = 40;

    private readonly ChipDescription chip;
    private readonly OperatorVocabulary vocabulary;
    private readonly string name;
    private readonly string format;
    private readonly Operator[] work;
    private readonly double[] measured;
    private readonly double[] weights;
    private readonly ulong seed;
    private int evaluations;

    /// <summary>Prepares the fit of one operator and format of a chip.</summary>
    /// <param name="name">Operator as calibration files call it.</param>
    /// <param name="format">Format as calibration files call it.</param>
    /// <param name="work">Rows fitted.</param>
    /// <param name="measured">Their isolated times in s.</param>
    /// <param name="weights">Weight of each row; empty weighs all alike.</param>
    public KernelFit(
        ChipDescription chip, OperatorVocabulary vocabulary, string name, string format, Operator[] work, double[] measured, double[] weights, ulong seed)
    {
        this.chip = chip;
        this.vocabulary = vocabulary;
        this.name = name;
        this.format = format;
        this.work = work;
        this.measured = measured;
        this.weights = weights;
        this.seed = seed;
    }

    /// <summary>
    /// Loss that may be lost, as a share, by dropping one constant; 0 keeps every constant that helps at all. It grows where rows are few, so that a
    /// small table is not fitted to its noise.
    /// </summary>
    public double DropTolerance { get; init; } = 0.004;

    /// <summary>Constants held absent from the beginning, for ablations; they must be able to be absent.</summary>
    public ImmutableArray<string> Without { get; init; } = [];

    /// <summary>The chip each row was measured on, where they are several that share constants; empty where all are of one.</summary>
    public ImmutableArray<ChipDescription> Chips { get; init; } = [];

    /// <summary>In what surroundings the rows were measured.</summary>
    public GpuModelOptions Options { get; init; } = GpuModelOptions.Benchmark;

    /// <summary>Fits, drops what cannot be told, and describes the result.</summary>
    public CalibrationFit Run(ImmutableArray<string> source)
    {
        List<OperatorConstant> kept = [.. vocabulary.ConstantsOf(name).Where(place => IsUsed(place) && !Without.Contains(place.Name))];
        (double[] values, double loss) = Minimise(kept, [.. kept.Select(static place => place.Typical)], 5);
        // Those that ended where they cannot be told from absent go first: it saves trying all.
        while (DropLeastMissed(ref kept, ref values, ref loss, isAtAbsence: true) || DropLeastMissed(ref kept, ref values, ref loss, isAtAbsence: false))
        {
            // One constant fewer each time.
        }

        return Describe(kept, values, source);
    }

    private bool IsUsed(OperatorConstant place) => (name, place.Name) switch
    {
        (OperatorVocabulary.GemmName, "quantiseMemory") => NumberFormats.TryParse(format, out NumberFormat parsed) && GemmFormat.Of(parsed, 1).IsQuantised,
        (OperatorVocabulary.PrefillName or OperatorVocabulary.DecodeName, "passMemory") => Options.AttentionHasPasses,
        _ => true,
    };

    /// <summary>Drops the constant whose absence costs least, if that is within tolerance.</summary>
    /// <param name="isAtAbsence">Tries only those at the end of their range where they cannot be told from absent, or only the others.</param>
    private bool DropLeastMissed(ref List<OperatorConstant> kept, ref double[] values, ref double loss, bool isAtAbsence)
    {
        int chosen = -1;
        double[] chosenValues = [];
        double chosenLoss = double.PositiveInfinity;
        double tolerance = DropTolerance * Math.Max(1, (double)ManyRows / work.Length);
        for (int i = 0; i < kept.Count; i++)
        {
            if (kept[i].Absent is null || IsAtAbsence(kept[i], values[i]) != isAtAbsence)
                continue;
            List<OperatorConstant> fewer = [.. kept];
            fewer.RemoveAt(i);
            (double[] fewerValues, double fewerLoss) = Minimise(fewer, Removed(values, i), 1);
            if (fewerLoss < chosenLoss)
            {
                chosen = i;
                chosenLoss = fewerLoss;
                chosenValues = fewerValues;
            }
        }

        if (chosen < 0 || chosenLoss > loss * (1 + tolerance))
            return false;
        kept = [.. kept];
        kept.RemoveAt(chosen);
        values = chosenValues;
        loss = chosenLoss;
        return true;
    }

    private (double[] Values, double Loss) Minimise(List<OperatorConstant> kept, double[] start, int starts)
    {
        var bounds = new FitBound[kept.Count];
        for (int i = 0; i < bounds.Length; i++)
        {
            OperatorConstant place = kept[i];
            bounds[i] = new FitBound(place.Name, place.Low, place.High, start[i], place.IsLogarithmic ? FitScale.Logarithmic : FitScale.Linear);
        }

        FitResult fit = BoundedFit.Minimise(
            work.Length,
            bounds,
            (constants, errors) => Predict(kept, constants, errors),
            new FitOptions { Seed = seed, Starts = starts, Weights = weights });
        evaluations += fit.Evaluations;
        return ([.. fit.Constants], fit.Loss);
    }

    private void Predict(List<OperatorConstant> kept, ReadOnlySpan<double> constants, Span<double> errors)
    {
        ImmutableSortedDictionary<string, CalibratedConstant> values = Constants(kept, constants);
        Dictionary<ChipDescription, GpuChipModel> models = [];
        for (int row = 0; row < work.Length; row++)
            errors[row] = Math.Log(ModelOf(row, models, values).Cost(work[row]).Isolated.Value / measured[row]);
    }

    /// <summary>The model of the chip a row was measured on, made once for a set of constants.</summary>
    private GpuChipModel ModelOf(int row, Dictionary<ChipDescription, GpuChipModel> models, ImmutableSortedDictionary<string, CalibratedConstant> constants)
    {
        ChipDescription of = Chips.IsEmpty ? chip : Chips[row];
        if (!models.TryGetValue(of, out GpuChipModel? model))
            models[of] = model = Model(of, constants);
        return model;
    }

    private GpuChipModel Model(ChipDescription of, ImmutableSortedDictionary<string, CalibratedConstant> constants)
    {
        CalibrationFile file = new()
        {
            Subject = of.Id,
            Kind = CalibrationKind.Chips,
            Date = "",
            Fits = [new CalibrationFit { Operator = name, Format = format, Constants = constants }],
        };
        return new GpuChipModel(of, new GpuKernelLibrary(vocabulary, id => id == of.Id ? file : null), Options);
    }

    private static ImmutableSortedDictionary<string, CalibratedConstant> Constants(List<OperatorConstant> kept, ReadOnlySpan<double> values)
    {
        ImmutableSortedDictionary<string, CalibratedConstant>.Builder constants =
            ImmutableSortedDictionary.CreateBuilder<string, CalibratedConstant>(StringComparer.Ordinal);
        for (int i = 0; i < kept.Count; i++)
            constants[kept[i].Name] = new CalibratedConstant(Math.Clamp(values[i], Clean(kept[i].Low), Clean(kept[i].High)), Clean(kept[i].Low), Clean(kept[i].High), QuantityText.BaseUnits[(int)kept[i].Kind]);
        return constants.ToImmutable();
    }

    private CalibrationFit Describe(List<OperatorConstant> kept, double[] values, ImmutableArray<string> source)
    {
        // Rounded to what a reader can use; errors are those of the rounded constants.
        for (int i = 0; i < values.Length; i++)
            values[i] = Math.Clamp(SignificantDigits.Five(values[i]), kept[i].Low, kept[i].High);
        ImmutableSortedDictionary<string, CalibratedConstant> constants = Constants(kept, values);
        Dictionary<ChipDescription, GpuChipModel> models = [];
        var absolute = new double[work.Length];
        var relative = new double[work.Length];
        var classes = new List<double>[vocabulary.SpreadEdges.Length + 1];
        for (int i = 0; i < classes.Length; i++)
            classes[i] = [];
        for (int row = 0; row < work.Length; row++)
        {
            double predicted = ModelOf(row, models, constants).Cost(work[row]).Isolated.Value;
            absolute[row] = Math.Abs(Math.Log(predicted / measured[row]));
            relative[row] = Math.Abs((predicted / measured[row]) - 1);
            classes[vocabulary.SpreadClass(predicted)].Add(absolute[row]);
        }

        // Constants fitted on few rows fit those rows better than any others: Akaike's final prediction error.
        double unseen = work.Length > kept.Count ? Math.Sqrt((double)(work.Length + kept.Count) / (work.Length - kept.Count)) : 2;
        double sigma = unseen * Spread(absolute);
        List<string> atLimit = [.. kept.Where(place => constants[place.Name].IsAtLimit).Select(static place => place.Name)];
        List<string> dropped = [.. vocabulary.ConstantsOf(name).Where(place => IsUsed(place) && !kept.Contains(place)).Select(static place => place.Name)];
        string note = dropped.Count == 0 ? "" : "not visible in these rows, left out: " + string.Join(", ", dropped);
        if (atLimit.Count > 0)
            note += (note.Length == 0 ? "" : "; ") + "on a limit: " + string.Join(", ", atLimit);
        return new CalibrationFit
        {
            Operator = name,
            Format = format,
            Source = source,
            Constants = constants,
            ResidualSigma = SignificantDigits.Five(sigma),
            ClassSigmas = [.. Classes(classes, sigma, unseen).Select(SignificantDigits.Five)],
            MedianError = SignificantDigits.Five(Quantile(relative, 0.5)),
            MeanError = SignificantDigits.Five(relative.Average()),
            RowsFitted = work.Length,
            Note = note,
        };
    }

    /// <summary>The spread of each class; one with too few rows takes the nearest that has enough, or that of all rows.</summary>
    private static double[] Classes(List<double>[] classes, double all, double unseen)
    {
        var spreads = new double[classes.Length];
        for (int i = 0; i < classes.Length; i++)
        {
            spreads[i] = all;
            for (int distance = 0; distance < classes.Length; distance++)
            {
                int place = i - distance >= 0 && classes[i - distance].Count >= SmallestClass ? i - distance
                    : i + distance < classes.Length && classes[i + distance].Count >= SmallestClass ? i + distance : -1;
                if (place < 0)
                    continue;
                spreads[i] = unseen * Spread([.. classes[place]]);
                break;
            }
        }

        return spreads;
    }

    /// <summary>The standard deviation whose 80 % interval holds <see cref="HeldShare"/> of the rows; the root mean square would be far too wide.</summary>
    private static double Spread(double[] absolute) => Quantile(absolute, HeldShare) / EightyPercentInterval.Deviations;

    private static double Quantile(double[] values, double share)
    {
        double[] sorted = [.. values];
        Array.Sort(sorted);
        return ErrorFigures.Percentile(sorted, share);
    }

    private static bool IsAtAbsence(OperatorConstant place, double value) =>
        place.AbsentEnd is { } absent
        && (place.IsLogarithmic
            ? Math.Abs(Math.Log(value / absent)) <= 2e-3 * Math.Log(place.High / place.Low)
            : Math.Abs(value - absent) <= 2e-3 * (place.High - place.Low));

    private static double[] Removed(double[] values, int place)
    {
        var fewer = new List<double>(values);
        fewer.RemoveAt(place);
        return [.. fewer];
    }

    /// <summary>An end of a range without the noise of converting its unit.</summary>
    private static double Clean(double value) => double.Parse(value.ToString("G12", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
