using Orrery.Catalog;
using Orrery.Chips.Gpu;
using Shouldly;
using Xunit;

namespace Orrery.Chips.Tests.Gpu;

public sealed class OperatorVocabularyTests
{
    private static readonly string Text = File.ReadAllText(Path.Combine(TestChips.DataFolder, "calibration", "operators.yaml"));

    [Fact]
    public void The_file_reads_without_a_complaint_and_no_operator_has_more_than_twelve_constants()
    {
        OperatorVocabulary.Parse(Text, "operators.yaml").Diagnostics.ShouldBeEmpty();
        OperatorVocabulary vocabulary = TestChips.Vocabulary;
        foreach (string name in OperatorVocabulary.Names)
            vocabulary.ConstantsOf(name).Length.ShouldBeInRange(1, 12, name);
        vocabulary.GemmConstants[(int)GemmConstant.Memory].Name.ShouldBe("memory");
        vocabulary.DecodeConstants[(int)DecodeConstant.SequenceOverhead].Low.ShouldBe(1e-10, 1e-20);
    }

    [Theory]
    [InlineData("name: tileLoad", "name: tileLode", "tileLoad")]
    [InlineData("splits: [1, 2, 3, 4, 6, 8, 12, 16]", "splits: [1, 2, 2]", "must ascend")]
    [InlineData("16x64, ", "16by64, ", "such as 128x256")]
    [InlineData("depthStep: 64", "", "depthStep")]
    [InlineData("powerRamp: 300 us", "powerRamp: 300", "powerRamp")]
    [InlineData("low: 0.3, high: 1, typical: 0.85", "low: 0.3, high: 0.2, typical: 0.3", "empty")]
    [InlineData("isSplit: false", "isSplit: sometimes", "isSplit")]
    [InlineData("name: cacheSpeed", "name: cachSpeed", "cacheSpeed")]
    [InlineData("withGroup: faster", "withGroup: fastest", "faster")]
    public void A_mistake_is_a_diagnostic_with_a_place(string right, string wrong, string hint)
    {
        Text.ShouldContain(right);
        Result<OperatorVocabulary> read = OperatorVocabulary.Parse(Text.Replace(right, wrong, StringComparison.Ordinal), "operators.yaml");
        read.Value.ShouldBeNull();
        read.Diagnostics.ShouldContain(diagnostic => diagnostic.Line > 0 && diagnostic.Message.Contains(hint));
    }

    [Fact]
    public void Broken_texts_never_throw()
    {
        var random = new Random(4);
        for (int attempt = 0; attempt < 300; attempt++)
        {
            char[] letters = Text.ToCharArray();
            for (int change = 0; change < 20; change++)
                letters[random.Next(letters.Length)] = (char)random.Next(32, 127);
            OperatorVocabulary.Parse(new string(letters), "operators.yaml").ShouldNotBeNull();
            OperatorVocabulary.Parse(Text[..random.Next(Text.Length)], "operators.yaml").ShouldNotBeNull();
        }
    }
}
