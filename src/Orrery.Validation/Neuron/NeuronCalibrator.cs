using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Chips.Neuron;
using Orrery.Units;
using Orrery.Validation.Fitting;
using Orrery.Validation.Scoring;

namespace Orrery.Validation.Neuron;

/// <summary>
/// Fits what can be fitted of a Neuron chip: instruction overhead and descriptor time on instruction streams, the tensor engine's share on products.
/// The other constants keep the values of <paramref name="prior"/>, a calibration file in which they are assumed.
/// </summary>
/// <param name="chip">The chip.</param>
/// <param name="prior">Constants with their ranges; ranges and residuals of unfitted operators carry over.</param>
public sealed class NeuronCalibrator(ChipDescription chip, CalibrationFile prior)
{
    private const string InstructionOverhead = "instructionOverhead";
    private const string DescriptorTime = "descriptorTime";

    /// <summary>The calibration with the fitted constants in place, dated <paramref name="date"/>; the prior itself where nothing can be fitted.</summary>
    public CalibrationFile Fit(IReadOnlyList<InstructionStream> streams, IReadOnlyList<MeasuredProduct> products, string date)
    {
        ArgumentNullException.ThrowIfNull(streams);
        ArgumentNullException.ThrowIfNull(products);
        NeuronConstants constants = NeuronCalibration.Read(prior).Value?.Constants
            ?? throw new InvalidOperationException($"the prior calibration of '{prior.Subject}' is not complete");
        CalibrationFit engines = prior.Find(NeuronCalibration.Engines)!;
        List<InstructionStream> own = [.. streams.Where(stream => stream.Chip == chip.Id && stream.Fit.Length > 0)];

        // Each fit rests on those before it and on none after, so a second fit gives the same file: overhead, then the products it
        // delays, then transfers beside those products. Pieces of the measured products are whole packets.
        FitOnStreams(own, InstructionOverhead, ref constants, ref engines);
        CalibrationFit? products16 = FitOnProducts(products, ref constants);
        FitOnStreams(own, DescriptorTime, ref constants, ref engines);
        if (own.Count > 0)
        {
            InstructionStreamModel fitted = new(chip, constants);
            double[] residual = [.. own.Select(stream => Math.Log(fitted.Predict(stream) / stream.Measured))];
            engines = engines with { RowsFitted = own.Count, MedianError = Median(residual), MeanError = Mean(residual) };
        }

        ImmutableArray<CalibrationFit> fits =
        [
            .. prior.Fits.Select(fit => fit.Operator == NeuronCalibration.Engines ? engines
                : products16 is not null && fit.Operator == NeuronCalibration.Matmul && fit.Format == products16.Format ? products16
                : fit),
        ];
        return prior with { Date = date, Fits = fits };
    }

    private void FitOnStreams(List<InstructionStream> own, string name, ref NeuronConstants constants, ref CalibrationFit engines)
    {
        List<InstructionStream> rows = [.. own.Where(stream => stream.Fit == name)];
        if (rows.Count == 0)
            return;
        CalibratedConstant bound = engines.Constants[name];
        NeuronConstants before = constants;
        double value = FitOne(rows.Count, name, bound, (tried, into) =>
        {
            InstructionStreamModel model = new(chip, With(before, name, tried));
            for (int row = 0; row < rows.Count; row++)
                into[row] = Math.Log(model.Predict(rows[row]) / rows[row].Measured);
        });
        constants = With(constants, name, value);
        engines = engines with { Constants = engines.Constants.SetItem(name, bound with { Value = value }) };
    }

    private CalibrationFit? FitOnProducts(IReadOnlyList<MeasuredProduct> products, ref NeuronConstants constants)
    {
        if (products.Count == 0)
            return null;
        CalibrationFit matmul = prior.Find(NeuronCalibration.Matmul, NumberFormat.Bf16.Text())!;
        CalibratedConstant bound = matmul.Constants[NeuronCalibration.TensorShare];
        NeuronConstants before = constants;
        double share = FitOne(products.Count, NeuronCalibration.TensorShare, bound, (value, into) => Errors(before, products, value, into));
        double[] residual = new double[products.Count];
        Errors(before, products, share, residual);
        constants = constants with { TensorShare = constants.TensorShare.SetItem(NumberFormat.Bf16, share) };
        return matmul with
        {
            Constants = matmul.Constants.SetItem(NeuronCalibration.TensorShare, bound with { Value = share }),
            RowsFitted = products.Count,
            MedianError = Median(residual),
            MeanError = Mean(residual),
        };
    }

    private void Errors(NeuronConstants constants, IReadOnlyList<MeasuredProduct> products, double share, Span<double> into)
    {
        NeuronChipModel model = new(
            chip, chip.Cores, constants with { TensorShare = constants.TensorShare.SetItem(NumberFormat.Bf16, share) }, new NeuronAccuracy(0, 0, 0, 0, ""));
        for (int row = 0; row < products.Count; row++)
            into[row] = Math.Log(model.Cost(products[row].Work).Execution / products[row].Time);
    }

    private static double FitOne(int rows, string name, CalibratedConstant bound, Action<double, double[]> errors)
    {
        // From the middle of the range: starting at the last fit would make a second fit differ from the first.
        FitResult result = BoundedFit.Minimise(
            rows,
            [new FitBound(name, bound.Low, bound.High)],
            (constants, into) =>
            {
                double[] found = new double[into.Length];
                errors(constants[0], found);
                found.CopyTo(into);
            },
            new FitOptions());
        return result.Constants[0];
    }

    private static NeuronConstants With(NeuronConstants constants, string name, double value) => name switch
    {
        InstructionOverhead => constants with { InstructionOverhead = value },
        DescriptorTime => constants with { DescriptorTime = value },
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "not fitted on streams"),
    };

    private static double Mean(double[] logErrors) => logErrors.Average(error => Math.Abs(Math.Exp(error) - 1));

    private static double Median(double[] logErrors)
    {
        double[] sorted = [.. logErrors.Select(error => Math.Abs(Math.Exp(error) - 1)).Order()];
        return ErrorFigures.Percentile(sorted, 0.5);
    }
}
