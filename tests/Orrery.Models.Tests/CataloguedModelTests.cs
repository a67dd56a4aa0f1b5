using System.Globalization;
using Orrery.Catalog;
using Shouldly;
using Xunit;

namespace Orrery.Models.Tests;

/// <summary>Every model of the catalogue against its published or computed counts.</summary>
public sealed class CataloguedModelTests
{
    public static TheoryData<string, long, long> Counts()
    {
        TheoryData<string, long, long> data = [];
        foreach (string line in File.ReadLines(Path.Combine(TestData.Root, "models", "counts.csv")).Skip(1))
        {
            string[] cells = line.Split(',', 4);
            data.Add(cells[0], long.Parse(cells[1], CultureInfo.InvariantCulture), long.Parse(cells[2], CultureInfo.InvariantCulture));
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Counts))]
    public void Total_and_active_parameters_are_those_of_the_counts_table(string name, long total, long active)
    {
        Result<ModelArchitecture> result = TestData.Load(name);

        result.IsSuccess.ShouldBeTrue(string.Join('\n', result.Diagnostics));
        ParameterCount count = ParameterCount.Of(result.Value!);

        // The demand is 0.5 %; every model is in fact exact.
        count.Total.ShouldBe(total);
        count.Active.ShouldBe(active);
    }

    [Fact]
    public void Every_folder_is_counted() =>
        Counts().Select(row => row.Data.Item1).Order(StringComparer.Ordinal).ShouldBe(ModelLoader.List(TestData.Root));

    [Fact]
    public void Mixtral_uses_two_of_its_eight_experts()
    {
        ModelArchitecture model = TestData.Load("mixtral-8x7b").Value!;

        LayerParameters layer = ParameterCount.Of(model).ByKind.ShouldHaveSingleItem();
        layer.Expert.ShouldBe(3L * 4096 * 14336);
        layer.Router.ShouldBe(4096 * 8);
        layer.FeedForward.ShouldBe(0);
        (layer.Total - layer.Active).ShouldBe(6 * layer.Expert);
    }

    [Fact]
    public void Every_fourth_layer_of_olmo_3_attends_to_everything()
    {
        ModelArchitecture model = TestData.Load("olmo-3-7b").Value!;

        model.LayerKinds.Length.ShouldBe(2);
        Enumerable.Range(0, 8).Select(depth => model.Layer(depth).Attention.Window).ShouldBe([4096, 4096, 4096, 0, 4096, 4096, 4096, 0]);
    }

    [Fact]
    public void Every_second_layer_of_gpt_oss_slides_and_every_head_has_a_sink()
    {
        ModelArchitecture model = TestData.Load("gpt-oss-120b").Value!;

        Enumerable.Range(0, 4).Select(depth => model.Layer(depth).Attention.Window).ShouldBe([128, 0, 128, 0]);
        model.LayerKinds.ShouldAllBe(kind => kind.Attention.HasSinks && kind.FeedForward.HasBias && kind.FeedForward.HasRouterBias);
        ParameterCount count = ParameterCount.Of(model);
        count.Active.ShouldBe(count.Total - count.Experts + count.ActiveExperts - (201_088L * 2880));
    }

    /// <summary>arXiv:2508.10925 table 1 prints checkpoints of 60.8 and 12.8 GiB.</summary>
    [Theory]
    [InlineData("gpt-oss-120b", 60.8)]
    [InlineData("gpt-oss-20b", 12.8)]
    public void Published_weights_in_four_bits_have_the_published_size(string name, double gibibytes)
    {
        ModelArchitecture model = TestData.Load(name).Value!;

        double size = model.Checkpoint.Size(model).Value / (1L << 30);
        size.ShouldBe(gibibytes, gibibytes * 0.005);
        CheckpointDescription.Plain.Size(model).Value.ShouldBe(2.0 * ParameterCount.Of(model).Total);
    }

    [Fact]
    public void Three_of_four_layers_of_llama_4_attend_within_chunks_and_every_second_of_maverick_has_experts()
    {
        ModelArchitecture maverick = TestData.Load("llama-4-maverick").Value!;

        Enumerable.Range(0, 8).Select(depth => maverick.Layer(depth).Attention.Chunk).ShouldBe([8192, 8192, 8192, 0, 8192, 8192, 8192, 0]);
        Enumerable.Range(0, 4).Select(depth => maverick.Layer(depth).FeedForward.Experts).ShouldBe([0, 128, 0, 128]);
        maverick.Layer(0).FeedForward.Width.ShouldBe(16384);
        maverick.Layer(1).FeedForward.SharedWidth.ShouldBe(8192);
        TestData.Load("llama-4-scout").Value!.LayerKinds.ShouldAllBe(kind => kind.FeedForward.Experts == 16);
    }

    /// <summary>The checkpoint of 685 B holds 671 B and a prediction module, with the vocabulary matrices it shares a second time.</summary>
    [Fact]
    public void The_prediction_module_of_deepseek_stands_beside_the_model_until_asked_for()
    {
        ModelArchitecture model = TestData.Load("deepseek-v3").Value!;
        ParameterCount count = ParameterCount.Of(model);

        ((count.Total + count.PredictionModules + count.Embedding + count.Head) / 1e9).ShouldBe(685, 685 * 0.001);
        ModelArchitecture trained = model.WithPredictionModules();
        trained.Layers.ShouldBe(62);
        trained.Layer(61).IsPredictionModule.ShouldBeTrue();
        ParameterCount.Of(trained).Total.ShouldBe(count.Total + count.PredictionModules);
        trained.WithPredictionModules().ShouldBe(trained);
        TestData.Load("kimi-k2").Value!.WithPredictionModules().Layers.ShouldBe(61);
    }

    /// <summary>Wan 2.1 makes 81 frames of 832 x 480 from 32,760 tokens; DiT an image of 256 x 256 from 256.</summary>
    [Fact]
    public void Pixels_become_the_published_numbers_of_tokens()
    {
        ModelArchitecture wan = TestData.Load("wan2.1-t2v-14b").Value!;
        wan.LatentGrid!.Tokens(81, 480, 832).ShouldBe(32_760);
        wan.LatentGrid.Tokens(81, 720, 1280).ShouldBe(wan.MaxPositions);

        ModelArchitecture dit = TestData.Load("dit-xl-2").Value!;
        dit.LatentGrid!.Tokens(1, 256, 256).ShouldBe(256);
        dit.MaxPositions.ShouldBe(256);
    }

    [Fact]
    public void The_sliding_window_of_qwen_counts_only_when_switched_on() =>
        TestData.Load("qwen2.5-7b").Value!.LayerKinds.ShouldHaveSingleItem().Attention.Window.ShouldBe(0);

    [Fact]
    public void The_masked_token_head_of_bert_is_trained_and_not_counted()
    {
        ParameterCount count = ParameterCount.Of(TestData.Load("bert-large").Value!);

        count.PretrainingHead.ShouldBe((1024 * 1024) + 1024 + 2048 + 30522);
        count.Trained.ShouldBe(count.Total + count.PretrainingHead);
    }

    [Fact]
    public void Parts_sum_to_the_total()
    {
        foreach (string name in ModelLoader.List(TestData.Root))
        {
            ModelArchitecture model = TestData.Load(name).Value!;
            ParameterCount count = ParameterCount.Of(model);
            long layers = model.LayerOrder.Sum(kind => count.ByKind[kind].Total);
            (count.Embedding + count.Head + count.Final + layers).ShouldBe(count.Total, name);
        }
    }
}
