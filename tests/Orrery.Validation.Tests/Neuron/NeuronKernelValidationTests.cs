using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Chips.Neuron;
using Orrery.Operators;
using Orrery.Units;
using Orrery.Validation.Cases;
using Orrery.Validation.Neuron;
using Shouldly;
using Xunit;

namespace Orrery.Validation.Tests.Neuron;

public sealed class NeuronKernelValidationTests
{
    private static readonly DataCatalog Catalog = DataCatalog.Open(DataCatalog.FindDataRoot());
    private static readonly ImmutableArray<KernelCase> Rows = KernelCase.Read(
        Path.Combine(Catalog.DataRoot, "validation", "kernels.csv"), row => NeuronKernelValidation.Groups.Contains(row.Origin.Group)).Cases;

    private static NeuronKernelValidation Validation
    {
        get
        {
            Result<NeuronKernelValidation> opened = NeuronKernelValidation.Open(Catalog);
            opened.Diagnostics.ShouldBeEmpty();
            return opened.Value!;
        }
    }

    [Fact]
    public void Expressible_kernels_are_within_fifteen_percent_in_the_median()
    {
        ImmutableArray<NeuronKernelScore> scores = Validation.Score(Rows);
        double[] inCases = [.. scores.Where(score => score.Error is not null && NeuronKernelValidation.Groups.Contains(score.Group)).Select(score => Math.Abs(score.Error!.Value)).Order()];
        inCases.Length.ShouldBe(14);
        inCases[inCases.Length / 2].ShouldBeLessThan(0.05);
        inCases[^1].ShouldBeLessThan(0.15);
    }

    [Fact]
    public void Rows_kept_apart_from_the_fit_are_within_ten_percent()
    {
        NeuronKernelScore[] apart = [.. Validation.Score(Rows).Where(score => score is { IsFitted: false, Error: not null })];
        apart.Length.ShouldBeGreaterThanOrEqualTo(11);
        foreach (NeuronKernelScore score in apart)
            Math.Abs(score.Error!.Value).ShouldBeLessThan(0.10, score.Id);
    }

    [Fact]
    public void Every_row_of_the_case_file_is_scored_or_says_why_not()
    {
        ImmutableArray<NeuronKernelScore> scores = Validation.Score(Rows);
        Rows.Length.ShouldBe(22);
        foreach (KernelCase row in Rows)
        {
            NeuronKernelScore score = scores.Single(score => score.Id == row.Origin.Id);
            (score.Predicted is not null || score.Note.Length > 20).ShouldBeTrue(row.Origin.Id);
            score.Measured.ShouldBeGreaterThan(0);
        }
    }

    [Theory]
    [InlineData("trainium1")]
    [InlineData("trainium2")]
    public void The_calibration_file_is_what_the_published_rows_give(string chip)
    {
        CalibrationFile file = Catalog.Calibration(CalibrationKind.Chips, chip).Value!;
        CalibrationFile again = Validation.Calibrate(chip, Rows, file.Date)!;
        again.ToYaml().ShouldBe(file.ToYaml());
        foreach (CalibrationFit fit in again.Fits)
        {
            foreach (CalibratedConstant constant in fit.Constants.Values)
                constant.IsAtLimit.ShouldBeFalse();
        }
    }

    [Fact]
    public void A_fit_recovers_the_constant_that_made_its_rows()
    {
        ChipDescription chip = Catalog.Chip("trainium2").Value!;
        CalibrationFile prior = Catalog.Calibration(CalibrationKind.Chips, "trainium2").Value!;
        NeuronConstants truth = NeuronCalibration.Read(prior).Value!.Constants with { InstructionOverhead = 77 };
        InstructionStream stream = new()
        {
            Id = "made",
            Chip = "trainium2",
            Source = "test",
            Measured = default,
            Compare = StreamMeasure.Vector,
            Fit = "instructionOverhead",
            Vector = [new VectorWork(1000, 300, 1)],
        };
        stream = stream with { Measured = new InstructionStreamModel(chip, truth).Predict(stream) };
        CalibrationFile fitted = new NeuronCalibrator(chip, prior).Fit([stream], [], "2026-01-01");
        fitted.Find(NeuronCalibration.Engines)!.Constants["instructionOverhead"].Value.ShouldBe(77, 0.1);
        fitted.Find(NeuronCalibration.Engines)!.RowsFitted.ShouldBe(1);
    }

    [Fact]
    public void Each_neuron_chip_of_the_catalogue_answers_for_every_operator()
    {
        Operator[] all =
        [
            Operator.Matmul(2048, 4096, 4096, NumberFormat.Bf16),
            Operator.Attention(1, 4096, 4096, 8, 8, 128, true, NumberFormat.Bf16),
            Operator.Attention(1, 4096, 4096, 8, 8, 128, true, NumberFormat.Bf16, backward: true),
            Operator.Decode(8, 4096, 8, 1, 128, NumberFormat.Bf16, NumberFormat.Bf16),
            Operator.Elementwise(1e8, 2e7, 4),
            Operator.Optimizer(1e8, 4e9),
        ];
        foreach (string id in (string[])["trainium1", "trainium2", "trainium3"])
        {
            ChipDescription chip = Catalog.Chip(id).Value!;
            NeuronChipModel model = NeuronCalibration.Create(chip, chip.RanksPerChip, Catalog.Calibration(CalibrationKind.Chips, id).Value!).Value!;
            foreach ((NumberFormat format, double passes) in chip.NeuronCore!.TensorPasses)
                model.Passes(format).ShouldBe(passes, format.Text());
            foreach (Operator work in all)
            {
                model.Cost(work).Execution.Value.ShouldBeGreaterThan(0);
                model.Sigma(work).ShouldBeGreaterThan(0);
                model.Provenance(work).ShouldContain(id);
            }
        }
    }

    [Fact]
    public void The_assumed_reading_of_plain_fp8_doubles_its_rate()
    {
        DataCatalog other = DataCatalog.Open(Catalog.DataRoot, new Dictionary<string, string>(StringComparer.Ordinal) { ["trainium3.peak.fp8"] = "table" });
        double Passes(DataCatalog catalog)
        {
            ChipDescription chip = catalog.Chip("trainium3").Value!;
            return NeuronCalibration.Create(chip, chip.RanksPerChip, catalog.Calibration(CalibrationKind.Chips, "trainium3").Value!).Value!.Passes(NumberFormat.Fp8);
        }

        Passes(Catalog).ShouldBe(0.5);
        Passes(other).ShouldBe(0.25);
    }

    [Fact]
    public void A_calibration_without_a_constant_is_a_diagnostic()
    {
        CalibrationFile file = Catalog.Calibration(CalibrationKind.Chips, "trainium2").Value!;
        Result<NeuronCalibration> read = NeuronCalibration.Read(file with { Fits = [.. file.Fits.Where(fit => fit.Operator != NeuronCalibration.Engines)] });
        read.Value.ShouldBeNull();
        read.Diagnostics.ShouldContain(diagnostic => diagnostic.Message.Contains("memoryShare", StringComparison.Ordinal));
    }

    [Fact]
    public void A_broken_stream_names_its_place()
    {
        const string text = "sources:\n  here: x\nstreams:\n  - id: a\n    chip: trainium1\n    source: there\n    measured: 5 parsecs\n    compare: wholly\n";
        Result<InstructionStreamFile> read = InstructionStreamFile.Parse(text, "streams.yaml");
        read.Value.ShouldBeNull();
        read.Diagnostics.Length.ShouldBe(3);
        read.Diagnostics.ShouldContain(diagnostic => diagnostic.Line == 7 && diagnostic.Message.Contains("measured", StringComparison.Ordinal));
        read.Diagnostics.ShouldContain(diagnostic => diagnostic.Line == 8 && diagnostic.Message.Contains("whole", StringComparison.Ordinal));
    }
}
