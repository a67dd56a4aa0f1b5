using System.Globalization;

namespace Orrery.Models.Families;

/// <summary>A decoder of several codebooks at once, each with its embedding and output projection, that attends to a text (arXiv:2306.05284).</summary>
internal sealed class CodebookDecoderBuilder(ConfigReader config, ModelFamily family, string name, string modelType)
    : ArchitectureBuilder(config, family, name, modelType)
{
    /// <summary>The text encoder was trained on texts of up to so many tokens (arXiv:1910.10683 section 3.1).</summary>
    private const int LongestText = 512;

    /// <inheritdoc/>
    public override ModelArchitecture? Build()
    {
        KeyNames keys = Family.Keys;
        int hidden = Config.Integer(keys.Hidden, 1, MaximumHidden);
        int layers = Config.Integer(keys.Layers, 1, MaximumLayers);
        int codes = Config.Integer("vocab_size", 1, MaximumVocabulary >> 6);
        int books = Config.OptionalInteger("num_codebooks", 1, 64) ?? 1;
        int positions = Positions(keys.Positions);
        int heads = Config.Integer(keys.Heads, 1, MaximumHeads);
        int headDim = HeadDim(hidden, heads, keys.HeadDim, keys.Heads);
        int kvHeads = Config.OptionalInteger(keys.KvHeads, 1, MaximumHeads) ?? heads;
        int width = Config.OptionalInteger("ffn_dim", 1, MaximumWidth) ?? Config.Integer(keys.Width, 1, MaximumWidth);
        int? textWidth = TextWidth(Config, MaximumHidden);
        int? textTokens = Config.OptionalInteger("text_len", 1, MaximumPositions);
        // A key that says what this family has in every file.
        Config.OptionalBoolean("cross_attention");
        Config.PassOver("frame_rate_hz", "audio_channels");
        if (heads % kvHeads != 0)
        {
            Config.Error(
                ModelCodes.Inconsistent, Config.OffsetOf(keys.KvHeads), $"'{keys.KvHeads}' is {kvHeads}, which does not divide the {heads} attention heads");
            kvHeads = heads;
        }

        if (textTokens is null)
            Config.Note(ModelCodes.DefaultTaken, Config.OffsetOf("text_encoder"), $"'text_len' is missing; texts of {LongestText} tokens, the encoder's longest, are taken");

        TokenStream text = TokenStream.OfCondition(textTokens ?? LongestText);
        AttentionDescription attention = new(
            AttentionKind.Grouped, heads, kvHeads, headDim, 0, HasQkvBias: false, HasOutputBias: false, QkNormKind.None, IsCausal: true);
        LayerDescription layer = new(attention, new FeedForwardDescription(width, Family.IsGated, HasBias: false, 0, 0, 0, 0), 3, Family.NormHasBias)
        {
            Cross = new CrossAttentionDescription(heads, kvHeads, headDim, 0, text, HasQkvBias: false, HasOutputBias: false, QkNormKind.None),
        };
        for (int depth = 0; depth < layers; depth++)
            Add(layer);
        return Countable(Layers(hidden, books * codes, positions) with
        {
            // Each book has one more row, for positions where the delay pattern has no code yet.
            InputVocabulary = books * (codes + 1),
            Sides = textWidth is { } from && from != hidden ? [new SideBlock("text to decoder", text, from, hidden, HasBias: true)] : [],
        });
    }

    /// <summary>Width of the text encoder's vectors: its key, or a number in parentheses behind its name.</summary>
    internal static int? TextWidth(ConfigReader config, int maximum)
    {
        string words = config.OptionalText("text_encoder") ?? "";
        if (config.OptionalInteger("text_dim", 1, maximum) is { } given)
            return given;
        int open = words.LastIndexOf('(');
        int close = words.LastIndexOf(')');
        return open >= 0 && close > open
            && int.TryParse(words.AsSpan(open + 1, close - open - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int width) && width >= 1 && width <= maximum
                ? width
                : null;
    }
}
