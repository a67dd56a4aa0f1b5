using Orrery.Models.Json;

namespace Orrery.Models.Families;

/// <summary>Which layers attend within a window or within chunks, and of how many tokens.</summary>
internal sealed class WindowReader(ConfigReader config, ModelFamily family)
{
    private const int MaximumLayers = 10_000;
    private const int MaximumPositions = 1 << 30;

    /// <summary>The attention of each layer.</summary>
    /// <param name="typesAreMixers"><c>layer_types</c> says which layers attend at all, and is read for that.</param>
    public AttentionDescription[] Read(AttentionDescription attention, int layers, bool typesAreMixers)
    {
        AttentionDescription[] all = new AttentionDescription[layers];
        Array.Fill(all, attention);
        if (family.Windows == WindowRule.None)
            return all;
        if (family.Windows == WindowRule.Chunks)
            Chunks(all);
        else
            Windows(all, typesAreMixers);
        return all;
    }

    private void Windows(AttentionDescription[] all, bool typesAreMixers)
    {
        int layers = all.Length;
        // Asked for in every case, so that none is reported as unknown.
        int window = config.OptionalInteger("sliding_window", 1, MaximumPositions) ?? 0;
        bool isSwitchedOn = family.Windows != WindowRule.UpperLayers || (config.OptionalBoolean("use_sliding_window") ?? false);
        int firstWindowed = family.Windows == WindowRule.UpperLayers ? config.OptionalInteger("max_window_layers", 0, MaximumLayers) ?? layers : 0;
        int pattern = family.Windows == WindowRule.Pattern
            ? config.OptionalInteger("sliding_window_pattern", 1, MaximumLayers) ?? family.DefaultWindowPattern
            : 0;
        List<JsonValue> types = typesAreMixers ? [] : Types(layers);
        bool needsWindow = false;
        int sliding = 0;
        for (int depth = 0; depth < layers; depth++)
        {
            bool isWindowed = types.Count > 0
                ? Says(types[depth], "sliding_attention")
                : depth >= firstWindowed && (pattern == 0 || (depth + 1) % pattern != 0);
            if (!isWindowed || !isSwitchedOn)
                continue;
            sliding++;
            needsWindow |= types.Count > 0 || family.Windows == WindowRule.Pattern;
            all[depth] = all[depth] with { Window = window };
        }

        if (window == 0 && needsWindow && config.Find("sliding_window") is null)
            config.Error(ModelCodes.MissingKey, config.OffsetOf("layer_types"), "'sliding_window' is missing; layers attend within it");
        if (family.Windows == WindowRule.AllLayers && window == 0 && types.Count == 0)
        {
            config.Note(
                ModelCodes.DefaultTaken, config.OffsetOf("sliding_window"), "'sliding_window' is not given: full attention in every layer is taken");
        }

        CheckCounts(sliding, layers - sliding);
    }

    /// <summary>Layers attend within chunks unless they are the Nth, which have no rotary positions and see everything.</summary>
    private void Chunks(AttentionDescription[] all)
    {
        int layers = all.Length;
        int chunk = config.OptionalInteger("attention_chunk_size", 1, MaximumPositions) ?? 0;
        int interval = config.OptionalInteger("no_rope_layer_interval", 1, MaximumLayers) ?? family.DefaultWindowPattern;
        List<JsonValue> types = Types(layers);
        // An empty list stands for the interval.
        int[]? rotary = config.OptionalList("no_rope_layers").Count > 0 ? config.OptionalIntegers("no_rope_layers", layers, 0, 1) : null;
        for (int depth = 0; depth < layers; depth++)
        {
            bool isChunked = types.Count > 0 ? Says(types[depth], "chunked_attention") : rotary is null ? (depth + 1) % interval != 0 : rotary[depth] == 1;
            if (isChunked)
                all[depth] = all[depth] with { Chunk = chunk };
        }
    }

    private List<JsonValue> Types(int layers)
    {
        List<JsonValue> types = config.OptionalList("layer_types");
        if (types.Count == 0 || types.Count == layers)
            return types;
        config.Error(
            ModelCodes.Inconsistent, config.OffsetOf("layer_types"), $"'layer_types' has {types.Count} entries; expected one for each of {layers} layers");
        return [];
    }

    private bool Says(JsonValue type, string narrow)
    {
        if (type is { Kind: JsonKind.Text, Text: "full_attention" })
            return false;
        if (type is not { Kind: JsonKind.Text } || type.Text != narrow)
        {
            config.Error(
                type.Kind == JsonKind.Text ? ModelCodes.NotSupported : ModelCodes.BadValue,
                type.Offset,
                $"{type.Words} in 'layer_types'; expected \"full_attention\" or \"{narrow}\"");
        }

        return true;
    }

    /// <summary><c>layer_type_counts</c>, where it stands beside the pattern, must agree with it.</summary>
    private void CheckCounts(int sliding, int full)
    {
        if (config.OptionalGroup("layer_type_counts") is not { } counts)
            return;
        int writtenSliding = counts.OptionalInteger("sliding_attention", 0, MaximumLayers) ?? 0;
        int writtenFull = counts.OptionalInteger("full_attention", 0, MaximumLayers) ?? 0;
        if (writtenSliding != sliding || writtenFull != full)
        {
            config.Error(
                ModelCodes.Inconsistent,
                config.OffsetOf("layer_type_counts"),
                $"'layer_type_counts' has {writtenSliding} sliding and {writtenFull} full layers; the pattern gives {sliding} and {full}");
        }
    }
}
