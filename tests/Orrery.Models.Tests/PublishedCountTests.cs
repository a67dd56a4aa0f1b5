using Orrery.Catalog;
using Shouldly;
using Xunit;

namespace Orrery.Models.Tests;

/// <summary>Families that the catalogue has no folder of, against the parameter counts their model cards print.</summary>
public sealed class PublishedCountTests
{
    [Theory]
    [InlineData("gpt2", """{"model_type":"gpt2","n_embd":768,"n_layer":12,"n_head":12,"vocab_size":50257,"n_positions":1024,"n_ctx":1024}""", 124_439_808)]
    [InlineData(
        "gpt-neox-20b",
        """{"model_type":"gpt_neox","hidden_size":6144,"num_hidden_layers":44,"num_attention_heads":64,"intermediate_size":24576,"vocab_size":50432,"max_position_embeddings":2048,"rotary_pct":0.25}""",
        20_554_567_680)]
    [InlineData(
        "olmo-7b",
        """{"model_type":"olmo","hidden_size":4096,"num_hidden_layers":32,"num_attention_heads":32,"intermediate_size":11008,"vocab_size":50304,"clip_qkv":null}""",
        6_888_095_744)]
    [InlineData(
        "olmo-2-7b",
        """{"model_type":"olmo2","hidden_size":4096,"num_hidden_layers":32,"num_attention_heads":32,"intermediate_size":11008,"vocab_size":100352}""",
        7_298_617_344)]
    public void A_family_outside_the_catalogue_has_its_published_count(string name, string json, long total)
    {
        Result<ModelArchitecture> result = TestData.Parse(json);

        result.IsSuccess.ShouldBeTrue($"{name}: {string.Join('\n', result.Diagnostics)}");
        ParameterCount.Of(result.Value!).Total.ShouldBe(total);
    }
}
