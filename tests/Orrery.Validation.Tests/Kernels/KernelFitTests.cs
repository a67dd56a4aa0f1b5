using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Chips.Gpu;
using Orrery.Operators;
using Orrery.Units;
using Orrery.Validation.Kernels;
using Shouldly;
using Xunit;

namespace Orrery.Validation.Tests.Kernels;

public sealed class KernelFitTests
{
    private static readonly DataCatalog Catalog = DataCatalog.Open(RepositoryData.Root);

    private static readonly OperatorVocabulary Vocabulary =
        OperatorVocabulary.Read($"{RepositoryData.Root}/calibration/operators.yaml").Value ?? throw new InvalidDataException("no vocabulary");

    private static readonly ChipDescription Chip = Catalog.Chip("h100").Value ?? throw new InvalidDataException("no chip");

    [Fact]
    public void Constants_of_a_noiseless_table_predict_it_and_those_that_cannot_be_seen_are_left_out()
    {
        Dictionary<string, double> truth = new(StringComparer.Ordinal)
        {
            ["launch"] = 2.5e-6, ["rate"] = 0.85, ["memory"] = 0.8, ["tileOverhead"] = 0.4e-6, ["depthLatency"] = 1.2e-9, ["splitOverhead"] = 2.4e-6, ["overlap"] = 3,
        };
        Operator[] work = Products();
        double[] measured = Times(truth, work);
        CalibrationFit fit = new KernelFit(Chip, Vocabulary, "gemm", "bf16", work, measured, [], 1).Run(["table"]);
        fit.MedianError.ShouldBeLessThan(0.005);
        fit.Constants.Keys.ShouldNotContain("tileLoad");
        fit.Constants.Keys.ShouldNotContain("power");
        fit.Constants.Keys.ShouldNotContain("quantiseMemory");
        fit.Constants["rate"].Value.ShouldBe(0.85, 0.02);
        fit.Constants["memory"].Value.ShouldBe(0.8, 0.02);
        fit.Constants["launch"].Unit.ShouldBe("s");
        fit.RowsFitted.ShouldBe(work.Length);
        fit.Note.ShouldStartWith("not visible in these rows, left out: ");
    }

    [Fact]
    public void The_interval_of_eighty_percent_holds_about_that_share_of_heavy_tailed_rows()
    {
        Dictionary<string, double> truth = new(StringComparer.Ordinal) { ["launch"] = 2.5e-6, ["rate"] = 0.85, ["memory"] = 0.8 };
        Operator[] work = Products();
        double[] measured = Times(truth, work);
        var random = new Random(9);
        for (int row = 0; row < measured.Length; row++)
        {
            // Laplace noise of mean size 5 %, and one row in twenty three times slower.
            double noise = -0.05 * Math.Log(random.NextDouble()) * (random.Next(2) == 0 ? 1 : -1);
            measured[row] *= Math.Exp(noise) * (random.Next(20) == 0 ? 3 : 1);
        }

        CalibrationFit fit = new KernelFit(Chip, Vocabulary, "gemm", "bf16", work, measured, [], 1).Run(["table"]);
        double halfWidth = 1.2815515655446004 * fit.ResidualSigma;
        halfWidth.ShouldBeInRange(0.06, 0.11);
        (halfWidth / fit.MedianError).ShouldBeLessThan(2.4);
    }

    [Fact]
    public void A_mechanism_can_be_taken_away_and_costs_accuracy()
    {
        Dictionary<string, double> truth = new(StringComparer.Ordinal)
        {
            ["launch"] = 2.5e-6, ["rate"] = 0.85, ["memory"] = 0.8, ["tileOverhead"] = 0.4e-6, ["depthLatency"] = 1.2e-9, ["splitOverhead"] = 2.4e-6, ["overlap"] = 3,
        };
        Operator[] work = Products();
        double[] measured = Times(truth, work);
        CalibrationFit fit = new KernelFit(Chip, Vocabulary, "gemm", "bf16", work, measured, [], 1) { Without = ["depthLatency"] }.Run(["table"]);
        fit.Constants.Keys.ShouldNotContain("depthLatency");
        fit.MeanError.ShouldBeGreaterThan(0.01);
    }

    private static Operator[] Products()
    {
        var random = new Random(5);
        var work = new Operator[400];
        for (int row = 0; row < work.Length; row++)
            work[row] = Operator.Matmul(Side(random, 1, 8192), Side(random, 128, 16384), Side(random, 128, 16384), NumberFormat.Bf16);
        return work;
    }

    private static long Side(Random random, int low, int high) => (long)(low * Math.Pow((double)high / low, random.NextDouble()));

    private static double[] Times(Dictionary<string, double> constants, Operator[] work)
    {
        CalibrationFile file = new()
        {
            Subject = Chip.Id,
            Kind = CalibrationKind.Chips,
            Date = "2026-11-20",
            Fits =
            [
                new CalibrationFit
                {
                    Operator = "gemm",
                    Format = "bf16",
                    Constants = constants.ToImmutableSortedDictionary(pair => pair.Key, pair => new CalibratedConstant(pair.Value, 0, 1e12, "1"), StringComparer.Ordinal),
                },
            ],
        };
        GpuChipModel model = new(Chip, new GpuKernelLibrary(Vocabulary, id => id == Chip.Id ? file : null), GpuModelOptions.Benchmark);
        return [.. work.Select(one => model.Cost(one).Isolated.Value)];
    }
}
