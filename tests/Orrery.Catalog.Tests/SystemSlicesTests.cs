using System.Collections.Immutable;
using Shouldly;
using Xunit;

namespace Orrery.Catalog.Tests;

public sealed class SystemSlicesTests
{
    private static readonly DataCatalog Catalog = DataCatalog.Open(TestData.Root);

    [Theory]
    [InlineData("tpu-v5e", 1, "1x1", 1)]
    [InlineData("tpu-v5e", 8, "2x4", 1)]
    [InlineData("tpu-v5e", 128, "8x16", 1)]
    [InlineData("tpu-v5e", 256, "16x16", 1)]
    [InlineData("tpu-v5e", 8192, "16x16", 32)]
    [InlineData("tpu-v5e", 320, "8x8", 5)]
    [InlineData("tpu-v5p", 4, "1x2x2", 1)]
    [InlineData("tpu-v5p", 16, "2x2x4", 1)]
    [InlineData("tpu-v5p", 64, "4x4x4", 1)]
    [InlineData("tpu-v5p", 128, "4x4x8", 1)]
    [InlineData("tpu-v5p", 512, "8x8x8", 1)]
    [InlineData("tpu-v5p", 768, "8x8x12", 1)]
    [InlineData("tpu-v5p", 6144, "16x16x24", 1)]
    [InlineData("tpu-v5p", 12288, "16x16x24", 2)]
    [InlineData("tpu-v7", 9216, "16x24x24", 1)]
    public void A_job_gets_the_slice_of_its_size_nearest_to_a_cube_or_several_of_the_largest_that_divides_it(string name, int chips, string shape, int slices)
    {
        SystemDescription slice = SystemSlices.Fit(Catalog.System(name).Value!, chips);
        LevelDescription pod = slice.Levels.Single(level => level.Name == "pod");
        SystemSlices.Text(pod.Dimensions).ShouldBe(shape);
        pod.Size.ShouldBe(chips / slices);
        slice.ChipsPerScaleUpDomain.ShouldBe(chips / slices);
        (chips % slice.AllocationUnit).ShouldBe(0);
        slice.ChipsPerServer.ShouldBeLessThanOrEqualTo(chips);
    }

    [Theory]
    [InlineData("tpu-v5e-8x16", "open closed")]
    [InlineData("tpu-v5e-4x4", "open open")]
    [InlineData("tpu-v5e-16x16", "closed closed")]
    [InlineData("tpu-v5p-2x2x4", "open open open")]
    [InlineData("tpu-v5p-4x4x4", "closed closed closed")]
    [InlineData("tpu-v5p-8x4x16", "closed closed closed")]
    public void Cubes_close_on_every_side_and_other_slices_where_they_are_as_long_as_the_pod(string name, string sides)
    {
        LevelDescription pod = Catalog.System(name).Value!.Levels.Single(level => level.Name == "pod");
        string.Join(' ', pod.OpenSides.Select(open => open ? "open" : "closed")).ShouldBe(sides);
    }

    [Fact]
    public void A_named_slice_stays_as_it_is_however_many_chips_the_job_has()
    {
        SystemDescription slice = Catalog.System("tpu-v5p-4x4x16").Value!;
        SystemSlices.Fit(slice, 512).ShouldBeSameAs(slice);
        slice.AllocationUnit.ShouldBe(256);
        slice.Name.ShouldContain("4x4x16");
    }

    [Theory]
    [InlineData("tpu-v5p-3x4x4", "2x2x1, 2x2x2, 2x2x4, 2x4x4 and multiples of 4x4x4 up to 16x16x24")]
    [InlineData("tpu-v5p-4x4x32", "up to 16x16x24")]
    [InlineData("tpu-v5e-2x8", "8x16 and 16x16")]
    [InlineData("trn2.48xlarge-2x4", "is not rented in slices")]
    public void A_shape_that_cannot_be_had_is_refused_with_those_that_can(string name, string says)
    {
        Result<SystemDescription> result = Catalog.System(name);
        result.Value.ShouldBeNull();
        result.Diagnostics.Single().Message.ShouldContain(says);
    }

    [Fact]
    public void Every_multiple_of_the_block_is_a_slice_once()
    {
        SystemDescription pod = Catalog.System("tpu-v4").Value!;
        int shapes = 0;
        for (int a = 1; a <= 4; a++)
        {
            for (int b = a; b <= 4; b++)
            {
                for (int c = b; c <= 4; c++)
                {
                    shapes++;
                    SystemSlices.Cut(pod, [4 * a, 4 * b, 4 * c]).ShouldNotBeNull();
                }
            }
        }

        shapes.ShouldBe(20);
        SystemSlices.Cut(pod, [4, 4, 20]).ShouldBeNull();
        SystemSlices.Cut(pod, [4, 4]).ShouldBeNull();
    }

    [Fact]
    public void Systems_without_slices_are_left_alone()
    {
        SystemDescription system = Catalog.System("trn2-ultraserver").Value!;
        SystemSlices.Fit(system, 32).ShouldBeSameAs(system);
    }

    [Theory]
    [InlineData("4x4x8", true)]
    [InlineData("4", false)]
    [InlineData("4x", false)]
    [InlineData("0x4", false)]
    [InlineData("4x4x4x4", false)]
    [InlineData("4x-4", false)]
    [InlineData("99999x4", false)]
    public void Shapes_are_two_or_three_sides(string text, bool good) => SystemSlices.Parse(text).HasValue.ShouldBe(good);

    [Fact]
    public void Slices_that_do_not_fit_their_torus_are_mistakes()
    {
        using DataFolder folder = new();
        folder.Write("systems/tiny-box.yaml", DataFolder.System.Replace("dimensions: [2, 2]", "dimensions: [2, 2]\n    slices: [1x2, 2x4]\n    sliceBlock: [2, 3]", StringComparison.Ordinal));
        ImmutableArray<Diagnostic> found = folder.Open().System("tiny-box").Diagnostics;
        found.ShouldContain(one => one.Message.Contains("the slice 2x4 does not fit", StringComparison.Ordinal));
        found.ShouldContain(one => one.Message.Contains("sliceBlock", StringComparison.Ordinal));
    }
}
