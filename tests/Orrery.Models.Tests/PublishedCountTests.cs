using Shouldly;
using Xunit;

namespace Orrery.Models.Tests;

/// <summary>
/// Families that the catalogue has no folder of, against the parameter counts their model cards and checkpoint metadata print.
/// </summary>
public sealed class PublishedCountTests
{
    [Theory]
    [InlineData("wan2.1-t2v-14b, by its class", 14_288_491_584)]
    [InlineData("dit-xl-2, by its class", 674_834_720)]
    [InlineData("gemma-7b", 8_537_680_896)]
    [InlineData("phi-3-mini-4k-instruct", 3_821_079_552)]
    [InlineData("qwen1.5-moe-a2.7b", 14_315_784_192)]
    [InlineData("gpt2", 124_439_808)]
    [InlineData("gpt-neox-20b", 20_554_567_680)]
    [InlineData("olmo-7b", 6_888_095_744)]
    [InlineData("olmo-2-7b", 7_298_617_344)]
    [InlineData("falcon-7b, output projection stored", 7_217_189_760)]
    [InlineData("mpt-7b", 6_649_286_656)]
    [InlineData("t5-base", 222_903_552)]
    [InlineData("flan-t5-xl", 2_849_757_184)]
    [InlineData("glm-4-9b-chat-hf", 9_399_951_360)]
    [InlineData("gemma-3-4b-it", 4_300_079_472)]
    [InlineData("llama-4-scout with its tower", 108_641_793_536)]
    [InlineData("llava-1.5-7b-hf", 7_063_427_072)]
    [InlineData("minimax-text-01", 456_089_655_296)]
    [InlineData("mamba2-2.7b", 2_702_599_680)]
    [InlineData("qwen3-vl-30b-a3b", 31_070_754_032)]
    public void A_family_outside_the_catalogue_has_its_published_count(string name, long total)
    {
        ParameterCount.Of(PublishedConfigurations.Load(name)).Total.ShouldBe(total);
    }

    /// <summary>Cards that print rounded figures, in 1e9; some leave both vocabulary matrices out of the active weights.</summary>
    [Theory]
    [InlineData("nemotron-h-56b", 56, 56, 0.01, false)]
    [InlineData("nemotron-3-nano-30b-a3b", 31.6, 3.6, 0.01, false)]
    [InlineData("nemotron-3-super-120b-a12b", 120, 12.7, 0.01, false)]
    [InlineData("minimax-m2", 230, 10, 0.03, true)]
    [InlineData("qwen3-next-80b-a3b", 80, 3, 0.1, true)]
    [InlineData("glm-4.5", 355, 32, 0.01, true)]
    [InlineData("falcon-40b", 41.3, 41.3, 0.01, false)]
    [InlineData("mpt-30b", 30, 30, 0.01, false)]
    public void A_family_outside_the_catalogue_rounds_to_its_published_counts(
        string name, double total, double active, double activeWithin, bool leavesOutVocabulary)
    {
        ParameterCount count = ParameterCount.Of(PublishedConfigurations.Load(name));

        (count.Total / 1e9).ShouldBe(total, total * 0.01, name);
        long used = count.Active - (leavesOutVocabulary ? count.Embedding + count.Head : 0);
        (used / 1e9).ShouldBe(active, active * activeWithin, name);
    }
}
