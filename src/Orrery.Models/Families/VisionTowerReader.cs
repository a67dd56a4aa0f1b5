using System.Collections.Immutable;

namespace Orrery.Models.Families;

/// <summary>What a vision tower adds to a text model.</summary>
internal sealed record VisionTower(LayerDescription Layer, int Layers, VisionDescription Description, ImmutableArray<SideBlock> Sides);

/// <summary>
/// Reads a <c>vision_config</c>: a plain encoder over patches (LayerNorm, biases, no gates), and what turns its output into tokens of the text model.
/// </summary>
internal sealed class VisionTowerReader(ConfigReader outer, ConfigReader vision, string modelType, int textHidden)
{
    private const int MaximumHidden = 1 << 16;
    private const int MaximumWidth = 1 << 20;
    private const int MaximumImage = 1 << 14;
    private const int MaximumHeads = 1 << 12;

    /// <summary>The tower; meaningless where the reader has errors.</summary>
    public VisionTower Read()
    {
        vision.OptionalText("model_type");
        bool isQwen = modelType.StartsWith("qwen", StringComparison.Ordinal);
        int hidden = vision.Integer("hidden_size", 1, MaximumHidden);
        int layers = vision.Integer(isQwen ? "depth" : "num_hidden_layers", 1, 1000);
        string headsKey = isQwen ? "num_heads" : "num_attention_heads";
        int heads = vision.Integer(headsKey, 1, MaximumHeads);
        int width = vision.Integer("intermediate_size", 1, MaximumWidth);
        int patch = vision.Integer("patch_size", 1, 1 << 8);
        int channels = vision.OptionalInteger(isQwen ? "in_channels" : "num_channels", 1, 64) ?? 3;
        if (hidden % heads != 0)
            vision.Error(ModelCodes.Inconsistent, vision.OffsetOf(headsKey), $"'{headsKey}' is {heads}, which does not divide the hidden width {hidden}");
        AttentionDescription attention = new(
            AttentionKind.Grouped, heads, heads, Math.Max(1, hidden / heads), 0, HasQkvBias: true, HasOutputBias: true, QkNormKind.None, IsCausal: false);
        LayerDescription layer = new(attention, new FeedForwardDescription(width, IsGated: false, HasBias: true, 0, 0, 0, 0), 2, NormHasBias: true)
        {
            Hidden = hidden,
        };
        return modelType switch
        {
            "gemma3" => Pooled(layer, layers, patch, channels),
            "llama4" => Shuffled(layer, layers, patch, channels),
            _ when isQwen => Merged(layer, layers, patch, channels),
            _ => Projected(layer, layers, patch, channels),
        };
    }

    /// <summary>Patches of an image of fixed size; 1 with an error where the patch is larger.</summary>
    private int Across(int patch)
    {
        int size = vision.Integer("image_size", 1, MaximumImage);
        if (size >= patch)
            return size / patch;
        vision.Error(ModelCodes.Inconsistent, vision.OffsetOf("image_size"), $"an image of {size} pixels holds no patch of {patch}");
        return 1;
    }

    /// <summary>SigLIP and a projection of pooled patches (arXiv:2503.19786 section 2.1).</summary>
    private VisionTower Pooled(LayerDescription layer, int layers, int patch, int channels)
    {
        int across = Across(patch);
        int patches = across * across;
        int tokens = outer.OptionalInteger("mm_tokens_per_image", 1, 1 << 20) ?? 256;
        vision.PassOver("vision_use_head", "projection_dim");
        int hidden = layer.Hidden;
        return Tower(
            layer,
            layers,
            patches,
            tokens,
            [
                Patches(patches, channels * patch * patch, hidden, hasBias: true),
                SideBlock.OfTable("positions of patches", (long)patches * hidden),
                SideBlock.OfTable("norms of the tower", (2L * hidden) + hidden),
                new SideBlock("image to text", TokenStream.OfImages(1, tokens), hidden, textHidden, HasBias: false),
            ]);
    }

    /// <summary>CLIP and a projector of two products (arXiv:2310.03744).</summary>
    private VisionTower Projected(LayerDescription layer, int layers, int patch, int channels)
    {
        int across = Across(patch);
        int patches = across * across;
        bool hasBias = outer.OptionalBoolean("multimodal_projector_bias") ?? true;
        vision.PassOver("projection_dim", "vocab_size", "image_seq_length");
        int hidden = layer.Hidden;
        TokenStream tokens = TokenStream.OfImages(1, patches);
        return Tower(
            layer,
            layers,
            patches + 1,
            patches,
            [
                Patches(patches, channels * patch * patch, hidden, hasBias: false),
                SideBlock.OfTable("class token and positions of patches", (patches + 2L) * hidden),
                SideBlock.OfTable("norms of the tower", 4L * hidden),
                new SideBlock("image to text, first product", tokens, hidden, textHidden, hasBias),
                new SideBlock("image to text, second product", tokens, textHidden, textHidden, hasBias),
            ]);
    }

    /// <summary>Llama 4: neighbouring patches are folded into one token, adapted and projected (published model code).</summary>
    private VisionTower Shuffled(LayerDescription layer, int layers, int patch, int channels)
    {
        int across = Across(patch);
        int patches = across * across;
        double ratio = vision.OptionalNumber("pixel_shuffle_ratio", 1e-2, 1) ?? 0.5;
        int folded = Math.Max(1, (int)Math.Round(patches * ratio * ratio));
        int hidden = layer.Hidden;
        int joined = (int)Math.Min(MaximumWidth, Math.Round(hidden / (ratio * ratio)));
        int between = vision.OptionalInteger("projector_input_dim", 1, MaximumWidth) ?? 4096;
        int output = vision.OptionalInteger("projector_output_dim", 1, MaximumWidth) ?? between;
        vision.PassOver(
            "vision_output_dim", "vision_feature_layer", "vision_feature_select_strategy", "projector_dropout", "multi_modal_projector_bias");
        TokenStream tokens = TokenStream.OfImages(1, folded);
        return Tower(
            layer,
            layers,
            patches + 1,
            folded,
            [
                Patches(patches, channels * patch * patch, hidden, hasBias: false),
                SideBlock.OfTable("class token and positions of patches", (patches + 2L) * hidden),
                SideBlock.OfTable("norms of the tower", 4L * hidden),
                new SideBlock("adapter, first product", tokens, joined, between, HasBias: false),
                new SideBlock("adapter, second product", tokens, between, output, HasBias: false),
                new SideBlock("image to text", tokens, output, textHidden, HasBias: false),
            ]);
    }

    /// <summary>
    /// Qwen-VL: patches of two frames, merged four to a token, with further mergers for the layers whose features the text model's first layers add.
    /// Images have any size; the one whose positions the table holds is taken.
    /// </summary>
    private VisionTower Merged(LayerDescription layer, int layers, int patch, int channels)
    {
        int merge = vision.OptionalInteger("spatial_merge_size", 1, 16) ?? 2;
        int frames = vision.OptionalInteger("temporal_patch_size", 1, 16) ?? 2;
        int patches = vision.Integer("num_position_embeddings", 1, 1 << 20);
        int output = vision.OptionalInteger("out_hidden_size", 1, MaximumHidden) ?? textHidden;
        int further = vision.OptionalList("deepstack_visual_indexes").Count;
        int hidden = layer.Hidden;
        int joined = (int)Math.Min(MaximumWidth, (long)hidden * merge * merge);
        int tokens = Math.Max(1, patches / (merge * merge));
        TokenStream rows = TokenStream.OfImages(1, tokens);
        List<SideBlock> sides =
        [
            Patches(patches, channels * frames * patch * patch, hidden, hasBias: true),
            SideBlock.OfTable("positions of patches", (long)patches * hidden),
        ];
        for (int merger = 0; merger <= further; merger++)
        {
            // The last merger norms patches, the others what they have joined.
            sides.Add(SideBlock.OfTable("norm of a merger", 2L * (merger == 0 ? hidden : joined)));
            sides.Add(new SideBlock("merger, first product", rows, joined, joined, HasBias: true));
            sides.Add(new SideBlock("merger, second product", rows, joined, output, HasBias: true));
        }

        VisionTower tower = Tower(layer, layers, patches, tokens, [.. sides]);
        return tower with { Description = tower.Description with { PatchSide = patch, PatchesPerToken = merge * merge } };
    }

    private static SideBlock Patches(int patches, int input, int hidden, bool hasBias) =>
        new("patches", TokenStream.OfImages(1, patches), input, hidden, hasBias);

    private static VisionTower Tower(LayerDescription layer, int layers, int patches, int tokens, ImmutableArray<SideBlock> sides) =>
        new(layer with { Stream = TokenStream.OfImages(1, patches) }, layers, new VisionDescription(patches, tokens, layers), sides);
}
