using Orrery.Models;
using Orrery.Serving;
using Shouldly;
using Xunit;

namespace Orrery.Serving.Tests;

/// <summary>Images before prompts: the work of a vision tower.</summary>
public sealed class ImageTests
{
    private static readonly ModelArchitecture Gemma =
        ModelLoader.Load(Path.Combine(Bench.DataRoot(), "..", "examples", "models", "gemma-3-4b-it"), Bench.DataRoot()).Value!;

    private static RequestTrace Sent(ushort[] images)
    {
        RequestTraceBuilder builder = new();
        for (int request = 0; request < images.Length; request++)
            builder.Add(request * 10L * 1_000_000_000_000, 300 + (256 * images[request]), 5, imageCount: images[request]);
        return builder.ToTrace();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(16)]
    [InlineData(37)]
    public void The_tower_does_the_products_of_its_images(int images)
    {
        OperatorTimes times = Bench.Times(Gemma);
        double with = ModelFlops.PerSequence(Gemma.WithImages(images), 4096).Forward;
        double without = ModelFlops.PerSequence(Gemma.WithImages(0), 4096).Forward;
        (times.Images(images).Matrix * Bench.Peak).ShouldBe(with - without, 0.02 * (with - without));
    }

    [Fact]
    public void A_model_without_a_tower_sees_nothing()
    {
        Bench.Times().Images(3).Execution.ShouldBe(0);
        Bench.Times().ImageLayers.ShouldBe(0);
        Bench.Times(Gemma).ImageLayers.ShouldBe(27);
    }

    [Fact]
    public void Every_image_is_encoded_once_before_its_prompt()
    {
        IterationCost cost = new(Bench.Times(Gemma), Bench.Stack(), Bench.Constants(), null);
        // Long prompts are worked on in pieces; the images go with the first.
        (RequestBook book, Replica[] engines) = Bench.Run(Sent([0, 1, 3, 0, 2]), Bench.Options(budget: 200), cost: cost);
        book.Finished.ShouldBe(5);
        double expected = cost.Times.Images(1).Execution + cost.Times.Images(2).Execution + cost.Times.Images(3).Execution;
        engines[0].Statistics.Shares.Images.ShouldBe(expected, 1e-6 * expected);
        engines[0].Statistics.Shares.Total.ShouldBe(engines[0].Statistics.BusyTicks / RequestTrace.TicksPerSecond, 1e-6);
    }

    [Fact]
    public void The_first_token_waits_for_the_tower()
    {
        IterationCost cost = new(Bench.Times(Gemma), Bench.Stack(), Bench.Constants(), null);
        RequestTrace seen = Sent([2]);
        RequestTrace told = new(seen.Arrivals.ToArray(), seen.Inputs.ToArray(), seen.Outputs.ToArray());
        long with = Bench.Run(seen, Bench.Options(budget: 4096), cost: cost).Book.FirstTokens[0];
        long without = Bench.Run(told, Bench.Options(budget: 4096), cost: cost).Book.FirstTokens[0];
        ((with - without) / RequestTrace.TicksPerSecond).ShouldBe(cost.Times.Images(2).Execution, 1e-9);
    }

    [Fact]
    public void Images_lengthen_the_prompts_they_stand_before()
    {
        RequestTrace plain = Bench.Random(1, count: 10);
        RequestTrace seen = plain.WithImages(2, 576, 3);
        for (int request = 0; request < 10; request++)
        {
            seen.Inputs[request].ShouldBe(plain.Inputs[request] + 1152);
            seen.Images(request).ShouldBe(6);
        }
    }
}
