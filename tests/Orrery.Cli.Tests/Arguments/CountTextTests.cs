using Orrery.Cli.Arguments;
using Shouldly;
using Xunit;

namespace Orrery.Cli.Tests.Arguments;

public sealed class CountTextTests
{
    [Theory]
    [InlineData("15T", 15e12)]
    [InlineData("15 T", 15e12)]
    [InlineData("1.5B", 1.5e9)]
    [InlineData("300M", 300e6)]
    [InlineData("20k", 20e3)]
    [InlineData("1,000,000", 1e6)]
    [InlineData("1e9", 1e9)]
    [InlineData("7", 7)]
    public void Counts_read_as_people_say_them(string text, double expected)
    {
        CountText.TryParse(text, out double count).ShouldBeTrue();
        count.ShouldBe(expected);
    }

    [Theory]
    [InlineData("")]
    [InlineData("T")]
    [InlineData("15TT")]
    [InlineData("15%")]
    [InlineData("15 tokens")]
    [InlineData("1,00")]
    [InlineData("NaN")]
    [InlineData("1e308T")]
    public void What_is_no_count_is_refused(string text) => CountText.TryParse(text, out _).ShouldBeFalse();
}
