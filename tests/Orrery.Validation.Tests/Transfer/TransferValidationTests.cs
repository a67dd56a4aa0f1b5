using Orrery.Catalog;
using Orrery.Chips.Neuron;
using Orrery.Validation.Scoring;
using Orrery.Validation.Transfer;
using Shouldly;
using Xunit;

namespace Orrery.Validation.Tests.Transfer;

/// <summary>Trainium3 is predicted with what was fitted on Trainium1 and 2.</summary>
public sealed class TransferValidationTests
{
    private static readonly DataCatalog Catalog = DataCatalog.Open(DataCatalog.FindDataRoot());
    private static readonly ValidationReport Report = TransferValidation.Run(Catalog, []).Report!;

    [Fact]
    public void Denoising_steps_of_Trainium3_are_within_25_percent()
    {
        ScoredCase[] steps = [.. Report.Cases.Where(static one => one.Group == "steps on trainium3")];
        steps.Length.ShouldBe(4);
        steps.ShouldAllBe(static one => Math.Abs(one.Error) < 0.25 && !one.IsFitted);
    }

    [Fact]
    public void Its_mean_speed_over_Trainium2_is_within_fifteen_hundredths()
    {
        ScoredCase mean = Report.Cases.Single(static one => one.Group == "trainium3 over trainium2, geometric mean");
        mean.Measured.ShouldBe(Math.Pow(268.1 / 241.7 * 447.1 / 324.1 * 554.8 / 442.5 * 850.6 / 650.0, 0.25), 1e-9);
        Math.Abs(mean.Error).ShouldBeLessThan(0.15);
        Report.Cases.Count(static one => one.Group == "trainium3 over trainium2").ShouldBe(4);
    }

    [Fact]
    public void A_network_that_cannot_be_described_is_counted_apart() =>
        Report.Cases.ShouldAllBe(static one => !one.Id.StartsWith("ltx", StringComparison.Ordinal));

    [Fact]
    public void Constants_of_Trainium3_are_those_of_Trainium2()
    {
        NeuronCalibration Read(string id) => NeuronCalibration.Read(Catalog.Calibration(CalibrationKind.Chips, id).Value!).Value!;
        NeuronConstants older = Read("trainium2").Constants;
        NeuronConstants newer = Read("trainium3").Constants;
        newer.InstructionOverhead.ShouldBe(older.InstructionOverhead, 0.1);
        newer.DescriptorTime.ShouldBe(older.DescriptorTime, older.DescriptorTime * 0.01);
        (newer.MemoryShare, newer.Overlap, newer.TwoInputShare).ShouldBe((older.MemoryShare, older.Overlap, older.TwoInputShare));
        foreach ((Orrery.Units.NumberFormat format, double share) in older.TensorShare)
            newer.TensorShare[format].ShouldBe(share, 0.01, format.ToString());
    }

    [Fact]
    public void Rows_that_cannot_be_predicted_say_why()
    {
        string folder = Directory.CreateTempSubdirectory("orrery-transfer").FullName;
        try
        {
            string header = File.ReadLines(Path.Combine(Catalog.DataRoot, "validation", "diffusion-steps.csv")).First();
            string file = Path.Combine(folder, "mine.csv");
            File.WriteAllLines(file, [header, "a,mine,neuron-nxd,dgx-h100,trainium3,flux.1-dev,1024,1024,1,100,step_ms,1,,,", "b,mine,neuron-nxd,trn3-gen2,trainium3,llama-3.1-8b,1024,1024,1,100,step_ms,1,,,"]);
            ValidationReport report = TransferValidation.Run(Catalog, [file]).Report!;
            report.Cases.ShouldBeEmpty();
            report.Skipped.Select(static one => one.Why).ShouldBe(["the chip of dgx-h100 is h100, not 'trainium3'", "llama-3.1-8b makes no videos"]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
