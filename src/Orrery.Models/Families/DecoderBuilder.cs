using System.Collections.Immutable;
using Orrery.Models.Json;
using Orrery.Units;

namespace Orrery.Models.Families;

/// <summary>One stack of layers over one sequence: attention or what stands for it, feed-forward or experts, each layer by the rules of its family.</summary>
internal sealed class DecoderBuilder(ConfigReader config, ModelFamily family, string name, string modelType)
    : ArchitectureBuilder(config, family, name, modelType)
{
    /// <inheritdoc/>
    public override ModelArchitecture? Build()
    {
        KeyNames keys = Family.Keys;
        int hidden = Config.Integer(keys.Hidden, 1, MaximumHidden);
        int layers = Config.Integer(keys.Layers, 1, MaximumLayers);
        int vocabulary = Config.Integer("vocab_size", 1, MaximumVocabulary);
        int positions = Family.Mixers == MixerRule.Mamba2 ? Family.DefaultPositions : Positions(keys.Positions);
        bool isMpt = Family.KvHeads == KvHeadRule.Mpt;
        bool isBiased = isMpt && !(Config.OptionalBoolean("no_bias") ?? false);
        AttentionDescription attention = Family.Mixers == MixerRule.Mamba2 ? AttentionDescription.None : Attention(hidden, keys, isBiased);
        int width = Family.Mixers == MixerRule.Mamba2 ? 0 : Width(hidden);
        bool feedForwardBias = isBiased || Bias(Family.FeedForwardBias, Family.KvHeads == KvHeadRule.Falcon ? "bias" : "mlp_bias");
        bool tied = Config.OptionalBoolean("tie_word_embeddings") ?? Family.IsTiedByDefault;
        int tokenTypes = Family.IsBert ? Config.OptionalInteger("type_vocab_size", 0, MaximumVocabulary) ?? 2 : 0;

        MixerReader mixers = new(Config, Family, hidden, layers);
        int denseWidth = Family.Experts == ExpertRule.Llama4 ? Config.OptionalInteger("intermediate_size_mlp", 1, MaximumWidth) ?? width : width;
        FeedForwardDescription dense = width == 0 ? FeedForwardDescription.None : new(denseWidth, Family.IsGated, feedForwardBias, 0, 0, 0, 0);
        FeedForwardDescription?[] experts = new ExpertReader(Config, Family).Read(layers, width, feedForwardBias, mixers.HasExperts);
        AttentionDescription[] attending = new WindowReader(Config, Family).Read(attention, layers, mixers.NamesLayerTypes);
        int norms = Norms();
        bool normHasBias = isMpt ? isBiased : Family.NormHasBias;
        for (int depth = 0; depth < layers; depth++)
        {
            LayerDescription layer = new(attending[depth], experts[depth] ?? dense, norms, normHasBias, Family.NormHasWeight);
            Add(mixers.Apply(layer, depth));
        }

        bool hasLearnedPositions = Family.LearnedPositions || (isMpt && HasMptPositions());
        ModelArchitecture model = Layers(hidden, vocabulary, positions) with
        {
            TiedEmbeddings = tied,
            LearnedPositions = hasLearnedPositions,
            TokenTypes = tokenTypes,
            HasEmbeddingNorm = Family.IsBert,
            HasPooler = Family.IsBert,
            HasHeadTransform = Family.IsBert,
            FinalNormHasBias = normHasBias,
            PredictionModules = PredictionModules(),
            Checkpoint = Checkpoint(),
        };
        return Countable(model);
    }

    private int Width(int hidden)
    {
        if (Family.KvHeads == KvHeadRule.Mpt)
            return Whole(hidden, Config.OptionalNumber("expansion_ratio", 1e-3, 1e3) ?? 4, "expansion_ratio");
        string key = Family.Keys.Width;
        // Layers of one part each need no dense width where none of them is dense.
        if (Family.Mixers == MixerRule.Nemotron)
            return Config.OptionalInteger(key, 1, MaximumWidth) ?? 0;
        if (Family.DefaultWidthFactor > 0)
            return Config.OptionalInteger(key, 1, MaximumWidth) ?? Math.Min(MaximumWidth, Family.DefaultWidthFactor * hidden);

        // A mixture without dense layers may leave it out.
        return Family.Experts == ExpertRule.Qwen && Family.Mixers == MixerRule.GatedDelta && Config.Find("num_experts") is not null
            ? Config.OptionalInteger(key, 1, MaximumWidth) ?? 0
            : Config.Integer(key, 1, MaximumWidth);
    }

    private int Whole(int hidden, double ratio, string key)
    {
        double width = hidden * ratio;
        if (double.IsInteger(width) && width is >= 1 and <= MaximumWidth)
            return (int)width;
        Config.Error(ModelCodes.Inconsistent, Config.OffsetOf(key), $"'{key}' is {ratio} times a hidden width of {hidden}, which is no whole width up to {MaximumWidth}");
        return 1;
    }

    /// <summary>One norm serves both parts of a layer where they stand beside each other in the first Falcon models.</summary>
    private int Norms()
    {
        if (Family.KvHeads != KvHeadRule.Falcon)
            return Family.Norms;
        bool isNew = Config.OptionalBoolean("new_decoder_architecture") ?? false;
        bool isParallel = Config.OptionalBoolean("parallel_attn") ?? true;
        int given = Config.OptionalInteger("num_ln_in_parallel_attn", 1, 2) ?? 2;
        return isNew ? given : isParallel ? 1 : 2;
    }

    private bool HasMptPositions()
    {
        bool hasBiasInstead = Config.OptionalGroup("attn_config")?.OptionalBoolean("alibi") ?? false;
        return (Config.OptionalBoolean("learned_pos_emb") ?? false) && !hasBiasInstead;
    }

    private AttentionDescription Attention(int hidden, KeyNames keys, bool isBiased)
    {
        int heads = Config.Integer(keys.Heads, 1, MaximumHeads);
        int kvHeads = KvHeads(heads, keys);
        if (Family.IsLatent)
            return Latent(heads, kvHeads);

        string headDimKey = Family.Mixers == MixerRule.Nemotron && Config.Find("attention_head_dim") is not null ? "attention_head_dim" : keys.HeadDim;
        int headDim = HeadDim(hidden, heads, headDimKey, keys.Heads, Family.DefaultHeadDim);
        if (heads % kvHeads != 0)
        {
            Config.Error(
                ModelCodes.Inconsistent,
                Config.OffsetOf(keys.KvHeads),
                $"'{keys.KvHeads}' is {kvHeads}, which does not divide the {heads} attention heads");
            kvHeads = heads;
        }

        string biasKey = Family.KvHeads == KvHeadRule.Falcon ? "bias" : "attention_bias";
        bool hasNorm = !Family.QkNormNeedsKey || (Config.OptionalBoolean("use_qk_norm") ?? false);
        return new AttentionDescription(
            AttentionKind.Grouped,
            heads,
            kvHeads,
            headDim,
            0,
            isBiased || Bias(Family.QkvBias, biasKey),
            isBiased || Bias(Family.OutputBias, biasKey),
            hasNorm ? Family.QkNorm : QkNormKind.None,
            Config.OptionalBoolean("causal") ?? Family.IsCausal)
        {
            HasSinks = Family.HasSinks,
            HasOutputGate = Family.HasOutputGate && (Config.OptionalBoolean("attn_output_gate") ?? true),
        };
    }

    private int KvHeads(int heads, KeyNames keys)
    {
        if (Family.KvHeads == KvHeadRule.Falcon)
        {
            bool isNumber = Config.OptionalBoolean("new_decoder_architecture") ?? false;
            bool isOne = Config.OptionalBoolean("multi_query") ?? true;
            int? given = Config.OptionalInteger(keys.KvHeads, 1, MaximumHeads);
            return isNumber ? given ?? heads : isOne ? 1 : given ?? heads;
        }

        if (Family.KvHeads == KvHeadRule.Mpt)
        {
            if (Config.OptionalGroup("attn_config") is not { } attention)
                return heads;
            attention.PassOver("attn_impl", "attn_pdrop", "softmax_scale", "prefix_lm", "attn_uses_sequence_id", "alibi_bias_max", "clip_qkv", "rope", "rope_theta", "rope_impl");
            attention.OptionalBoolean("qk_ln");
            string type = attention.OptionalText("attn_type") ?? "multihead_attention";
            int given = attention.OptionalInteger("kv_n_heads", 1, MaximumHeads) ?? heads;
            return type == "multiquery_attention" ? 1 : type == "grouped_query_attention" ? given : heads;
        }

        return Config.OptionalInteger(keys.KvHeads, 1, MaximumHeads) ?? heads;
    }

    private AttentionDescription Latent(int heads, int kvHeads)
    {
        LatentDescription latent = new(
            Config.OptionalInteger("q_lora_rank", 1, MaximumHeadDim) ?? 0,
            Config.Integer("kv_lora_rank", 1, MaximumHeadDim),
            Config.Integer("qk_nope_head_dim", 1, MaximumHeadDim),
            Config.Integer("qk_rope_head_dim", 1, MaximumHeadDim),
            Config.Integer("v_head_dim", 1, MaximumHeadDim));
        if (kvHeads != heads)
        {
            Config.Error(
                ModelCodes.Inconsistent,
                Config.OffsetOf("num_key_value_heads"),
                $"'num_key_value_heads' is {kvHeads}; with latent attention every one of the {heads} heads has keys of its own");
        }

        int both = latent.KeyDim + latent.ValueDim;
        if (both % 2 != 0)
        {
            Config.Error(
                ModelCodes.NotSupported,
                Config.OffsetOf("v_head_dim"),
                $"the widths of keys ({latent.KeyDim}) and values ({latent.ValueDim}) of a head have no whole mean");
        }

        if ((long)heads * both / 2 > MaximumWidth)
            Config.Error(ModelCodes.TooLarge, Config.OffsetOf("num_attention_heads"), $"{heads} heads of {both / 2} are wider than {MaximumWidth}");
        int headDim = Config.HasErrors ? 1 : both / 2;
        return new AttentionDescription(
            AttentionKind.Latent, heads, heads, headDim, 0, HasQkvBias: false, HasOutputBias: false, QkNormKind.None, Family.IsCausal)
        {
            Latent = latent,
        };
    }

    /// <summary>Modules that predict further tokens, under the name each family gives them.</summary>
    private int PredictionModules()
    {
        int modules = Config.OptionalInteger("num_nextn_predict_layers", 0, 64) ?? Config.OptionalInteger("mtp_num_hidden_layers", 0, 64) ?? 0;
        if (Config.OptionalInteger("num_mtp_modules", 0, 64) is { } given && Config.OptionalBoolean("use_mtp") != false)
            modules = given * (Config.OptionalInteger("mtp_transformer_layers", 0, 64) ?? 1);

        // Where a layer is only one part, a module has its own pattern of parts.
        return Family.Mixers == MixerRule.Nemotron ? 0 : modules;
    }

    /// <summary>Formats of the published weights; others than those below say nothing about bytes that a plan would use.</summary>
    private CheckpointDescription Checkpoint()
    {
        if (Config.Find("quantization_config") is not { Kind: JsonKind.Group } group)
            return CheckpointDescription.Plain;
        string method = "";
        bool hasBlocks = false;
        foreach ((string key, _, JsonValue value) in group.Members)
        {
            if (key == "quant_method" && value.Kind == JsonKind.Text)
                method = value.Text;
            hasBlocks |= key == "weight_block_size" && value.Kind == JsonKind.List;
        }

        NumberFormat eight = hasBlocks ? NumberFormat.Fp8Block : NumberFormat.Fp8;
        return method switch
        {
            "mxfp4" => new CheckpointDescription(NumberFormat.Mxfp4, NumberFormat.Bf16, NumberFormat.Bf16),
            "fp8" => new CheckpointDescription(eight, eight, NumberFormat.Bf16),
            _ => CheckpointDescription.Plain,
        };
    }
}
