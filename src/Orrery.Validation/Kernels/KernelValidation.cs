using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Chips.Gpu;
using Orrery.Operators;
using Orrery.Units;
using Orrery.Validation.Cases;
using Orrery.Validation.Neuron;
using Orrery.Validation.Scoring;

namespace Orrery.Validation.Kernels;

using Prediction = Orrery.Validation.Scoring.Prediction;

/// <summary>Everything <c>orrery validate kernels</c> does between its flags and its printing.</summary>
/// <param name="Report">By source, with a part for every operator and number format of a chip; null where a file could not be read as it stands.</param>
/// <param name="Regimes">
/// The tables that constants were fitted on, finer: by operator and format, by chip, by regime; each with its roofline of one efficiency.
/// </param>
public sealed record KernelValidation(ValidationReport? Report, ImmutableArray<GroupReport> Regimes, ImmutableArray<Diagnostic> Diagnostics)
{
    /// <summary>Operators of chips predicted with the constants of their nearest chip, by chip and name.</summary>
    public ImmutableArray<CarriedConstants> Carried { get; init; } = [];

    /// <summary>Reads cases, predicts and scores.</summary>
    /// <param name="catalog">Chips and their calibrations.</param>
    /// <param name="caseFiles">Files of cases; empty is the catalogue's own.</param>
    public static KernelValidation Run(DataCatalog catalog, ImmutableArray<string> caseFiles)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ImmutableArray<string> files = caseFiles.IsDefaultOrEmpty ? ValidationFiles.Kernels(catalog.DataRoot) : caseFiles;
        ImmutableArray<KernelCase>.Builder rows = ImmutableArray.CreateBuilder<KernelCase>();
        List<Diagnostic> diagnostics = [];
        bool failed = false;
        foreach (string path in files)
        {
            CaseFile<KernelCase> file = KernelCase.Read(path);
            rows.AddRange(file.Cases);
            diagnostics.AddRange(file.Diagnostics);
            failed |= file.HasErrors;
        }

        GpuKernelLibrary? library = GpuKernelLibrary.Open(catalog, diagnostics);
        Result<KernelTables> tables = KernelTables.Open(catalog);
        diagnostics.AddRange(tables.Diagnostics);
        Result<NeuronKernelValidation> neuron = NeuronKernelValidation.Open(catalog);
        diagnostics.AddRange(neuron.Diagnostics);
        if (failed || library is null || tables.Value is null || neuron.Value is null)
            return new KernelValidation(null, [], [.. diagnostics]);
        Scorer scorer = new(catalog, library, tables.Value, CalibrationEvidence.Load(catalog));
        scorer.AddGpus(rows);
        scorer.AddNeuron(neuron.Value.Score(rows), isWhole: caseFiles.IsDefaultOrEmpty);
        return new KernelValidation(scorer.Report(), scorer.Regimes(), [.. diagnostics]) { Carried = scorer.Carried() };
    }

    /// <summary>The rows of one run, scored once and counted several ways.</summary>
    private sealed class Scorer(DataCatalog catalog, GpuKernelLibrary library, KernelTables tables, CalibrationEvidence evidence)
    {
        private readonly GpuKernelPredictor predictor = new(catalog, library, tables);
        private readonly GpuKernelPredictor carrying = new(catalog, library.Without(tables.CarriedTo), tables);
        private readonly ImmutableArray<ChipDescription> carriedTo = [.. tables.CarriedTo.Select(id => catalog.Chip(id).Value).OfType<ChipDescription>()];
        private readonly SortedDictionary<(string To, string Operator), List<(double Own, double Carried)>> carried = [];
        private readonly CaseScorer bySource = new(evidence.Fitted);
        private readonly CaseScorer byRegime = new(evidence.Fitted);
        private readonly HashSet<string> fittedGroups = [.. library.Vocabulary.FittedOn.Values.SelectMany(static groups => groups)];

        public void AddGpus(IEnumerable<KernelCase> rows)
        {
            foreach (KernelCase row in rows)
            {
                if (NeuronKernelValidation.Groups.Contains(row.Origin.Group))
                    continue;
                bool isRead = tables.TryRead(row, out Operator work, out _);
                CaseOrigin origin = row.Origin;
                // What such a row states is not what was measured: counted apart, like a row that states too little.
                if (isRead && origin.IsExpressible && !tables.IsFitted(row, work, out bool isScored, out string reason) && !isScored)
                    origin = origin with { IsExpressible = false, WhyNot = reason };
                double? measured = row.Measured(origin.PrimaryMetric);
                bool isRate = origin.PrimaryMetric != "time_us";
                Prediction prediction = predictor.Predict(row);
                string format = isRead ? predictor.FormatOf(row, work) : "";
                string name = isRead ? $"{OperatorVocabulary.NameOf(work)} {format}".TrimEnd() : row.Kind;
                string unit = $"{name} on {row.Chip}";
                bySource.Add(origin, measured, () => prediction, isRate, slice: unit);
                if (!isRead || !origin.IsExpressible || !fittedGroups.Contains(origin.Group))
                    continue;
                Carry(row, OperatorVocabulary.NameOf(work), format, measured, prediction);
                byRegime.Add(origin, measured, () => prediction, isRate, group: name);
                byRegime.Add(origin, measured, () => prediction, isRate, group: unit);
                byRegime.Add(origin, measured, () => prediction, isRate, group: $"{unit}, {KernelReading.Regime(work)}");
            }
        }

        /// <summary>Neuron rows; those of the published instruction streams, which stand in no case file, only beside the catalogue's own files.</summary>
        public void AddNeuron(ImmutableArray<NeuronKernelScore> scores, bool isWhole)
        {
            foreach (NeuronKernelScore score in scores)
            {
                bool isListed = NeuronKernelValidation.Groups.Contains(score.Group);
                if (!isListed && !isWhole)
                    continue;
                CaseOrigin origin = new(score.Id, score.Group, "", "", score.Metric, score.Predicted is not null, score.Note, "", 0);
                bySource.Add(origin, score.Measured, () => Predicted(score), isRate: score.Metric != "time_us", score.Note, isFitted: score.IsFitted);
            }
        }

        public ImmutableArray<CarriedConstants> Carried()
        {
            ImmutableArray<CarriedConstants>.Builder table = ImmutableArray.CreateBuilder<CarriedConstants>();
            foreach (ChipDescription chip in carriedTo)
            {
                if (library.NearestOf(chip) is not { } from)
                    continue;
                List<(double, double)> all = [];
                foreach (((string to, string name), List<(double, double)> errors) in carried)
                {
                    if (to != chip.Id)
                        continue;
                    table.Add(Figures(from, to, name, errors));
                    all.AddRange(errors);
                }

                if (all.Count > 0)
                    table.Add(Figures(from, chip.Id, "all", all));
            }

            return table.ToImmutable();
        }

        public ValidationReport Report() => bySource.Report("kernels", evidence.LeaveOneOut);

        public ImmutableArray<GroupReport> Regimes() => byRegime.Report("kernels").Groups;

        /// <summary>A row of a time that its chip's own fit did not see, predicted again without any fit of that chip.</summary>
        private void Carry(KernelCase row, string operatorName, string format, double? measured, Prediction own)
        {
            if (row.Origin.PrimaryMetric != "time_us" || measured is not > 0 || own.SkipReason is not null || evidence.Fitted.Contains(row.Origin.Id))
                return;
            foreach (ChipDescription chip in carriedTo)
            {
                if (!ChipCalibration.IsChip(chip, row.Chip))
                    continue;
                // Only what was fitted on the nearest chip can be carried from it.
                if (library.NearestOf(chip) is not { } from || !library.IsFitted(from, operatorName, format))
                    return;
                (string, string) key = (chip.Id, $"{operatorName} {format}".TrimEnd());
                if (!carried.TryGetValue(key, out List<(double, double)>? errors))
                    carried[key] = errors = [];
                errors.Add(((own.Value / measured.Value) - 1, (carrying.Predict(row).Value / measured.Value) - 1));
                return;
            }
        }

        private static CarriedConstants Figures(string from, string to, string name, List<(double Own, double Carried)> errors) => new(
            from,
            to,
            name,
            errors.Count,
            Median(errors, static one => Math.Abs(one.Own)),
            Median(errors, static one => Math.Abs(one.Carried)),
            errors.Average(static one => Math.Abs(one.Own)),
            errors.Average(static one => Math.Abs(one.Carried)),
            Median(errors, static one => one.Carried));

        private static double Median(List<(double Own, double Carried)> errors, Func<(double Own, double Carried), double> of)
        {
            double[] values = [.. errors.Select(of)];
            Array.Sort(values);
            return ErrorFigures.Percentile(values, 0.5);
        }

        private static Prediction Predicted(NeuronKernelScore score)
        {
            double spread = EightyPercentInterval.Factor(score.Sigma);
            return score.Predicted is { } value ? Prediction.Of(value, value / spread, value * spread) : Prediction.Skip(score.Note);
        }
    }
}
