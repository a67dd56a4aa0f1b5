using Orrery.Models.Json;

namespace Orrery.Models.Families;

/// <summary>Which layers have experts, and of what shape.</summary>
internal sealed class ExpertReader(ConfigReader config, ModelFamily family)
{
    private const int MaximumExperts = 1 << 16;
    private const int MaximumWidth = 1 << 24;
    private const int MaximumLayers = 10_000;

    /// <summary>Feed-forward of each layer that has experts; null where it is dense.</summary>
    /// <param name="isMarked">Layers that a pattern marks; null where the family's own rule decides.</param>
    public FeedForwardDescription?[] Read(int layers, int width, bool hasBias, Func<int, bool>? isMarked)
    {
        FeedForwardDescription?[] byLayer = new FeedForwardDescription?[layers];
        switch (family.Experts)
        {
            case ExpertRule.Mixtral:
                Mixtral(byLayer, width, hasBias);
                break;
            case ExpertRule.DeepSeek:
                DeepSeek(byLayer, hasBias);
                break;
            case ExpertRule.Qwen:
                Qwen(byLayer, hasBias);
                break;
            case ExpertRule.Llama4:
                Llama4(byLayer, width, hasBias);
                break;
            case ExpertRule.Nemotron when isMarked is not null:
                Nemotron(byLayer, isMarked, hasBias);
                break;
            default:
                break;
        }

        return byLayer;
    }

    private void Mixtral(FeedForwardDescription?[] byLayer, int width, bool hasBias)
    {
        (int count, int topK) = Counts("num_local_experts");
        if (config.OptionalInteger("experts_per_token", 1, MaximumExperts) is { } again && again != topK)
        {
            config.Error(
                ModelCodes.Inconsistent, config.OffsetOf("experts_per_token"), $"'experts_per_token' is {again} and 'num_experts_per_tok' {topK}");
        }

        int sharedWidth = config.OptionalInteger("shared_intermediate_size", 0, MaximumWidth) ?? 0;
        bool hasRouterBias = family.HasRouterBias || (config.OptionalBoolean("use_routing_bias") ?? false);
        Array.Fill(byLayer, new FeedForwardDescription(width, family.IsGated, hasBias, count, topK, sharedWidth > 0 ? 1 : 0, sharedWidth)
        {
            HasRouterBias = hasRouterBias,
        });
    }

    private void DeepSeek(FeedForwardDescription?[] byLayer, bool hasBias)
    {
        (int count, int topK) = Counts("n_routed_experts");
        int width = config.Integer("moe_intermediate_size", 1, MaximumWidth);
        int shared = config.OptionalInteger("n_shared_experts", 0, MaximumExperts) ?? 0;
        int first = config.OptionalInteger("first_k_dense_replace", 0, MaximumLayers) ?? 0;
        int step = config.OptionalInteger("moe_layer_freq", 1, MaximumLayers) ?? 1;
        (int groups, int perToken) = Groups(count, topK);
        FeedForwardDescription expert = new(width, family.IsGated, hasBias, count, topK, shared, shared > 0 ? width : 0)
        {
            Groups = groups,
            GroupsPerToken = perToken,
            // Sigmoid scores are balanced by a bias for each expert instead of a loss.
            HasRouterBias = family.HasRouterBias || config.OptionalText("scoring_func") == "sigmoid",
        };
        for (int depth = 0; depth < byLayer.Length; depth++)
            byLayer[depth] = depth >= first && depth % step == 0 ? expert : null;
    }

    /// <summary>Groups of experts, and those a token may choose from; one group where the file names none.</summary>
    private (int Groups, int PerToken) Groups(int count, int topK)
    {
        int groups = config.OptionalInteger("n_group", 1, MaximumExperts) ?? 1;
        int perToken = config.OptionalInteger("topk_group", 1, MaximumExperts) ?? groups;
        if (count % groups != 0)
        {
            config.Error(ModelCodes.Inconsistent, config.OffsetOf("n_group"), $"'n_group' is {groups}, which does not divide the {count} routed experts");
            return (1, 1);
        }

        if (perToken > groups || (groups > 1 && topK > perToken * (count / groups)))
        {
            config.Error(
                ModelCodes.Inconsistent, config.OffsetOf("topk_group"), $"'topk_group' is {perToken}; {topK} experts of a token cannot come from {perToken} of {groups} groups of {count / groups}");
            return (1, 1);
        }

        return (groups, perToken);
    }

    private void Qwen(FeedForwardDescription?[] byLayer, bool hasBias)
    {
        // One family names dense and sparse models alike.
        if (family.Mixers == MixerRule.GatedDelta && config.Find("num_experts") is null)
            return;
        (int count, int topK) = Counts("num_experts");
        int width = config.Integer("moe_intermediate_size", 1, MaximumWidth);
        int step = config.OptionalInteger("decoder_sparse_step", 1, MaximumLayers) ?? 1;
        int sharedWidth = config.OptionalInteger("shared_expert_intermediate_size", 0, MaximumWidth) ?? 0;
        HashSet<long> dense = [];
        foreach (JsonValue entry in config.OptionalList("mlp_only_layers"))
        {
            if (PositionedJson.TryInteger(entry, out long depth) && depth >= 0 && depth < byLayer.Length)
                dense.Add(depth);
            else
                config.Error(ModelCodes.BadValue, entry.Offset, $"{entry.Words} in 'mlp_only_layers'; expected a layer from 0 to {byLayer.Length - 1}");
        }

        FeedForwardDescription expert = new(width, family.IsGated, hasBias, count, topK, sharedWidth > 0 ? 1 : 0, sharedWidth)
        {
            HasSharedGate = sharedWidth > 0,
        };
        for (int depth = 0; depth < byLayer.Length; depth++)
            byLayer[depth] = !dense.Contains(depth) && (depth + 1) % step == 0 ? expert : null;
    }

    private void Llama4(FeedForwardDescription?[] byLayer, int width, bool hasBias)
    {
        (int count, int topK) = Counts("num_local_experts");
        int step = config.OptionalInteger("interleave_moe_layer_step", 1, MaximumLayers) ?? 1;
        // The published model code has one shared expert, as wide as a routed one.
        int shared = config.OptionalInteger("n_shared_experts", 0, MaximumExperts) ?? 1;
        FeedForwardDescription expert = new(width, family.IsGated, hasBias, count, topK, shared, shared > 0 ? width : 0);
        for (int depth = 0; depth < byLayer.Length; depth++)
            byLayer[depth] = (depth + 1) % step == 0 ? expert : null;
    }

    private void Nemotron(FeedForwardDescription?[] byLayer, Func<int, bool> isMarked, bool hasBias)
    {
        (int count, int topK) = Counts("n_routed_experts");
        int width = config.Integer("moe_intermediate_size", 1, MaximumWidth);
        int shared = config.OptionalInteger("n_shared_experts", 0, MaximumExperts) ?? 0;
        int sharedWidth = config.OptionalInteger("moe_shared_expert_intermediate_size", 1, MaximumWidth) ?? width;
        (int groups, int perToken) = Groups(count, topK);
        FeedForwardDescription expert = new(width, family.IsGated, hasBias, count, topK, shared, shared > 0 ? sharedWidth : 0)
        {
            Groups = groups,
            GroupsPerToken = perToken,
            HasRouterBias = family.HasRouterBias,
            LatentWidth = config.OptionalInteger("moe_latent_size", 1, 1 << 20) ?? 0,
        };
        for (int depth = 0; depth < byLayer.Length; depth++)
            byLayer[depth] = isMarked(depth) ? expert : null;
    }

    private (int Count, int TopK) Counts(string countKey)
    {
        int count = config.Integer(countKey, 1, MaximumExperts);
        int topK = config.Integer("num_experts_per_tok", 1, MaximumExperts);
        if (topK > count)
        {
            config.Error(
                ModelCodes.Inconsistent,
                config.OffsetOf("num_experts_per_tok"),
                $"'num_experts_per_tok' is {topK}, more than the {count} of '{countKey}'");
        }

        return (count, topK);
    }
}
