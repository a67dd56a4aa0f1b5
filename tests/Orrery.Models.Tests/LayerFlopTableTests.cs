using Shouldly;
using Xunit;

namespace Orrery.Models.Tests;

/// <summary>
/// Forward FLOP of one layer of each kind of architecture, worked out by hand from the widths on the model cards: what the report's useful work rests on.
/// A multiply and an add are two; a causal layer's pairs are half of the square.
/// </summary>
public sealed class LayerFlopTableTests
{
    /// <summary>Model, layer, tokens, FLOP of products, FLOP of scores and weighted values.</summary>
    public static TheoryData<string, int, double, double, double> Layers() => new()
    {
        // Latent attention: narrow vectors of 1,536 and 512 + 64, heads of 128 + 64 queries and keys and 128 values; a dense layer, then 8 of 256 experts and a shared one.
        { "deepseek-v3", 0, 4096, 2.0 * 4096 * (LatentV3 + (3.0 * 7168 * 18432)), 4096.0 * 4096 * 128 * (192 + 128) },
        { "deepseek-v3", 5, 4096, 2.0 * 4096 * (LatentV3 + (7168.0 * 256) + (9 * 3.0 * 7168 * 2048)), 4096.0 * 4096 * 128 * (192 + 128) },

        // Queries without a narrow vector would be one product; 6 of 160 experts and two shared ones.
        { "deepseek-v2", 7, 4096, 2.0 * 4096 * ((5120.0 * 1536) + (1536.0 * 128 * 192) + (5120.0 * 576) + (512.0 * 128 * 256) + (128.0 * 128 * 5120) + (5120.0 * 160) + (8 * 3.0 * 5120 * 1536)), 4096.0 * 4096 * 128 * 320 },

        // Every second layer within 128 tokens; 64 heads of 64, 8 of keys and values; 4 of 128 experts.
        { "gpt-oss-120b", 0, 8192, GptOss(8192), 4 * ((8192.0 * 128) - (128.0 * 128 / 2)) * 4096 },
        { "gpt-oss-120b", 1, 8192, GptOss(8192), 4 * (8192.0 * 8192 / 2) * 4096 },

        // Chunks of 8,192 in three of four layers; every second layer has one of 128 experts beside a shared one.
        { "llama-4-maverick", 0, 20000, 2.0 * 20000 * (Llama4 + (3.0 * 5120 * 16384)), 4 * ((2 * 8192.0 * 8192 / 2) + (3616.0 * 3616 / 2)) * 5120 },
        { "llama-4-maverick", 1, 20000, 2.0 * 20000 * (Llama4 + (5120.0 * 128) + (2 * 3.0 * 5120 * 8192)), 4 * ((2 * 8192.0 * 8192 / 2) + (3616.0 * 3616 / 2)) * 5120 },
        { "llama-4-maverick", 3, 20000, 2.0 * 20000 * (Llama4 + (5120.0 * 128) + (2 * 3.0 * 5120 * 8192)), 4 * (20000.0 * 20000 / 2) * 5120 },

        // Windows of 1,024 in five of six layers.
        { "gemma-3-27b", 0, 8192, Gemma3(8192), 4 * ((8192.0 * 1024) - (1024.0 * 1024 / 2)) * 32 * 128 },
        { "gemma-3-27b", 5, 8192, Gemma3(8192), 4 * (8192.0 * 8192 / 2) * 32 * 128 },
        { "qwen3-235b-a22b", 0, 4096, 2.0 * 4096 * ((4096.0 * (8192 + 1024)) + (8192.0 * 4096) + (4096.0 * 128) + (8 * 3.0 * 4096 * 1536)), 4 * (4096.0 * 4096 / 2) * 8192 },

        // Multi-query attention, no gates.
        { "falcon-7b, output projection stored", 0, 2048, 2.0 * 2048 * ((4544.0 * (4544 + 128)) + (4544.0 * 4544) + (8 * 4544.0 * 4544)), 4 * (2048.0 * 2048 / 2) * 4544 },

        // Mamba-2: values and gate of 5,120, one group of 128 for keys and for queries, 80 steps; 80 states of 64 x 128.
        { "mamba2-2.7b", 0, 8192, 2.0 * 8192 * 2560 * (10240 + 256 + 80 + 5120), 8192.0 * 4 * 80 * 64 * 128 },

        // Decoder layers project as many tokens of the encoder to keys and values and attend to all of them.
        { "t5-base", 0, 512, 2.0 * 512 * ((4.0 * 768 * 768) + (2.0 * 768 * 3072)), 4 * (512.0 * 512) * 768 },
        { "t5-base", 12, 512, 2.0 * 512 * ((8.0 * 768 * 768) + (2.0 * 768 * 3072)), (4 * (512.0 * 512 / 2) * 768) + (4 * 512.0 * 512 * 768) },
        { "whisper-large-v3", 0, 448, 2.0 * 1500 * 12 * 1280 * 1280, 4 * 1500.0 * 1500 * 1280 },
        { "whisper-large-v3", 40, 448, (2.0 * 448 * ((4 + 2 + 8.0) * 1280 * 1280)) + (2.0 * 1500 * 2 * 1280 * 1280), (4 * (448.0 * 448 / 2) * 1280) + (4 * 448.0 * 1500 * 1280) },

        // A tower on 64 x 64 patches of one image, whatever the text's length.
        { "gemma-3-4b-it", 0, 8192, 2.0 * 4096 * ((4.0 * 1152 * 1152) + (2.0 * 1152 * 4304)), 4 * 4096.0 * 4096 * 1152 },

        // Six vectors a sequence modulate a block.
        { "dit-xl-2", 0, 256, (2.0 * 256 * 12 * 1152 * 1152) + (2.0 * 6 * 1152 * 1152), 4 * 256.0 * 256 * 1152 },
        { "wan2.1-t2v-14b", 0, 32760, (2.0 * 32760 * ((6.0 * 5120 * 5120) + (2.0 * 5120 * 13824))) + (2.0 * 512 * 2 * 5120 * 5120), (4 * 32760.0 * 32760 * 5120) + (4 * 32760.0 * 512 * 5120) },

        // Text and image with weights of their own, then with one set for both; all attend to all.
        { "flux.1-dev", 0, 4096, (2.0 * 4608 * 12 * 3072 * 3072) + (2.0 * 2 * 6 * 3072 * 3072), 4 * 4608.0 * 4608 * 3072 },
        { "flux.1-dev", 30, 4096, (2.0 * 4608 * 12 * 3072 * 3072) + (2.0 * 3 * 3072 * 3072), 4 * 4608.0 * 4608 * 3072 },
    };

    private static double LatentV3 => (7168.0 * 1536) + (1536.0 * 128 * 192) + (7168.0 * (512 + 64)) + (512.0 * 128 * (128 + 128)) + (128.0 * 128 * 7168);

    private static double Llama4 => (5120.0 * (5120 + (2 * 1024))) + (5120.0 * 5120);

    [Theory]
    [MemberData(nameof(Layers))]
    public void A_layer_has_the_flop_of_the_table(string name, int depth, double tokens, double products, double scores)
    {
        ModelArchitecture model = ModelLoader.List(TestData.Root).Contains(name) ? TestData.Load(name).Value! : PublishedConfigurations.Load(name);
        LayerDescription layer = model.Layer(depth);
        LayerFlops.Linear(layer, model.Hidden, tokens).ShouldBe(products, products * 1e-12);
        LayerFlops.Attention(layer, tokens, AttentionCounting.Once).ShouldBe(scores, scores * 1e-12);
    }

    private static double GptOss(double tokens) => 2 * tokens * ((2880.0 * (4096 + (2 * 512))) + (4096.0 * 2880) + (2880.0 * 128) + (4 * 3.0 * 2880 * 2880));

    private static double Gemma3(double tokens) => 2 * tokens * ((5376.0 * (4096 + (2 * 2048))) + (4096.0 * 5376) + (3.0 * 5376 * 21504));
}
