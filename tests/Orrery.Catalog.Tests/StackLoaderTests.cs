using System.Collections.Immutable;
using Shouldly;
using Xunit;

namespace Orrery.Catalog.Tests;

public sealed class StackLoaderTests
{
    [Fact]
    public void Constants_are_complete_and_in_the_unit_of_the_vocabulary()
    {
        using DataFolder data = new();
        Result<StackDescription> result = data.Open().Stack("plain");
        result.Diagnostics.ShouldBeEmpty();
        StackDescription stack = result.Value!;
        stack.Constants.Keys.ShouldBe(["graphs", "launch", "share"]);
        stack.Constants["launch"].Value.ShouldBe(20, 1e-12);
        stack.Constants["launch"].Unit.ShouldBe("us");
        stack.Constants["launch"].Mark.ShouldBe(Mark.Reported);
        stack.Constants["share"].Value.ShouldBe(0.8);
        stack.Constants["share"].Mark.ShouldBe(Mark.Assumed);
        stack.Constants["graphs"].Value.ShouldBe(0);
        stack.OnChip["toy"]["share"].Value.ShouldBe(0.5);
        stack.VocabularyPadding.ShouldBe(128);
        stack.GradientBytes.ShouldBe(2);
        stack.ReleaseConstants.Single(static one => one.Pattern == "plain-2*").Constants["graphs"].Value.ShouldBe(1);
    }

    [Fact]
    public void A_release_brings_its_own_switches_the_longer_pattern_last()
    {
        using DataFolder data = new();
        DataCatalog catalog = data.Open();
        StackDescription older = catalog.Stack("plain-1.0").Value!;
        older.Id.ShouldBe("plain");
        older.Constants["graphs"].Value.ShouldBe(0);
        StackDescription newer = catalog.Stack("plain-2.0").Value!;
        newer.Constants["graphs"].Value.ShouldBe(1);
        newer.Constants["launch"].Value.ShouldBe(20, 1e-12);
        catalog.Stack("plain-2.1").Value!.Constants["launch"].Value.ShouldBe(5);
        catalog.Stack("plain-2.1").Value!.Constants["graphs"].Value.ShouldBe(1);
    }

    [Fact]
    public void The_closest_cover_wins_and_two_alike_are_ambiguous()
    {
        using DataFolder data = new();
        data.Write("stacks/close.yaml", "name: Close\ncovers: [plain-2.*, other-*, 'mid-*-x', twin-*]\nattention: unfused\n");
        data.Write("stacks/twin.yaml", "name: Twin\ncovers: ['twin-*']\nattention: unfused\n");
        DataCatalog catalog = data.Open();
        catalog.Stack("plain-2.0").Value!.Id.ShouldBe("close");
        catalog.Stack("plain-3.0").Value!.Id.ShouldBe("plain");
        catalog.Stack("other-1.0").Value!.Id.ShouldBe("plain");
        catalog.Stack("other-1.1").Value!.Id.ShouldBe("close");
        catalog.Stack("mid-7-x").Value!.Id.ShouldBe("close");
        catalog.Stack("mid-7-y").Diagnostics.ShouldHaveSingleItem().Code.ShouldBe("ORR0301");
        catalog.Stack("twin-1").Diagnostics.ShouldHaveSingleItem().ToString().ShouldBe("--stack: error ORR0307: 'twin-1' is covered by 'close' and by 'twin' alike; name one of them");
    }

    [Theory]
    [InlineData("  launch: {value: 0.02 ms", "  lanch: {value: 0.02 ms", "9:3: error ORR0305: 'lanch' is not a stack constant; did you mean 'launch'?")]
    [InlineData("value: 0.02 ms", "value: 2 ms", "9:19: error ORR0306: 'constants.launch.value' is 2 ms; its physical range is 0 us to 100 us")]
    [InlineData("value: 0.02 ms", "value: -1", "9:19: error ORR0306: 'constants.launch.value' is -1; its physical range is 0 us to 100 us")]
    [InlineData("value: 0.02 ms", "value: 2 GB", "9:19: error ORR0204: 'constants.launch.value' is an amount of data ('GB'); expected a duration, such as '1.3 us'")]
    [InlineData("  launch: {value: 0.02 ms, mark: reported, source: paper}", "  launch: 20", "9:11: error ORR0208: 'constants.launch' has no source; write {value: 20, mark: reported, source: NAME}")]
    [InlineData("attention: flash", "attention: flsh", "3:12: error ORR0206: 'attention' is 'flsh'; did you mean 'flash'?")]
    [InlineData("vocabularyPadding: 128", "vocabularyPadding: 0", "4:20: error ORR0205: 'vocabularyPadding' is 0; it must be from 1 to 1048576")]
    [InlineData("covers: [plain-*,", "covers: [p*n*,", "2:10: error ORR0206: 'p*n*' in 'covers' must be a name, or a name with one '*' for any letters")]
    public void A_mistake_is_told_with_its_place_and_what_was_meant(string from, string to, string expected)
    {
        using DataFolder data = new();
        DataFolder.Stack.ShouldContain(from);
        data.Write("stacks/plain.yaml", DataFolder.Stack.Replace(from, to, StringComparison.Ordinal));
        Result<StackDescription> result = data.Open().Stack("plain");
        result.Value.ShouldBeNull();
        result.Diagnostics.Select(one => one.ToString()).ShouldContain("data/stacks/plain.yaml:" + expected);
    }

    [Fact]
    public void Fitted_constants_lie_over_the_files_own()
    {
        using DataFolder data = new();
        CalibrationFile calibration = new()
        {
            Subject = "plain",
            Kind = CalibrationKind.Stacks,
            Date = "2026-11-20",
            Fits =
            [
                Fit("", ("launch", new(99.99, 0, 100, "us"))),
                Fit("toy", ("share", new(0.7, 0.1, 1, "1"))),
                Fit("other", ("share", new(0.6, 0.1, 1, "1"))),
            ],
        };
        calibration.Write(Path.Combine(data.Root, "calibration", "stacks", "plain.yaml"));
        StackDescription stack = data.Open().Stack("plain").Value!;
        stack.Constants["launch"].ShouldBe(new ConstantReading("launch", 99.99, 0, 100, Mark.Calibrated, "fitted 2026-11-20 on 12 rows of b-set, a-set") { Unit = "us" });
        stack.Constants["launch"].IsAtLimit.ShouldBeTrue();
        stack.OnChip["toy"]["share"].Value.ShouldBe(0.7);
        stack.OnChip["other"]["share"].Value.ShouldBe(0.6);
        stack.ResidualSigma.ShouldBe(0.1);
        stack.FittedOn.ShouldBe("12 rows of a-set, b-set (2026-11-20)");
        data.Open().Stack("plain-2.1").Value!.Constants["launch"].Value.ShouldBe(5, "a release's own switch is more particular than a fit over all releases");

        static CalibrationFit Fit(string scope, params (string Name, CalibratedConstant Constant)[] constants) => new()
        {
            Operator = "step",
            Scope = scope,
            Source = ["b-set", "a-set"],
            RowsFitted = 12,
            ResidualSigma = scope.Length == 0 ? 0.1 : 0.3,
            Constants = constants.ToImmutableSortedDictionary(one => one.Name, one => one.Constant, StringComparer.Ordinal),
        };
    }

    [Theory]
    [InlineData("speed", 1, 0, 2, "1", "ORR0305")]
    [InlineData("share", 1.5, 0, 2, "1", "ORR0306")]
    [InlineData("launch", 5, 0, 100, "s", "ORR0306")]
    public void A_fit_that_does_not_fit_the_vocabulary_is_an_error(string name, double value, double low, double high, string unit, string code)
    {
        using DataFolder data = new();
        CalibrationFile calibration = CalibrationFile.None(CalibrationKind.Stacks, "plain") with
        {
            Date = "2026",
            Fits = [new() { Operator = "step", Constants = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, [KeyValuePair.Create(name, new CalibratedConstant(value, low, high, unit))]) }],
        };
        calibration.Write(Path.Combine(data.Root, "calibration", "stacks", "plain.yaml"));
        Diagnostic diagnostic = data.Open().Stack("plain").Diagnostics.ShouldHaveSingleItem();
        diagnostic.Code.ShouldBe(code);
        diagnostic.File.ShouldBe("data/calibration/stacks/plain.yaml");
    }

    [Fact]
    public void A_calibration_in_the_wrong_place_is_an_error()
    {
        using DataFolder data = new();
        CalibrationFile calibration = CalibrationFile.None(CalibrationKind.Chips, "other") with { Date = "2026" };
        calibration.Write(Path.Combine(data.Root, "calibration", "chips", "tiny.yaml"));
        data.Open().Calibration(CalibrationKind.Chips, "tiny").Diagnostics.ShouldHaveSingleItem().Code.ShouldBe("ORR0309");
        data.Open().Calibration(CalibrationKind.Chips, "none").Value!.Fits.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("default: 10,", "default: 1000,", "2:5: error ORR0306: 'launch' defaults to 1,000 in the range 0 to 100; the range must hold it")]
    [InlineData("unit: us", "unit: parsec", "2:26: error ORR0204: 'constants[0].unit' is 'parsec'; expected a unit such as us, GB/s, W, or \"1\" for a pure number")]
    [InlineData("name: share", "name: launch", "3:5: error ORR0211: the constant 'launch' is defined twice")]
    [InlineData("low: 0.1,", "", "3:5: error ORR0201: 'low' is missing in 'constants[1]'; expected a number")]
    public void A_mistake_in_the_vocabulary_is_told(string from, string to, string expected)
    {
        DataFolder.Vocabulary.ShouldContain(from);
        Result<StackVocabulary> result = StackVocabulary.Parse(DataFolder.Vocabulary.Replace(from, to, StringComparison.Ordinal), "v.yaml");
        result.Value.ShouldBeNull();
        result.Diagnostics.Select(one => one.ToString()).ShouldContain("v.yaml:" + expected);
    }
}
