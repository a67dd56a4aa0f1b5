namespace Orrery.Models.Families;

/// <summary>
/// Video diffusion with full attention over all frames, a text by cross-attention in every block, and one product of the time step that all blocks add a
/// table to (Wan 2.1, arXiv:2503.20314).
/// </summary>
internal sealed class VideoDiffusionBuilder(ConfigReader config, ModelFamily family, string name, string modelType)
    : DiffusionBuilder(config, family, name, modelType)
{
    /// <inheritdoc/>
    public override ModelArchitecture? Build()
    {
        KeyNames keys = Family.Keys;
        (int hidden, int layers, int heads, int headDim) = Widths();
        int width = Config.OptionalInteger("ffn_dim", 1, MaximumWidth) ?? Config.Integer(keys.Width, 1, MaximumWidth);
        int[] patch = Config.OptionalIntegers("patch_size", 3, 1, MaximumPatch) ?? [1, 2, 2];
        int channels = Config.Integer("in_channels", 1, MaximumChannels);
        int output = Config.OptionalInteger("out_channels", 1, MaximumChannels) ?? channels;
        int textWidth = CodebookDecoderBuilder.TextWidth(Config, MaximumHidden) ?? Config.Integer("text_dim", 1, MaximumHidden);
        int textTokens = Config.OptionalInteger("text_len", 1, MaximumPositions) ?? TextTokens();
        bool isCausal = Config.OptionalBoolean("causal") ?? Family.IsCausal;
        int positions = Positions(keys.Positions);
        (int frameStride, int pixelStride) = AutoencoderStride();
        if (pixelStride == 0)
            (frameStride, pixelStride) = (Family.FrameStride, Family.PixelStride);
        // What conditions on an image has further products; positions and norms change no shape.
        foreach (string key in (ReadOnlySpan<string>)["image_dim", "added_kv_proj_dim"])
        {
            if (Config.OptionalInteger(key, 1, MaximumHidden) is not null)
                Config.Error(ModelCodes.NotSupported, Config.OffsetOf(key), $"'{key}' is given: conditioning on an image cannot be described");
        }

        Config.PassOver("eps", "rope_max_seq_len", "cross_attn_norm", "qk_norm", "pos_embed_seq_len");

        TokenStream text = TokenStream.OfCondition(textTokens);
        AttentionDescription attention = new(
            AttentionKind.Grouped, heads, heads, headDim, 0, HasQkvBias: true, HasOutputBias: true, QkNormKind.WholeProjection, isCausal);
        LayerDescription layer = new(attention, new FeedForwardDescription(width, IsGated: false, HasBias: true, 0, 0, 0, 0), 1, NormHasBias: true)
        {
            // The norms before self-attention and feed-forward have no weights; the one before cross-attention has.
            WeightlessNorms = 2,
            Cross = new CrossAttentionDescription(heads, heads, headDim, 0, text, HasQkvBias: true, HasOutputBias: true, QkNormKind.WholeProjection),
            Modulation = new ModulationDescription(ModulationVectors, IsProjected: false),
        };
        for (int depth = 0; depth < layers; depth++)
            Add(layer);

        int volume = patch[0] * patch[1] * patch[2];
        return Countable(Patches(
            hidden,
            volume * output,
            positions,
            new LatentGridDescription(patch[0], patch[1], patch[2], frameStride, pixelStride),
            [
                new SideBlock("patches", default, volume * channels, hidden, HasBias: true),
                new SideBlock("text, first product", text, textWidth, hidden, HasBias: true),
                new SideBlock("text, second product", text, hidden, hidden, HasBias: true),
                .. TimeEmbedding(hidden),
                new SideBlock("modulation of all blocks", OneRow, hidden, ModulationVectors * hidden, HasBias: true),
                SideBlock.OfTable("modulation of the last norm", 2L * hidden, isAtEnd: true),
            ]));
    }

    private int TextTokens()
    {
        Config.Note(ModelCodes.DefaultTaken, Config.OffsetOf("text_dim"), $"'text_len' is missing; {Family.TextTokens} tokens of text, those of the published pipeline, are taken");
        return Family.TextTokens;
    }
}
