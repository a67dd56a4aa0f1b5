using System.Collections.Immutable;
using Orrery.Models.Json;

namespace Orrery.Models;

/// <summary>Turns the keys of a configuration into an architecture, by the rules of its family.</summary>
internal sealed class ArchitectureBuilder(ConfigReader config, ModelFamily family, string name, string modelType)
{
    // Bounds far above any network, low enough that products of three of them fit 64 bits; they are stated in docs/models.md.
    private const int MaximumHidden = 1 << 20;
    private const int MaximumWidth = 1 << 24;
    private const int MaximumLayers = 10_000;
    private const int MaximumHeads = 1 << 16;
    private const int MaximumHeadDim = 1 << 16;
    private const int MaximumVocabulary = 1 << 26;
    private const int MaximumPositions = 1 << 30;
    private const int MaximumExperts = 1 << 16;
    private const double MaximumParameters = 1e16;

    /// <summary>The architecture, meaningless where the reader has errors.</summary>
    public ModelArchitecture? Build()
    {
        bool gpt2 = family.UsesGpt2Names;
        int hidden = config.Integer(gpt2 ? "n_embd" : "hidden_size", 1, MaximumHidden);
        int layers = config.Integer(gpt2 ? "n_layer" : "num_hidden_layers", 1, MaximumLayers);
        int vocabulary = config.Integer("vocab_size", 1, MaximumVocabulary);
        int positions = Positions(gpt2 ? "n_positions" : "max_position_embeddings");
        AttentionDescription attention = Attention(hidden, gpt2 ? "n_head" : "num_attention_heads");
        int width = gpt2
            ? config.OptionalInteger("n_inner", 1, MaximumWidth) ?? Math.Min(MaximumWidth, 4 * hidden)
            : config.Integer("intermediate_size", 1, MaximumWidth);
        bool feedForwardBias = Bias(family.FeedForwardBias, "mlp_bias");
        bool tied = config.OptionalBoolean("tie_word_embeddings") ?? family.IsTiedByDefault;
        int tokenTypes = family.IsBert ? config.OptionalInteger("type_vocab_size", 0, MaximumVocabulary) ?? 2 : 0;

        FeedForwardDescription dense = new(width, family.IsGated, feedForwardBias, 0, 0, 0, 0);
        FeedForwardDescription?[] experts = Experts(layers, width, feedForwardBias);
        int[] windows = Windows(layers);

        List<LayerDescription> kinds = [];
        ImmutableArray<byte>.Builder order = ImmutableArray.CreateBuilder<byte>(layers);
        for (int depth = 0; depth < layers; depth++)
        {
            LayerDescription layer = new(
                attention with { Window = windows[depth] }, experts[depth] ?? dense, family.Norms, family.NormHasBias, family.NormHasWeight);
            int kind = kinds.IndexOf(layer);
            if (kind < 0)
            {
                kind = kinds.Count;
                kinds.Add(layer);
            }

            order.Add((byte)kind);
        }

        ModelArchitecture model = new()
        {
            Name = name,
            ModelType = modelType,
            Hidden = hidden,
            LayerKinds = [.. kinds],
            LayerOrder = order.MoveToImmutable(),
            Vocabulary = vocabulary,
            MaxPositions = positions,
            TiedEmbeddings = tied,
            LearnedPositions = family.LearnedPositions,
            TokenTypes = tokenTypes,
            HasEmbeddingNorm = family.IsBert,
            HasPooler = family.IsBert,
            HasHeadTransform = family.IsBert,
            FinalNorm = family.HasFinalNorm,
            FinalNormHasBias = family.NormHasBias,
            FinalNormHasWeight = family.NormHasWeight,
        };
        return IsCountable(model) ? model : null;
    }

    private int Positions(string key)
    {
        if (config.OptionalInteger(key, 1, MaximumPositions) is { } positions)
            return positions;
        if (family.DefaultPositions == 0)
            return config.Integer(key, 1, MaximumPositions);
        if (config.Find(key) is null)
        {
            config.Note(
                ModelCodes.DefaultTaken, config.OffsetOf(key), $"'{key}' is missing; {family.DefaultPositions}, the default of {modelType}, is taken");
        }

        return family.DefaultPositions;
    }

    private AttentionDescription Attention(int hidden, string headsKey)
    {
        int heads = config.Integer(headsKey, 1, MaximumHeads);
        int kvHeads = config.OptionalInteger("num_key_value_heads", 1, MaximumHeads) ?? heads;
        if (family.IsLatent)
            return Latent(heads, kvHeads);

        int headDim = config.OptionalInteger("head_dim", 1, MaximumHeadDim) ?? 0;
        if (headDim == 0 && family.DefaultHeadDim > 0)
        {
            headDim = family.DefaultHeadDim;
        }
        else if (headDim == 0)
        {
            headDim = Math.Max(1, hidden / heads);
            if (hidden % heads != 0 && !config.HasErrors)
            {
                config.Error(
                    ModelCodes.Inconsistent, config.OffsetOf(headsKey), $"'{headsKey}' is {heads}, which does not divide the hidden width {hidden}; give 'head_dim'");
            }
        }

        if (heads % kvHeads != 0)
        {
            config.Error(
                ModelCodes.Inconsistent,
                config.OffsetOf("num_key_value_heads"),
                $"'num_key_value_heads' is {kvHeads}, which does not divide the {heads} attention heads");
            kvHeads = heads;
        }

        if ((long)heads * headDim > MaximumWidth)
        {
            config.Error(
                ModelCodes.TooLarge, config.OffsetOf(headsKey), $"{heads} heads of {headDim} are wider than {MaximumWidth}");
            headDim = 1;
        }

        return new AttentionDescription(
            AttentionKind.Grouped,
            heads,
            kvHeads,
            headDim,
            0,
            Bias(family.QkvBias, "attention_bias"),
            Bias(family.OutputBias, "attention_bias"),
            family.QkNorm,
            config.OptionalBoolean("causal") ?? family.IsCausal);
    }

    private AttentionDescription Latent(int heads, int kvHeads)
    {
        LatentDescription latent = new(
            config.OptionalInteger("q_lora_rank", 1, MaximumHeadDim) ?? 0,
            config.Integer("kv_lora_rank", 1, MaximumHeadDim),
            config.Integer("qk_nope_head_dim", 1, MaximumHeadDim),
            config.Integer("qk_rope_head_dim", 1, MaximumHeadDim),
            config.Integer("v_head_dim", 1, MaximumHeadDim));
        if (kvHeads != heads)
        {
            config.Error(
                ModelCodes.Inconsistent,
                config.OffsetOf("num_key_value_heads"),
                $"'num_key_value_heads' is {kvHeads}; with latent attention every one of the {heads} heads has keys of its own");
        }

        int both = latent.KeyDim + latent.ValueDim;
        if (both % 2 != 0)
        {
            config.Error(
                ModelCodes.NotSupported,
                config.OffsetOf("v_head_dim"),
                $"the widths of keys ({latent.KeyDim}) and values ({latent.ValueDim}) of a head have no whole mean");
        }

        if ((long)heads * both / 2 > MaximumWidth)
            config.Error(ModelCodes.TooLarge, config.OffsetOf("num_attention_heads"), $"{heads} heads of {both / 2} are wider than {MaximumWidth}");
        int headDim = config.HasErrors ? 1 : both / 2;
        return new AttentionDescription(
            AttentionKind.Latent, heads, heads, headDim, 0, HasQkvBias: false, HasOutputBias: false, QkNormKind.None, family.IsCausal)
        {
            Latent = latent,
        };
    }

    private bool Bias(BiasRule rule, string key) => rule switch
    {
        BiasRule.Always => true,
        BiasRule.KeyDefaultOn => config.OptionalBoolean(key) ?? true,
        BiasRule.KeyDefaultOff => config.OptionalBoolean(key) ?? false,
        _ => false,
    };

    /// <summary>Window of each layer, 0 for full attention.</summary>
    private int[] Windows(int layers)
    {
        int[] windows = new int[layers];
        if (family.Windows == WindowRule.None)
            return windows;

        // Asked for in every case, so that none is reported as unknown.
        int window = config.OptionalInteger("sliding_window", 1, MaximumPositions) ?? 0;
        bool isSwitchedOn = family.Windows != WindowRule.UpperLayers || (config.OptionalBoolean("use_sliding_window") ?? false);
        int firstWindowed = family.Windows == WindowRule.UpperLayers ? config.OptionalInteger("max_window_layers", 0, MaximumLayers) ?? layers : 0;
        int pattern = family.Windows == WindowRule.Pattern
            ? config.OptionalInteger("sliding_window_pattern", 1, MaximumLayers) ?? family.DefaultWindowPattern
            : 0;
        List<JsonValue> types = config.OptionalList("layer_types");
        if (types.Count > 0 && types.Count != layers)
        {
            config.Error(
                ModelCodes.Inconsistent, config.OffsetOf("layer_types"), $"'layer_types' has {types.Count} entries; expected one for each of {layers} layers");
            types = [];
        }

        bool needsWindow = false;
        for (int depth = 0; depth < layers; depth++)
        {
            bool isWindowed = types.Count > 0 ? IsSliding(types[depth]) : depth >= firstWindowed && (pattern == 0 || (depth + 1) % pattern != 0);
            windows[depth] = isWindowed && isSwitchedOn ? window : 0;
            needsWindow |= isWindowed && isSwitchedOn && (types.Count > 0 || family.Windows == WindowRule.Pattern);
        }

        if (window == 0 && needsWindow && config.Find("sliding_window") is null)
            config.Error(ModelCodes.MissingKey, config.OffsetOf("layer_types"), "'sliding_window' is missing; layers attend within it");
        if (family.Windows == WindowRule.AllLayers && window == 0 && types.Count == 0)
        {
            config.Note(
                ModelCodes.DefaultTaken, config.OffsetOf("sliding_window"), "'sliding_window' is not given: full attention in every layer is taken");
        }

        return windows;
    }

    private bool IsSliding(JsonValue type)
    {
        if (type is { Kind: JsonKind.Text, Text: "full_attention" })
            return false;
        if (type is not { Kind: JsonKind.Text, Text: "sliding_attention" })
        {
            config.Error(
                type.Kind == JsonKind.Text ? ModelCodes.NotSupported : ModelCodes.BadValue,
                type.Offset,
                $"{type.Words} in 'layer_types'; expected \"full_attention\" or \"sliding_attention\"");
        }

        return true;
    }

    /// <summary>Feed-forward of each layer that has experts; null where it is dense.</summary>
    private FeedForwardDescription?[] Experts(int layers, int width, bool hasBias)
    {
        FeedForwardDescription?[] byLayer = new FeedForwardDescription?[layers];
        if (family.Experts == ExpertRule.None)
            return byLayer;

        bool qwen = family.Experts == ExpertRule.Qwen;
        bool deepSeek = family.Experts == ExpertRule.DeepSeek;
        string countKey = deepSeek ? "n_routed_experts" : qwen ? "num_experts" : "num_local_experts";
        int count = config.Integer(countKey, 1, MaximumExperts);
        int topK = config.Integer("num_experts_per_tok", 1, MaximumExperts);
        int expertWidth = qwen || deepSeek ? config.Integer("moe_intermediate_size", 1, MaximumWidth) : width;
        int shared = deepSeek ? config.OptionalInteger("n_shared_experts", 0, MaximumExperts) ?? 0 : 0;
        int firstWithExperts = deepSeek ? config.OptionalInteger("first_k_dense_replace", 0, MaximumLayers) ?? 0 : 0;
        int step = qwen || deepSeek ? config.OptionalInteger(qwen ? "decoder_sparse_step" : "moe_layer_freq", 1, MaximumLayers) ?? 1 : 1;
        if (topK > count)
        {
            config.Error(
                ModelCodes.Inconsistent,
                config.OffsetOf("num_experts_per_tok"),
                $"'num_experts_per_tok' is {topK}, more than the {count} of '{countKey}'");
        }

        HashSet<long> dense = [];
        if (qwen)
        {
            foreach (JsonValue entry in config.OptionalList("mlp_only_layers"))
            {
                if (PositionedJson.TryInteger(entry, out long depth) && depth >= 0 && depth < layers)
                    dense.Add(depth);
                else
                    config.Error(ModelCodes.BadValue, entry.Offset, $"{entry.Words} in 'mlp_only_layers'; expected a layer from 0 to {layers - 1}");
            }
        }

        FeedForwardDescription expert = new(expertWidth, family.IsGated, hasBias, count, topK, shared, shared > 0 ? expertWidth : 0)
        {
            // Sigmoid scores are balanced by a bias for each expert instead of a loss.
            HasRouterBias = deepSeek && config.OptionalText("scoring_func") == "sigmoid",
        };
        for (int depth = 0; depth < layers; depth++)
        {
            // One family counts layers from 1, the other from 0.
            bool isOnStep = deepSeek ? depth >= firstWithExperts && depth % step == 0 : (depth + 1) % step == 0;
            byLayer[depth] = !dense.Contains(depth) && isOnStep ? expert : null;
        }

        return byLayer;
    }

    /// <summary>True where the parameters can be counted without overflow; computed in floating point first.</summary>
    private bool IsCountable(ModelArchitecture model)
    {
        double total = 2.0 * model.Vocabulary * model.Hidden;
        foreach (byte kind in model.LayerOrder)
        {
            FeedForwardDescription feed = model.LayerKinds[kind].FeedForward;
            AttentionDescription attention = model.LayerKinds[kind].Attention;
            total += 2.0 * model.Hidden * (attention.QueryWidth + attention.KvWidth);
            total += 3.0 * model.Hidden * feed.Width * Math.Max(1, feed.Experts + feed.SharedExperts);
            total += attention.Latent?.ProjectionWeights(model.Hidden, attention.Heads) ?? 0;
        }

        total += model.LearnedPositions ? (double)model.Hidden * model.MaxPositions : 0;
        if (total <= MaximumParameters)
            return true;
        config.Error(ModelCodes.TooLarge, config.OffsetOf("model_type"), $"the model has more than {MaximumParameters:0e0} parameters");
        return false;
    }
}
