using System.Collections.Immutable;
using Shouldly;
using Xunit;

namespace Orrery.Catalog.Tests;

public sealed class CalibrationFileTests
{
    private static CalibrationFile Sample() => new()
    {
        Subject = "h100",
        Kind = CalibrationKind.Chips,
        Date = "2026-11-20",
        Fits =
        [
            new()
            {
                Operator = "matmul",
                Format = "fp8-block",
                Constants = Constants(("zeta", new(1, 0, 1, "1")), ("launch", new(1.3e-6, 0, 1e-5, "s"))),
                Source = ["nvidia-aiconfigurator-gemm", "vidur"],
                ResidualSigma = 0.123456789,
                MedianError = 0.05,
                MeanError = 0.061,
                RowsFitted = 1234,
                RowsFile = "h100-matmul-fp8-block.txt.gz",
                Note = "it's \"quoted\": back\\slash, tab\there\nand a second line \u2028 # no comment",
            },
            new() { Operator = "attention", Constants = Constants() },
            new() { Operator = "matmul", Format = "bf16", Scope = "hopper", Constants = Constants(("x", new(0.5, 0, 1, "1"))) },
        ],
    };

    private static ImmutableSortedDictionary<string, CalibratedConstant> Constants(params (string Name, CalibratedConstant Constant)[] all) =>
        all.ToImmutableSortedDictionary(one => one.Name, one => one.Constant, StringComparer.Ordinal);

    [Fact]
    public void What_is_written_reads_back_the_same()
    {
        CalibrationFile file = Sample();
        Result<CalibrationFile> again = CalibrationFile.Parse(file.ToYaml(), "h100.yaml");
        again.Diagnostics.ShouldBeEmpty();
        again.Value!.ToYaml().ShouldBe(file.ToYaml());
        CalibrationFit fit = again.Value.Find("matmul", "fp8-block").ShouldNotBeNull();
        fit.Constants["launch"].ShouldBe(new CalibratedConstant(1.3e-6, 0, 1e-5, "s"));
        fit.Note.ShouldBe(file.Fits[0].Note);
        fit.Source.ShouldBe(file.Fits[0].Source);
        fit.ResidualSigma.ShouldBe(0.123456789);
        fit.RowsFitted.ShouldBe(1234);
        again.Value.Find("matmul", "bf16", "hopper").ShouldNotBeNull();
        again.Value.Find("matmul", "bf16").ShouldBeNull();
    }

    [Fact]
    public void Equal_contents_in_another_order_give_equal_bytes()
    {
        CalibrationFile file = Sample();
        (file with { Fits = [file.Fits[2], file.Fits[1], file.Fits[0]] }).ToYaml().ShouldBe(file.ToYaml());
    }

    [Fact]
    public void A_constant_on_its_limit_is_flagged_in_the_file()
    {
        CalibrationFile file = Sample();
        file.Fits[0].IsAtLimit.ShouldBeTrue();
        file.Fits[2].IsAtLimit.ShouldBeFalse();
        string yaml = file.ToYaml();
        yaml.ShouldContain("zeta: {value: 1, low: 0, high: 1, unit: \"1\", atLimit: true}");
        yaml.ShouldContain("launch: {value: 1.3E-06, low: 0, high: 1E-05, unit: s}");
    }

    [Fact]
    public void A_broken_fit_is_refused_by_the_writer()
    {
        CalibrationFile file = Sample();
        Should.Throw<ArgumentException>(() => (file with { Fits = [file.Fits[0] with { ResidualSigma = double.NaN }] }).ToYaml());
        Should.Throw<ArgumentException>(() => (file with { Fits = [file.Fits[0] with { Constants = Constants(("x", new(2, 0, 1, "1"))) }] }).ToYaml());
    }

    [Fact]
    public void All_errors_of_a_file_come_at_once_in_file_order()
    {
        const string Text = """
            subject: h100
            kind: chip
            date: yesterday
            fits:
              - operator: matmul
                constants:
                  x: {value: 2, low: 0, high: 1, unit: "1"}
                  y: {valu: 2, low: 0, high: 1}
                residualSigma: -1
                rowsFitted: many
            """;
        Result<CalibrationFile> result = CalibrationFile.Parse(Text, "c.yaml");
        result.Value.ShouldBeNull();
        result.Diagnostics.Select(one => one.ToString()).ShouldBe(
        [
            "c.yaml:2:7: error ORR0206: 'kind' is 'chip'; did you mean 'chips'?",
            "c.yaml:3:7: error ORR0212: 'date' is 'yesterday'; expected a date such as 2026, 2026-08 or 2026-08-21",
            "c.yaml:7:10: error ORR0306: 'fits[0].constants.x' is 2; its own range is 0 to 1",
            "c.yaml:8:10: error ORR0201: 'value' is missing in 'fits[0].constants.y'; expected a value such as '0.85'",
            "c.yaml:8:11: error ORR0202: there is no key 'valu' in 'fits[0].constants.y'; did you mean 'value'?",
            "c.yaml:9:20: error ORR0205: 'fits[0].residualSigma' is -1; it must be from 0 to 100",
            "c.yaml:10:17: error ORR0207: 'fits[0].rowsFitted' is 'many'; expected a whole number from 0 to 2147483647",
        ]);
    }

    [Fact]
    public void Row_ids_are_kept_sorted_beside_the_file()
    {
        string folder = Directory.CreateTempSubdirectory("orrery-").FullName;
        try
        {
            string first = Path.Combine(folder, "a.txt.gz");
            string second = Path.Combine(folder, "b.txt.gz");
            CalibrationRows.Write(first, ["r2", "r1", "r2"]);
            CalibrationRows.Write(second, ["r1", "r2"]);
            File.ReadAllBytes(first).ShouldBe(File.ReadAllBytes(second));
            CalibrationRows.Read(first).ShouldNotBeNull().ShouldBe(["r1", "r2"], ignoreOrder: true);
            CalibrationRows.Read(Path.Combine(folder, "none.gz")).ShouldBeNull();
            Sample().Write(Path.Combine(folder, "sub", "h100.yaml"));
            CalibrationFile.Read(Path.Combine(folder, "sub", "h100.yaml")).IsSuccess.ShouldBeTrue();
            Directory.GetFiles(Path.Combine(folder, "sub")).Length.ShouldBe(1);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
