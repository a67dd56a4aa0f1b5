namespace Orrery.Models.Families;

/// <summary>
/// Image and video diffusion in which text and image attend to each other as one sequence: first blocks with weights for each (double), then, in some,
/// blocks with one set for both and attention beside the feed-forward part (single). Widths and counts as the published model code defines them.
/// </summary>
internal sealed class JointDiffusionBuilder(ConfigReader config, ModelFamily family, string name, string modelType)
    : DiffusionBuilder(config, family, name, modelType)
{
    /// <summary>Vectors that modulate a single block: shift, scale and gate of both parts together.</summary>
    private const int SingleVectors = 3;

    /// <summary>Vectors that modulate a refiner's block: gates of attention and of the feed-forward part.</summary>
    private const int RefinerVectors = 2;

    /// <inheritdoc/>
    public override ModelArchitecture? Build()
    {
        bool isVideo = Family.JointText == JointTextRule.Refined;
        int heads = Config.Integer("num_attention_heads", 1, MaximumHeads);
        int headDim = Config.Integer("attention_head_dim", 1, MaximumHeadDim);
        int hidden = (int)Math.Clamp((long)heads * headDim, 1, MaximumHidden);
        if ((long)heads * headDim > MaximumHidden)
            Config.Error(ModelCodes.TooLarge, Config.OffsetOf("num_attention_heads"), $"{heads} heads of {headDim} are wider than {MaximumHidden}");
        int doubles = Config.Integer("num_layers", 1, MaximumLayers);
        int singles = Family.JointText == JointTextRule.Separate ? 0 : Config.OptionalInteger("num_single_layers", 0, MaximumLayers) ?? 0;
        int channels = Config.Integer("in_channels", 1, MaximumChannels);
        int patch = Config.OptionalInteger("patch_size", 1, MaximumPatch) ?? 1;
        int patchFrames = Config.OptionalInteger("patch_size_t", 1, MaximumPatch) ?? 1;
        int output = Config.OptionalInteger("out_channels", 1, MaximumChannels) ?? channels;
        int textWidth = Config.OptionalInteger("text_embed_dim", 1, MaximumHidden) ?? Config.Integer("joint_attention_dim", 1, MaximumHidden);
        int pooled = Config.OptionalInteger("pooled_projection_dim", 1, MaximumHidden) ?? 0;
        bool hasGuidance = Config.OptionalBoolean("guidance_embeds") ?? false;
        double ratio = Config.OptionalNumber("mlp_ratio", 1e-3, 1e3) ?? 4;
        int width = (int)Math.Clamp(hidden * ratio, 1, MaximumWidth);
        int refiners = isVideo ? Config.OptionalInteger("num_refiner_layers", 0, MaximumLayers) ?? 2 : 0;
        int positions = Positions("max_position_embeddings");
        TokenStream text = Text();
        (int frameStride, int pixelStride) = AutoencoderStride();
        if (pixelStride == 0)
            (frameStride, pixelStride) = (Family.FrameStride, Family.PixelStride);
        Config.PassOver("eps", "axes_dims_rope", "rope_axes_dim", "rope_theta", "qk_norm", "axes_dim", "image_condition_type");

        AttentionDescription attention = new(
            AttentionKind.Grouped, heads, heads, headDim, 0, HasQkvBias: true, HasOutputBias: true, QkNormKind.PerHead, IsCausal: false);
        FeedForwardDescription feed = new(width, IsGated: false, HasBias: true, 0, 0, 0, 0);
        LayerDescription refiner = new(attention with { QkNorm = QkNormKind.None }, feed, 2, NormHasBias: true)
        {
            Stream = text, Modulation = new ModulationDescription(RefinerVectors, IsProjected: true),
        };
        LayerDescription separate = new(attention, feed, 0, NormHasBias: false)
        {
            WeightlessNorms = 2, Joint = new JointTextDescription(text, HasOwnWeights: true), Modulation = new ModulationDescription(ModulationVectors, IsProjected: true),
        };

        // One product makes queries, keys, values and the inner width, another takes both parts' results back: one bias of the hidden width, not two.
        LayerDescription together = new(attention with { HasOutputBias = false }, feed, 0, NormHasBias: false)
        {
            WeightlessNorms = 1,
            IsParallel = true,
            Joint = new JointTextDescription(text, HasOwnWeights: false),
            Modulation = new ModulationDescription(SingleVectors, IsProjected: true),
        };
        for (int depth = 0; depth < refiners; depth++)
            Add(refiner);
        for (int depth = 0; depth < doubles; depth++)
            Add(separate);
        for (int depth = 0; depth < singles; depth++)
            Add(together);

        // An image's latents are packed two by two before the network where the file's own patch is 1.
        int side = patch == 1 ? 2 : patch;
        bool isPacked = patch == 1 || Family.JointText == JointTextRule.Separate;
        int input = isPacked ? channels : patch * patch * patchFrames * channels;
        List<SideBlock> sides = [new SideBlock("patches", default, input, hidden, HasBias: true), .. TimeEmbedding(hidden)];
        if (hasGuidance)
            sides.AddRange(TimeEmbedding(hidden));
        if (pooled > 0 && Family.JointText != JointTextRule.Separate)
            sides.AddRange(TwoProducts("pooled text", OneRow, pooled, hidden));
        if (isVideo)
        {
            sides.AddRange(TimeEmbedding(hidden));
            sides.AddRange(TwoProducts("mean of the text", OneRow, textWidth, hidden));
        }

        sides.Add(new SideBlock("text", text, textWidth, hidden, HasBias: true));
        if (Family.JointText == JointTextRule.Separate)
            sides.Add(SideBlock.OfTable("norm of the text", textWidth));
        sides.Add(new SideBlock("modulation of the last norm", OneRow, hidden, 2 * hidden, HasBias: true, IsAtEnd: true));
        return Countable(Patches(
            hidden, patch * patch * patchFrames * output, positions, new LatentGridDescription(patchFrames, side, side, frameStride, pixelStride), sides));
    }

    private TokenStream Text()
    {
        int? stated = Config.OptionalInteger("text_len", 1, MaximumPositions);
        if (stated is null)
            Config.Note(ModelCodes.DefaultTaken, Config.OffsetOf("num_layers"), $"'text_len' is missing; {Family.TextTokens} tokens of text, those of the published pipeline, are taken");
        return TokenStream.OfCondition(stated ?? Family.TextTokens);
    }

    private static IEnumerable<SideBlock> TwoProducts(string name, TokenStream rows, int input, int hidden) =>
    [
        new SideBlock($"{name}, first product", rows, input, hidden, HasBias: true),
        new SideBlock($"{name}, second product", rows, hidden, hidden, HasBias: true),
    ];
}
