using Shouldly;
using Xunit;

namespace Orrery.Catalog.Tests;

public sealed class NetworkShapeTests
{
    private const string Plain = "    topology: clos\n    size: 0\n    oversubscription: 2\n";

    [Fact]
    public void Planes_rails_tiers_and_routing_are_read()
    {
        LevelDescription level = Load("    topology: clos\n    size: 0\n    planes: 4\n    rails: true\n    routing: equal-cost\n"
            + "    tiers: [{chips: 32, paths: 8}, {chips: 1024, oversubscription: 4}]\n").Value.ShouldNotBeNull().Levels[^1];
        level.Planes.ShouldBe(4);
        level.HasRails.ShouldBeTrue();
        level.Routing.ShouldBe(Routing.EqualCost);
        level.Tiers.ShouldBe([new ClosTier(32, 1, 8), new ClosTier(1024, 4, 1)]);
        LevelDescription usual = Load(Plain).Value.ShouldNotBeNull().Levels[^1];
        usual.Planes.ShouldBe(1);
        usual.Tiers.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("    topology: clos\n    size: 0\n    tiers: [{chips: 32}, {chips: 48}]\n", "must be a multiple of the 32")]
    [InlineData("    topology: switch\n    size: 0\n    rails: true\n", "which only a clos network has")]
    [InlineData("    topology: ring\n    size: 4\n    openSides: [true, false]\n", "has 1 sides and 2 'openSides'")]
    [InlineData("    topology: ring\n    size: 4\n    openSides: [maybe]\n", "neither 'true' nor 'false'")]
    [InlineData("    topology: clos\n    size: 0\n    routing: fastest\n", "routing")]
    public void What_cannot_be_is_a_diagnostic(string level, string expected)
    {
        Result<SystemDescription> result = Load(level);
        result.Value.ShouldBeNull();
        result.Diagnostics.ShouldContain(diagnostic => diagnostic.Message.Contains(expected, StringComparison.Ordinal));
    }

    /// <summary>A catalogued system with the shape of its last level replaced.</summary>
    private static Result<SystemDescription> Load(string shape)
    {
        using DataFolder folder = new();
        DataFolder.System.ShouldContain(Plain);
        folder.Write("systems/tiny-box.yaml", DataFolder.System.Replace(Plain, shape, StringComparison.Ordinal));
        return folder.Open().System("tiny-box");
    }
}
