using System.Text.Json;
using Shouldly;
using Xunit;

namespace Orrery.Cli.Tests;

public sealed class CatalogVerbsTests
{
    [Theory]
    [InlineData("systems", "trn3-gen2")]
    [InlineData("chips", "trainium3")]
    [InlineData("stacks", "neuron-nxd")]
    [InlineData("models", "llama-3.1-405b")]
    public void List_names_every_entry_and_show_takes_each(string what, string known)
    {
        Command list = Command.Run("list", what, "--json");
        list.Code.ShouldBe(ExitCode.Done, list.Error);
        string[] names = [.. list.Json().GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("name").GetString()!)];
        names.ShouldContain(known);
        names.ShouldBe([.. names.Order(StringComparer.Ordinal)]);
        Command text = Command.Run("list", what);
        text.Code.ShouldBe(ExitCode.Done);
        foreach (string name in names)
            text.Output.ShouldContain("\n" + name + " ", Case.Sensitive);
    }

    [Theory]
    [InlineData("systems")]
    [InlineData("chips")]
    [InlineData("stacks")]
    public void Show_prints_every_entry_with_marks_inside_a_hundred_columns(string what)
    {
        foreach (JsonElement entry in Command.Run("list", what, "--json").Json().GetProperty("entries").EnumerateArray())
        {
            string name = entry.GetProperty("name").GetString()!;
            Command show = Command.Run("show", name);
            show.Code.ShouldBe(ExitCode.Done, show.Error);
            show.Output.ShouldStartWith($"{what[..^1]} {name}", Case.Sensitive);

            // An address stands whole, however long; everything else is wrapped.
            show.Output.Split('\n').Where(line => line.Trim().Contains(' ', StringComparison.Ordinal)).Max(line => line.Length).ShouldBeLessThanOrEqualTo(100, name);
            Command.Run("show", name, "--json").Json().GetProperty("id").GetString().ShouldBe(name);
        }
    }

    [Fact]
    public void Show_prints_the_shape_and_size_of_a_model()
    {
        Command show = Command.Run("show", "llama-3.1-405b");
        show.Output.ShouldContain("405,853,388,800");
        show.Output.ShouldContain("128 heads of 128, 8 for keys and values");
    }

    [Fact]
    public void Show_lists_every_reading_and_assume_picks_one()
    {
        JsonElement contested = Command.Run("show", "trn3-gen2", "--json").Json().GetProperty("figures").EnumerateArray()
            .First(figure => figure.GetProperty("readings").GetArrayLength() > 1);
        string key = contested.GetProperty("key").GetString()!;
        JsonElement other = contested.GetProperty("readings").EnumerateArray().First(reading =>
            reading.GetProperty("name").GetString() != contested.GetProperty("reading").GetString());

        JsonElement picked = Command.Run("show", "trn3-gen2", "--json", "--assume", $"{key}={other.GetProperty("name").GetString()}").Json()
            .GetProperty("figures").EnumerateArray().First(figure => figure.GetProperty("key").GetString() == key);
        picked.GetProperty("reading").GetString().ShouldBe(other.GetProperty("name").GetString());
        picked.GetProperty("value").GetString().ShouldBe(other.GetProperty("value").GetString());
    }

    [Theory]
    [InlineData("show llama-3.1-405", "did you mean 'llama-3.1-405b'?")]
    [InlineData("show trn3-gen9", "did you mean 'trn3-gen")]
    [InlineData("list systmes", "did you mean 'systems'?")]
    [InlineData("list", "WHAT: error")]
    [InlineData("show", "NAME: error")]
    [InlineData("show trn3-gen2 --assume trn3-gen2.no.such=x", "--assume: error")]
    [InlineData("show trn3-gen2 --assume no-such.memory=x", "--assume: error")]
    public void A_wrong_name_is_refused_with_the_nearest_one(string line, string expected)
    {
        Command command = Command.RunLine(line);
        command.ShouldBeRefused();
        command.Error.ShouldContain(expected);
    }
}
