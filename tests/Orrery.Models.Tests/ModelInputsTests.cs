using Orrery.Catalog;
using Shouldly;
using Xunit;

namespace Orrery.Models.Tests;

/// <summary>What a sample holds beside tokens of text changes the model that is trained, and only in the ways it can.</summary>
public sealed class ModelInputsTests
{
    [Theory]
    [InlineData("wan2.1-t2v-14b", "480x832", 81, 32_760)]
    [InlineData("wan2.1-t2v-14b", "720x1280", 81, 75_600)]
    [InlineData("wan2.1-t2v-14b", "480x832", 9, 4_680)]
    [InlineData("wan2.1-t2v-14b", "480x832", 1, 1_560)]
    [InlineData("dit-xl-2", "256x256", 1, 256)]
    public void An_image_or_clip_is_as_many_tokens_as_it_has_patches(string name, string size, int frames, int tokens)
    {
        ModelArchitecture model = TestData.Load(name).Value!;
        Result<ModelArchitecture> result = new ModelInputs(ImageSize: size, Frames: frames).Apply(model, null, out int? patches);
        result.Value.ShouldBe(model);
        patches.ShouldBe(tokens);
        new ModelInputs(ImageSize: size, Frames: frames).Apply(model, tokens, out _).Value.ShouldNotBeNull();
        Message(new ModelInputs(ImageSize: size, Frames: frames), model, tokens + 1).ShouldContain($"are {tokens} patches");
    }

    [Theory]
    [InlineData("wan2.1-t2v-14b, by its class", "480x832", 81, 32_760)]
    [InlineData("dit-xl-2, by its class", "256x256", 1, 256)]
    public void A_file_without_the_autoencoders_stride_takes_the_published_one(string name, string size, int frames, int tokens)
    {
        new ModelInputs(ImageSize: size, Frames: frames).Apply(Published(name), null, out int? patches).Value.ShouldNotBeNull();
        patches.ShouldBe(tokens);
    }

    [Fact]
    public void A_model_is_trained_with_the_prediction_modules_it_was_published_with_unless_told_otherwise()
    {
        ModelArchitecture model = TestData.Load("deepseek-v3").Value!;
        Result<ModelArchitecture> published = new ModelInputs().Apply(model, null, out _);
        published.Value!.Layers.ShouldBe(62);
        published.Value.Layer(61).IsPredictionModule.ShouldBeTrue();
        published.Diagnostics.ShouldHaveSingleItem().Message.ShouldContain("as published");
        Trained(new(PredictionModules: 0), model).Layers.ShouldBe(61);
        Trained(new(PredictionModules: 2), model).Layers.ShouldBe(63);
        Trained(new(PredictionModules: 1), TestData.Load("llama-3.1-8b").Value!).Layers.ShouldBe(33);
        Message(new(PredictionModules: 1), TestData.Load("bert-large").Value!, null).ShouldContain("predicts no next tokens");
    }

    [Fact]
    public void An_encoder_reads_as_many_tokens_as_it_is_told()
    {
        ModelArchitecture model = Published("t5-base");
        double usual = ModelFlops.PerSequence(Trained(new(), model), 512).Forward;
        double shorter = ModelFlops.PerSequence(Trained(new(EncoderTokens: 128), model), 512).Forward;
        shorter.ShouldBeLessThan(0.75 * usual);
        Message(new(EncoderTokens: 128), TestData.Load("llama-3.1-8b").Value!, null).ShouldContain("has no encoder");
    }

    [Fact]
    public void Images_need_a_tower_and_a_sequence_that_holds_their_tokens()
    {
        ModelArchitecture gemma = Published("gemma-3-4b-it");
        double none = ModelFlops.PerSequence(Trained(new(Images: 0), gemma), 4096).Forward;
        double one = ModelFlops.PerSequence(Trained(new(), gemma), 4096).Forward;
        double four = ModelFlops.PerSequence(Trained(new(Images: 4), gemma), 4096).Forward;
        (four - none).ShouldBe(4 * (one - none), none * 1e-9);
        (one - none).ShouldBeGreaterThan(0);
        Message(new(Images: 17), gemma, 4096).ShouldContain("do not fit");
        Message(new(Images: 1), TestData.Load("llama-3.1-8b").Value!, null).ShouldContain("no vision tower");
        Message(new(ImageSize: "896x896"), gemma, null).ShouldContain("images of one size");
    }

    [Fact]
    public void Larger_images_are_more_patches_where_a_tower_takes_any_size()
    {
        ModelArchitecture qwen = Published("qwen3-vl-30b-a3b");
        ModelArchitecture small = Trained(new(ImageSize: "448x448"), qwen);
        ModelArchitecture large = Trained(new(ImageSize: "896x448"), qwen);
        small.Vision!.PatchesPerImage.ShouldBe(28 * 28);
        small.Vision.TokensPerImage.ShouldBe(14 * 14);
        large.Vision!.PatchesPerImage.ShouldBe(2 * 28 * 28);
        double tower = TowerFlop(small);
        TowerFlop(large).ShouldBeGreaterThan(2 * tower);
    }

    [Theory]
    [InlineData("480")]
    [InlineData("480x")]
    [InlineData("0x832")]
    [InlineData("480x832x3")]
    [InlineData("-1x5")]
    [InlineData("99999999x1")]
    public void A_size_that_is_none_is_refused(string size) =>
        Message(new(ImageSize: size), TestData.Load("wan2.1-t2v-14b").Value!, null).ShouldContain("expected height by width");

    [Fact]
    public void What_a_model_cannot_learn_is_refused()
    {
        ModelArchitecture wan = TestData.Load("wan2.1-t2v-14b").Value!;
        Message(new(Frames: 81), wan, null).ShouldContain("--image-size too");
        Message(new(Images: 2, ImageSize: "480x832"), wan, null).ShouldContain("learns images themselves");
        Message(new(ImageSize: "8x8"), wan, null).ShouldContain("smaller than one patch");
        Message(new(Frames: 2, ImageSize: "256x256"), TestData.Load("dit-xl-2").Value!, null).ShouldContain("single images");
        Message(new(Frames: 2), TestData.Load("llama-3.1-8b").Value!, null).ShouldContain("makes no videos");
    }

    private static double TowerFlop(ModelArchitecture model)
    {
        LayerDescription tower = model.LayerKinds.First(static kind => kind.Stream.Kind == TokenStreamKind.Image);
        return LayerFlops.Linear(tower, model.Hidden, 4096) + LayerFlops.Attention(tower, 4096, AttentionCounting.Once);
    }

    private static ModelArchitecture Published(string name) => TestData.Parse(PublishedConfigurations.All.Single(entry => entry.Name == name).Json).Value!;

    private static ModelArchitecture Trained(ModelInputs inputs, ModelArchitecture model) => inputs.Apply(model, null, out _).Value.ShouldNotBeNull();

    private static string Message(ModelInputs inputs, ModelArchitecture model, int? sequence)
    {
        Result<ModelArchitecture> result = inputs.Apply(model, sequence, out _);
        result.Value.ShouldBeNull();
        return string.Join('\n', result.Diagnostics.Where(static one => one.Severity == Severity.Error).Select(static one => one.Message));
    }
}
