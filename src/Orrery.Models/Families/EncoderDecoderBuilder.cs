namespace Orrery.Models.Families;

/// <summary>An encoder's layers over one text, then a decoder's over another with attention to the first (arXiv:1910.10683).</summary>
internal sealed class EncoderDecoderBuilder(ConfigReader config, ModelFamily family, string name, string modelType)
    : ArchitectureBuilder(config, family, name, modelType)
{
    /// <inheritdoc/>
    public override ModelArchitecture? Build()
    {
        KeyNames keys = Family.Keys;
        int hidden = Config.Integer(keys.Hidden, 1, MaximumHidden);
        int encoderLayers = Config.Integer(keys.Layers, 1, MaximumLayers);
        int decoderLayers = Config.OptionalInteger("num_decoder_layers", 1, MaximumLayers) ?? encoderLayers;
        int vocabulary = Config.Integer("vocab_size", 1, MaximumVocabulary);
        int positions = Positions(keys.Positions);
        int heads = Config.Integer(keys.Heads, 1, MaximumHeads);
        int headDim = HeadDim(hidden, heads, keys.HeadDim, keys.Heads);
        int width = Config.Integer(keys.Width, 1, MaximumWidth);
        int buckets = Config.OptionalInteger("relative_attention_num_buckets", 1, MaximumHeads) ?? 32;
        bool isGated = Config.OptionalBoolean("is_gated_act") ?? false;
        isGated |= Config.OptionalText("feed_forward_proj")?.StartsWith("gated-", StringComparison.Ordinal) ?? false;
        bool tied = Config.OptionalBoolean("tie_word_embeddings") ?? Family.IsTiedByDefault;
        Config.PassOver("is_encoder_decoder", "dense_act_fn", "relative_attention_max_distance", "dropout_rate");

        TokenStream text = TokenStream.OfEncoder(0);
        AttentionDescription attention = new(
            AttentionKind.Grouped, heads, heads, headDim, 0, HasQkvBias: false, HasOutputBias: false, QkNormKind.None, IsCausal: false);
        FeedForwardDescription feed = new(width, isGated, HasBias: false, 0, 0, 0, 0);
        CrossAttentionDescription cross = new(heads, heads, headDim, 0, text, HasQkvBias: false, HasOutputBias: false, QkNormKind.None);
        LayerDescription encoder = new(attention, feed, 2, NormHasBias: false) { Stream = text };
        LayerDescription decoder = new(attention with { IsCausal = true }, feed, 3, NormHasBias: false) { Cross = cross };
        for (int depth = 0; depth < encoderLayers; depth++)
            Add(encoder);
        for (int depth = 0; depth < decoderLayers; depth++)
            Add(decoder);

        // Scores have a learned number for each distance and head: one table for each side, or one for each layer.
        bool hasTables = Family.HasTableInEveryLayer;
        long table = (long)buckets * heads;
        return Countable(Layers(hidden, vocabulary, positions) with
        {
            TiedEmbeddings = tied,
            Sides =
            [
                SideBlock.OfTable("distances of the encoder", table * (hasTables ? encoderLayers : 1)),
                SideBlock.OfTable("norm of the encoder", hidden),
                SideBlock.OfTable("distances of the decoder", table * (hasTables ? decoderLayers : 1)),
            ],
        });
    }
}
