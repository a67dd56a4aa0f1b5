namespace Orrery.Models.Families;

/// <summary>Image diffusion by class labels, with adaptive norms that each block makes by a product of its own (arXiv:2212.09748).</summary>
internal sealed class ImageDiffusionBuilder(ConfigReader config, ModelFamily family, string name, string modelType)
    : DiffusionBuilder(config, family, name, modelType)
{
    /// <inheritdoc/>
    public override ModelArchitecture? Build()
    {
        KeyNames keys = Family.Keys;
        (int hidden, int layers, int heads, int headDim) = Widths();
        int patch = Config.Integer("patch_size", 1, MaximumPatch);
        int channels = Config.Integer("in_channels", 1, MaximumChannels);
        // Noise and its variance are both predicted unless the file says otherwise.
        int output = Config.OptionalInteger("out_channels", 1, 2 * MaximumChannels) ?? 2 * channels;
        int size = Config.OptionalInteger("sample_size", 1, 1 << 14) ?? Config.Integer("sample_size_latent", 1, 1 << 14);
        int classes = Config.OptionalInteger("num_classes", 0, MaximumVocabulary) ?? Config.OptionalInteger("num_embeds_ada_norm", 0, MaximumVocabulary) ?? 0;
        Config.PassOver("norm_type", "norm_elementwise_affine", "norm_num_groups", "activation_fn", "upcast_attention", "dropout", "attention_bias");
        double ratio = Config.OptionalNumber("mlp_ratio", 1e-3, 1e3) ?? 4;
        int width = Config.OptionalInteger(keys.Width, 1, MaximumWidth) ?? (int)Math.Clamp(hidden * ratio, 1, MaximumWidth);
        if (size < patch)
            Config.Error(ModelCodes.Inconsistent, Config.OffsetOf("sample_size_latent"), $"latents of {size} by {size} hold no patch of {patch} by {patch}");

        (int frameStride, int pixelStride) = AutoencoderStride();
        if (pixelStride == 0)
            (frameStride, pixelStride) = (1, Family.PixelStride);
        AttentionDescription attention = new(
            AttentionKind.Grouped, heads, heads, headDim, 0, HasQkvBias: true, HasOutputBias: true, QkNormKind.None, IsCausal: false);
        LayerDescription layer = new(
            attention, new FeedForwardDescription(width, IsGated: false, HasBias: true, 0, 0, 0, 0), 2, NormHasBias: false, NormHasWeight: false)
        {
            Modulation = new ModulationDescription(ModulationVectors, IsProjected: true),
        };
        for (int depth = 0; depth < layers; depth++)
            Add(layer);

        int across = Math.Max(1, size / patch);
        return Countable(Patches(
            hidden,
            patch * patch * output,
            across * across,
            new LatentGridDescription(1, patch, patch, frameStride, pixelStride),
            [
                new SideBlock("patches", default, patch * patch * channels, hidden, HasBias: true),
                .. TimeEmbedding(hidden),
                // One more row, for images without a label.
                SideBlock.OfTable("labels", classes > 0 ? (classes + 1L) * hidden : 0),
                new SideBlock("modulation of the last norm", OneRow, hidden, 2 * hidden, HasBias: true, IsAtEnd: true),
            ]));
    }
}
