using System.Text;
using Orrery.Catalog;
using Shouldly;
using Xunit;

namespace Orrery.Models.Tests;

public sealed class ModelLoaderTests
{
    private const string Small =
        """{"model_type":"llama","hidden_size":64,"num_hidden_layers":2,"num_attention_heads":4,"intermediate_size":128,"vocab_size":100,"max_position_embeddings":32}""";

    [Fact]
    public void A_small_model_is_read_without_any_diagnostic()
    {
        Result<ModelArchitecture> result = TestData.Parse(Small);

        result.Diagnostics.ShouldBeEmpty();
        ModelArchitecture model = result.Value!;
        model.Layers.ShouldBe(2);
        model.Layer(1).Attention.ShouldBe(new AttentionDescription(AttentionKind.Grouped, 4, 4, 16, 0, false, false, QkNormKind.None, true));
        model.MaxPositions.ShouldBe(32);
    }

    [Fact]
    public void All_mistakes_are_reported_at_once_where_they_stand()
    {
        Result<ModelArchitecture> result = TestData.Parse(
            """
            {
              "model_type": "llama",
              "hidden_size": -3,
              "num_hidden_layers": "two",
              "num_atention_heads": 4,
              "intermediate_size": 1.5,
              "vocab_size": 99999999999999999999,
              "max_position_embeddings": 2048
            }
            """);

        result.IsSuccess.ShouldBeFalse();
        result.Diagnostics.Select(found => (found.Line, found.Column, found.Code)).ShouldBe(
        [
            (1, 1, "ORR2005"),
            (3, 18, "ORR2006"),
            (4, 24, "ORR2006"),
            (5, 3, "ORR2007"),
            (6, 24, "ORR2006"),
            (7, 17, "ORR2006"),
        ]);
        result.Diagnostics[3].Message.ShouldContain("did you mean 'num_attention_heads'?");
        result.Diagnostics[1].ToString().ShouldStartWith("test.json:3:18: error ORR2006: 'hidden_size' is -3; expected a whole number from 1 to ");
    }

    [Theory]
    [InlineData("lama", "llama")]
    [InlineData("mixtrl", "mixtral")]
    [InlineData("qwen-2", "qwen2")]
    public void An_unknown_model_type_names_the_nearest(string written, string meant)
    {
        Diagnostic only = TestData.Parse(Small.Replace("llama", written, StringComparison.Ordinal)).Diagnostics.ShouldHaveSingleItem();

        only.Code.ShouldBe("ORR2008");
        only.Message.ShouldEndWith($"did you mean '{meant}'?");
    }

    [Theory]
    [InlineData("\"num_local_experts\": 8")]
    [InlineData("\"sliding_window\": 4096")]
    [InlineData("\"kv_lora_rank\": 512")]
    [InlineData("\"cross_attention\": true")]
    [InlineData("\"hybrid_override_pattern\": \"M*\"")]
    [InlineData("\"text_config\": {}")]
    [InlineData("\"anything_else\": 3")]
    public void A_key_that_may_bear_on_shape_is_an_error(string extra)
    {
        Diagnostic only = TestData.Parse(Small.Replace("}", $",{extra}}}", StringComparison.Ordinal)).Diagnostics.ShouldHaveSingleItem();

        only.Severity.ShouldBe(Severity.Error);
        only.Code.ShouldBe("ORR2007");
    }

    [Theory]
    [InlineData("\"rope_theta\": 10000.0")]
    [InlineData("\"sliding_window\": null")]
    [InlineData("\"cross_attention\": false")]
    [InlineData("\"summary_first_dropout\": 0.1")]
    [InlineData("\"rope_scaling\": {\"type\": \"linear\", \"factor\": [1, 2, {}]}")]
    public void A_key_that_does_not_bear_on_shape_is_passed_over(string extra) =>
        TestData.Parse(Small.Replace("}", $",{extra}}}", StringComparison.Ordinal)).Diagnostics.ShouldBeEmpty();

    [Fact]
    public void Removing_the_list_of_ignored_keys_makes_them_errors()
    {
        byte[] bytes = Encoding.UTF8.GetBytes(Small.Replace("}", ",\"rope_theta\":1}", StringComparison.Ordinal));

        ModelLoader.Parse(bytes, "test.json", "test", IgnoredKeys.None).IsSuccess.ShouldBeFalse();
        ModelLoader.Parse(bytes, "test.json", "test", TestData.Ignored).IsSuccess.ShouldBeTrue();
    }

    [Theory]
    [InlineData("\"num_attention_heads\":4", "\"num_attention_heads\":5", "ORR2010")]
    [InlineData("\"num_attention_heads\":4", "\"num_attention_heads\":4,\"num_key_value_heads\":3", "ORR2010")]
    [InlineData("\"num_attention_heads\":4", "\"num_attention_heads\":4,\"num_attention_heads\":4", "ORR2004")]
    [InlineData("\"vocab_size\":100", "\"vocab_size\":100,\"tie_word_embeddings\":1", "ORR2006")]
    public void Values_that_contradict_each_other_are_errors(string old, string now, string code) =>
        TestData.Parse(Small.Replace(old, now, StringComparison.Ordinal)).Diagnostics.ShouldHaveSingleItem().Code.ShouldBe(code);

    [Theory]
    [InlineData("", "ORR2003")]
    [InlineData("[]", "ORR2003")]
    [InlineData("{\"model_type\": \"llama\",}", "ORR2003")]
    [InlineData("{} {}", "ORR2003")]
    [InlineData("{\"model_type\": \"lla", "ORR2003")]
    [InlineData("{\"model_type\": \"\\ud800\"}", "ORR2003")]
    [InlineData("{}", "ORR2005")]
    [InlineData("{\"model_type\": 3}", "ORR2006")]
    public void Text_that_is_no_configuration_is_one_error(string text, string code) =>
        TestData.Parse(text).Diagnostics.ShouldHaveSingleItem().Code.ShouldBe(code);

    [Fact]
    public void A_byte_order_mark_is_passed_over() =>
        ModelLoader.Parse([.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(Small)], "test.json", "test", TestData.Ignored).IsSuccess.ShouldBeTrue();

    [Fact]
    public void Columns_count_characters_and_not_bytes()
    {
        Diagnostic only = TestData.Parse("{\"é\": 1, \"model_type\": \"llamax\"}").Diagnostics.ShouldHaveSingleItem();

        only.Column.ShouldBe(24);
    }

    [Fact]
    public void Nesting_beyond_the_limit_is_an_error() =>
        TestData.Parse(new string('[', 1).Insert(0, "{\"a\":") + new string('[', 100_000)).Diagnostics.ShouldHaveSingleItem().Code.ShouldBe("ORR2003");

    [Fact]
    public void A_model_too_large_to_count_is_an_error()
    {
        string json = """{"model_type":"mixtral","hidden_size":1048576,"num_hidden_layers":10000,"num_attention_heads":64,"intermediate_size":16777216,"vocab_size":100,"max_position_embeddings":32,"num_local_experts":65536,"num_experts_per_tok":65536}""";

        TestData.Parse(json).Diagnostics.ShouldContain(found => found.Severity == Severity.Error && found.Code == "ORR2002");
    }

    [Fact]
    public void A_left_out_key_with_a_published_default_is_noted()
    {
        Result<ModelArchitecture> result = TestData.Parse(Small.Replace(",\"max_position_embeddings\":32", "", StringComparison.Ordinal));

        result.Value!.MaxPositions.ShouldBe(2048);
        result.Diagnostics.ShouldHaveSingleItem().Severity.ShouldBe(Severity.Note);
    }

    [Fact]
    public void Layer_types_say_which_layers_attend_within_the_window()
    {
        string json = """{"model_type":"olmo3","hidden_size":64,"num_hidden_layers":3,"num_attention_heads":4,"intermediate_size":128,"vocab_size":100,"max_position_embeddings":32,"sliding_window":8,"layer_types":["full_attention","sliding_attention","full_attention"]}""";

        ModelArchitecture model = TestData.Parse(json).Value!;
        Enumerable.Range(0, 3).Select(depth => model.Layer(depth).Attention.Window).ShouldBe([0, 8, 0]);

        Result<ModelArchitecture> wrong = TestData.Parse(json.Replace("[\"full_attention\",", "[\"linear_attention\",", StringComparison.Ordinal));
        wrong.Diagnostics.ShouldHaveSingleItem().Code.ShouldBe("ORR2009");
    }

    [Fact]
    public void Dense_layers_among_experts_are_a_kind_of_their_own()
    {
        string json = """{"model_type":"qwen3_moe","hidden_size":64,"num_hidden_layers":4,"num_attention_heads":4,"intermediate_size":128,"vocab_size":100,"max_position_embeddings":32,"num_experts":8,"num_experts_per_tok":2,"moe_intermediate_size":16,"mlp_only_layers":[1],"decoder_sparse_step":2}""";

        ModelArchitecture model = TestData.Parse(json.Replace("[1]", "[3]", StringComparison.Ordinal)).Value!;
        Enumerable.Range(0, 4).Select(depth => model.Layer(depth).FeedForward.Experts).ShouldBe([0, 8, 0, 0]);
        TestData.Parse(json.Replace("[1]", "[4]", StringComparison.Ordinal)).Diagnostics.ShouldHaveSingleItem().Code.ShouldBe("ORR2006");
    }

    [Theory]
    [InlineData("\"v_head_dim\":16", "\"v_head_dim\":15", "ORR2009")]
    [InlineData("\"kv_lora_rank\":32,", "", "ORR2005")]
    [InlineData("\"num_attention_heads\":4", "\"num_attention_heads\":4,\"num_key_value_heads\":2", "ORR2010")]
    [InlineData("\"q_lora_rank\":null", "\"q_lora_rank\":-1", "ORR2006")]
    public void Latent_attention_names_what_is_wrong_with_its_widths(string old, string now, string code)
    {
        string json = """{"model_type":"deepseek_v2","hidden_size":64,"num_hidden_layers":3,"num_attention_heads":4,"intermediate_size":128,"vocab_size":100,"max_position_embeddings":32,"q_lora_rank":null,"kv_lora_rank":32,"qk_nope_head_dim":16,"qk_rope_head_dim":8,"v_head_dim":16,"n_routed_experts":8,"num_experts_per_tok":2,"n_shared_experts":1,"moe_intermediate_size":16,"first_k_dense_replace":1}""";

        ModelArchitecture model = TestData.Parse(json).Value!;
        model.Layer(0).FeedForward.Experts.ShouldBe(0);
        model.Layer(1).FeedForward.SharedExperts.ShouldBe(1);
        LayerParameters.Of(model.Layer(1), 64).Attention.ShouldBe((64 * 4 * 24) + (64 * 40) + (32 * 4 * 32) + (4 * 16 * 64) + 32);
        TestData.Parse(json.Replace(old, now, StringComparison.Ordinal)).Diagnostics.ShouldHaveSingleItem().Code.ShouldBe(code);
    }

    [Theory]
    [InlineData("jamba", "state-space layers of the first kind")]
    [InlineData("mllama", "attend to images")]
    public void A_model_that_cannot_be_described_says_what_is_not_supported(string modelType, string reason)
    {
        Diagnostic only = TestData.Parse(Small.Replace("llama", modelType, StringComparison.Ordinal)).Diagnostics.ShouldHaveSingleItem();

        only.Code.ShouldBe("ORR2009");
        only.Message.ShouldContain("is not supported yet: it has ");
        only.Message.ShouldContain(reason);
    }

    [Fact]
    public void Numbers_that_only_python_writes_keep_every_place()
    {
        string json = Small.Replace("}", ",\n\"time_step_limit\": [0.0, Infinity, -Infinity, NaN],\"anything_else\":\"NaN\"}", StringComparison.Ordinal);

        Diagnostic only = TestData.Parse(json).Diagnostics.ShouldHaveSingleItem();

        only.Code.ShouldBe("ORR2007");
        (only.Line, only.Column).ShouldBe((2, 52));
        only.Message.ShouldContain("'anything_else' = \"NaN\"");
        TestData.Parse(Small.Replace("\"vocab_size\":100", "\"vocab_size\":Infinity", StringComparison.Ordinal)).Diagnostics
            .ShouldHaveSingleItem().Code.ShouldBe("ORR2006");
    }

    [Fact]
    public void Counts_of_layer_types_must_agree_with_the_pattern()
    {
        string json = File.ReadAllText(Path.Combine(TestData.Root, "models", "gpt-oss-20b", "config.json"));

        TestData.Parse(json).Diagnostics.ShouldBeEmpty();
        Diagnostic only = TestData.Parse(json.Replace("\"full_attention\": 12", "\"full_attention\": 11", StringComparison.Ordinal)).Diagnostics
            .ShouldHaveSingleItem();
        only.Code.ShouldBe("ORR2010");
        only.Message.ShouldContain("12 sliding and 11 full layers; the pattern gives 12 and 12");
    }

    [Theory]
    [InlineData("\"topk_group\": 4", "\"topk_group\": 9")]
    [InlineData("\"n_group\": 8", "\"n_group\": 7")]
    [InlineData("\"num_experts_per_tok\": 8", "\"num_experts_per_tok\": 129")]
    public void Groups_of_experts_must_hold_the_experts_of_a_token(string old, string now)
    {
        string json = File.ReadAllText(Path.Combine(TestData.Root, "models", "deepseek-v3", "config.json"));
        FeedForwardDescription expert = TestData.Parse(json).Value!.Layer(5).FeedForward;
        (expert.Groups, expert.GroupsPerToken).ShouldBe((8, 4));
        json.ShouldContain(old);
        TestData.Parse(json.Replace(old, now, StringComparison.Ordinal)).Diagnostics.ShouldHaveSingleItem().Code.ShouldBe("ORR2010");
    }

    [Theory]
    [InlineData("\"M*E-\"", "\"M*E\"", "ORR2010")]
    [InlineData("\"M*E-\"", "\"M*EX\"", "ORR2009")]
    [InlineData("\"M*E-\"", "3", "ORR2006")]
    [InlineData("\"n_groups\":2", "\"n_groups\":3", "ORR2010")]
    [InlineData("\"num_experts_per_tok\":2", "\"num_experts_per_tok\":9", "ORR2010")]
    public void A_pattern_of_parts_names_what_is_wrong_with_it(string old, string now, string code)
    {
        const string Hybrid =
            """{"model_type":"nemotron_h","hidden_size":64,"num_hidden_layers":4,"hybrid_override_pattern":"M*E-","num_attention_heads":4,"intermediate_size":128,"vocab_size":100,"max_position_embeddings":32,"mamba_num_heads":4,"mamba_head_dim":32,"n_groups":2,"ssm_state_size":16,"n_routed_experts":8,"num_experts_per_tok":2,"moe_intermediate_size":16}""";

        ModelArchitecture model = TestData.Parse(Hybrid).Value!;
        model.LayerOrder.Select(kind => model.LayerKinds[kind].Attention.Kind)
            .ShouldBe([AttentionKind.Linear, AttentionKind.Grouped, AttentionKind.None, AttentionKind.None]);
        model.LayerOrder.Select(kind => model.LayerKinds[kind].Blocks).ShouldAllBe(blocks => blocks == 1);
        model.Layer(2).FeedForward.Experts.ShouldBe(8);
        model.Layer(3).FeedForward.Width.ShouldBe(128);

        // What one Mamba-2 layer stores: projections, convolution with bias, three numbers a head, norm.
        LayerParameters.Of(model.Layer(0), 64).Attention.ShouldBe((64 * (256 + 64 + 4)) + (128 * 64) + (192 * 5) + (3 * 4) + 128);
        TestData.Parse(Hybrid.Replace(old, now, StringComparison.Ordinal)).Diagnostics.ShouldContain(found => found.Code == code && found.Severity == Severity.Error);
    }

    [Fact]
    public void Linear_attention_stands_where_layer_types_say()
    {
        string json = """{"model_type":"qwen3_next","hidden_size":64,"num_hidden_layers":4,"num_attention_heads":4,"num_key_value_heads":2,"head_dim":16,"intermediate_size":128,"vocab_size":100,"linear_num_value_heads":4,"linear_num_key_heads":2,"linear_key_head_dim":8,"linear_value_head_dim":8,"max_position_embeddings":32,"layer_types":["linear_attention","full_attention","full_attention","linear_attention"]}""";

        ModelArchitecture model = TestData.Parse(json).Value!;
        model.LayerOrder.ShouldBe([0, 1, 1, 0]);
        model.Layer(0).Attention.Linear!.IsDelta.ShouldBeTrue();
        model.Layer(1).Attention.HasOutputGate.ShouldBeTrue();
        TestData.Parse(json.Replace("[\"linear_attention\"", "[\"sliding_attention\"", StringComparison.Ordinal)).Diagnostics
            .ShouldHaveSingleItem().Code.ShouldBe("ORR2009");
        TestData.Parse(json.Replace(",\"layer_types\":[\"linear_attention\",\"full_attention\",\"full_attention\",\"linear_attention\"]", "", StringComparison.Ordinal))
            .Value!.LayerOrder.ShouldBe([0, 0, 0, 1]);
    }

    [Fact]
    public void A_mistake_inside_a_nested_configuration_is_reported_where_it_stands()
    {
        Result<ModelArchitecture> result = TestData.Parse(
            """
            {"model_type": "gemma3",
             "text_config": {"model_type": "gemma3_text", "hidden_size": 64, "num_hidden_layers": 2,
               "intermediate_size": 128, "sliding_window": 16, "kv_lora_rank": 3},
             "vision_config": {"hidden_size": 32, "image_size": 28, "patch_size": 56, "intermediate_size": 64,
               "num_attention_heads": 3, "num_hidden_layers": 2}}
            """);

        result.Diagnostics.Where(found => found.Severity == Severity.Error).Select(found => (found.Line, found.Code))
            .ShouldBe([(3, "ORR2007"), (4, "ORR2010"), (5, "ORR2010")]);
        TestData.Parse("""{"model_type": "gemma3", "text_config": 3}""").Diagnostics.Select(found => found.Code).ShouldBe(["ORR2005", "ORR2006"]);
    }

    [Fact]
    public void A_path_loads_as_a_name_does()
    {
        ModelArchitecture byName = TestData.Load("llama-2-7b").Value!;
        string folder = Path.Combine(TestData.Root, "models", "llama-2-7b");

        ModelLoader.Load(folder, TestData.Root).Value.ShouldBe(byName);
        ModelLoader.Load(Path.Combine(folder, "config.json"), TestData.Root).Value.ShouldBe(byName);
        byName.Name.ShouldBe("llama-2-7b");
    }

    [Theory]
    [InlineData("llama-3.1-405", "did you mean 'llama-3.1-405b'?")]
    [InlineData("no/such/place", "no such file")]
    [InlineData("", "no model of that name")]
    [InlineData("\0", "no model of that name")]
    [InlineData("..", "no model of that name")]
    public void A_name_that_is_not_there_is_a_diagnostic(string name, string part)
    {
        Diagnostic only = TestData.Load(name).Diagnostics.ShouldHaveSingleItem();

        only.Code.ShouldBe("ORR2001");
        only.Message.ShouldContain(part);
    }

    [Fact]
    public void A_missing_data_root_is_a_diagnostic() =>
        ModelLoader.Load("llama-2-7b", "/no/such/folder").Diagnostics.ShouldHaveSingleItem().Code.ShouldBe("ORR2001");

    [Fact]
    public void An_endless_file_is_a_diagnostic()
    {
        if (!File.Exists("/dev/zero"))
            Assert.Skip("there is no endless file on this system");
        ModelLoader.Load("/dev/zero", TestData.Root).Diagnostics.ShouldHaveSingleItem().Code.ShouldBe("ORR2002");
    }

    [Fact]
    public void A_slice_has_fewer_layers_and_is_another_value()
    {
        ModelArchitecture model = TestData.Load("llama-3.1-70b").Value!;

        ModelArchitecture slice = model.WithLayers(12);
        slice.Layers.ShouldBe(12);
        slice.ShouldNotBe(model);
        slice.ShouldBe(TestData.Load("llama-3.1-70b").Value!.WithLayers(12));
    }
}
