namespace Orrery.Models.Families;

/// <summary>
/// An encoder of sounds and a decoder of text (arXiv:2212.04356): two convolutions turn a spectrogram into half as many vectors, the encoder's layers read
/// those, every decoder layer attends to them.
/// </summary>
internal sealed class SpeechBuilder(ConfigReader config, ModelFamily family, string name, string modelType)
    : ArchitectureBuilder(config, family, name, modelType)
{
    /// <summary>Frames under one step of both convolutions (published model code).</summary>
    private const int Kernel = 3;

    /// <inheritdoc/>
    public override ModelArchitecture? Build()
    {
        int hidden = Config.Integer("d_model", 1, MaximumHidden);
        int encoderLayers = Config.Integer("encoder_layers", 1, MaximumLayers);
        int decoderLayers = Config.Integer("decoder_layers", 1, MaximumLayers);
        int encoderWidth = Config.Integer("encoder_ffn_dim", 1, MaximumWidth);
        int decoderWidth = Config.Integer("decoder_ffn_dim", 1, MaximumWidth);
        int encoderHeads = Config.Integer("encoder_attention_heads", 1, MaximumHeads);
        int decoderHeads = Config.Integer("decoder_attention_heads", 1, MaximumHeads);
        int bins = Config.OptionalInteger("num_mel_bins", 1, MaximumHidden) ?? 80;
        int vocabulary = Config.Integer("vocab_size", 1, MaximumVocabulary);
        int sounds = Config.OptionalInteger("max_source_positions", 1, MaximumPositions >> 1) ?? 1500;
        int positions = Positions("max_target_positions");
        bool tied = Config.OptionalBoolean("tie_word_embeddings") ?? Family.IsTiedByDefault;
        Config.PassOver("num_hidden_layers", "is_encoder_decoder", "scale_embedding", "encoder_layerdrop", "decoder_layerdrop", "use_weighted_layer_sum");

        TokenStream sound = TokenStream.OfEncoder(sounds);
        AttentionDescription Attention(int heads, string key, bool isCausal) => new(
            AttentionKind.Grouped, heads, heads, HeadDim(hidden, heads, "head_dim", key), 0, HasQkvBias: true, HasOutputBias: true, QkNormKind.None, isCausal)
        {
            LeavesOutKeyBias = true,
        };
        AttentionDescription own = Attention(decoderHeads, "decoder_attention_heads", isCausal: true);
        FeedForwardDescription Feed(int width) => new(width, IsGated: false, HasBias: true, 0, 0, 0, 0);
        LayerDescription encoder = new(Attention(encoderHeads, "encoder_attention_heads", isCausal: false), Feed(encoderWidth), 2, NormHasBias: true)
        {
            Stream = sound,
        };
        LayerDescription decoder = new(own, Feed(decoderWidth), 3, NormHasBias: true)
        {
            Cross = new CrossAttentionDescription(
                decoderHeads, decoderHeads, own.HeadDim, 0, sound, HasQkvBias: true, HasOutputBias: true, QkNormKind.None) { LeavesOutKeyBias = true },
        };
        for (int depth = 0; depth < encoderLayers; depth++)
            Add(encoder);
        for (int depth = 0; depth < decoderLayers; depth++)
            Add(decoder);

        return Countable(Layers(hidden, vocabulary, positions) with
        {
            TiedEmbeddings = tied,
            LearnedPositions = true,
            Sides =
            [
                // The first convolution steps by one frame, the second by two.
                new SideBlock("first convolution", TokenStream.OfCondition(2 * sounds), Kernel * bins, hidden, HasBias: true),
                new SideBlock("second convolution", sound, Kernel * hidden, hidden, HasBias: true),
                SideBlock.OfTable("positions of sounds", (long)sounds * hidden),
                SideBlock.OfTable("norm of the encoder", 2L * hidden),
            ],
        });
    }
}
