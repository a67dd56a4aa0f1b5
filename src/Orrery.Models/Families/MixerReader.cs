using Orrery.Models.Json;

namespace Orrery.Models.Families;

/// <summary>What stands in the place of attention in each layer: linear attention, or a single part where a layer has no more.</summary>
internal sealed class MixerReader
{
    private const int MaximumHeads = 1 << 16;
    private const int MaximumHeadDim = 1 << 16;
    private const int MaximumWidth = 1 << 24;
    private const int MaximumChunk = 1 << 20;

    private readonly ConfigReader _config;
    private readonly ModelFamily _family;
    private readonly int _layers;
    private readonly AttentionDescription? _linear;
    private readonly string _pattern = "";
    private readonly bool[] _isLinear;

    public MixerReader(ConfigReader config, ModelFamily family, int hidden, int layers)
    {
        _config = config;
        _family = family;
        _layers = layers;
        _isLinear = new bool[layers];
        switch (family.Mixers)
        {
            case MixerRule.Mamba2:
                _linear = Linear(Mamba(hidden, "num_heads", "head_dim", "state_size"));
                Array.Fill(_isLinear, value: true);
                break;
            case MixerRule.Nemotron:
                _linear = Linear(Mamba(hidden, "mamba_num_heads", "mamba_head_dim", "ssm_state_size"));
                _pattern = Pattern();
                config.PassOver("mtp_hybrid_override_pattern");
                break;
            case MixerRule.GatedDelta:
                _linear = Linear(GatedDelta());
                int interval = config.OptionalInteger("full_attention_interval", 1, layers) ?? 4;
                ReadTypes(depth => (depth + 1) % interval != 0);
                break;
            case MixerRule.Lightning:
                _linear = Linear(Lightning(hidden));
                ReadKinds();
                break;
            default:
                break;
        }
    }

    /// <summary><c>layer_types</c> has been read as what this class decides.</summary>
    public bool NamesLayerTypes => _family.Mixers is MixerRule.GatedDelta or MixerRule.Lightning;

    /// <summary>Layers that a pattern gives experts; null where no pattern does.</summary>
    public Func<int, bool>? HasExperts => _pattern.Contains('E', StringComparison.Ordinal) ? depth => depth < _pattern.Length && _pattern[depth] == 'E' : null;

    /// <summary>The layer at a depth with what stands in it.</summary>
    public LayerDescription Apply(LayerDescription layer, int depth)
    {
        if (_linear is null)
            return layer;
        if (_family.Mixers != MixerRule.Nemotron)
            return _isLinear[depth] ? layer with { Attention = _linear } : layer;
        return (depth < _pattern.Length ? _pattern[depth] : 'M') switch
        {
            'M' => layer with { Attention = _linear, FeedForward = FeedForwardDescription.None },
            '*' => layer with { FeedForward = FeedForwardDescription.None },
            _ => layer with { Attention = AttentionDescription.None },
        };
    }

    private static AttentionDescription Linear(LinearAttentionDescription linear) => new(
        AttentionKind.Linear, linear.Heads, linear.Heads, linear.ValueDim, 0, HasQkvBias: false, HasOutputBias: false, QkNormKind.None, IsCausal: true)
    {
        Linear = linear,
    };

    private LinearAttentionDescription Mamba(int hidden, string headsKey, string headDimKey, string stateKey)
    {
        int heads = _config.Integer(headsKey, 1, MaximumHeads);
        int headDim = _config.Integer(headDimKey, 1, MaximumHeadDim);
        int groups = Groups(_config.OptionalInteger("n_groups", 1, MaximumHeads) ?? 1, heads, "n_groups", headsKey);
        int state = _config.Integer(stateKey, 1, MaximumHeadDim);
        // What the expansion says, where it is given without a head count of its own, must be what the heads are.
        if (_family.Mixers == MixerRule.Mamba2 && _config.OptionalNumber("expand", 1e-3, 1e3) is { } expand && Math.Abs((expand * hidden) - ((double)heads * headDim)) > 0.5)
        {
            _config.Error(
                ModelCodes.Inconsistent, _config.OffsetOf("expand"), $"'expand' is {expand} times a hidden width of {hidden}, but {heads} heads of {headDim} are {(long)heads * headDim} wide");
        }

        _config.PassOver("expand", "intermediate_size_mamba");
        bool hasBias = _config.OptionalBoolean("mamba_proj_bias") ?? _config.OptionalBoolean("use_bias") ?? false;
        return Checked(headsKey, new LinearAttentionDescription(
            heads,
            headDim,
            groups,
            state,
            NumbersPerHead: 1,
            _config.OptionalInteger("conv_kernel", 1, 64) ?? 4,
            _config.OptionalInteger("chunk_size", 1, MaximumChunk) ?? 256,
            IsDelta: false)
        {
            // Decay, skip and the bias of the step.
            ParametersPerHead = 3,
            NormWidth = (int)Math.Min(MaximumWidth, (long)heads * headDim),
            HasConvolutionBias = _config.OptionalBoolean("use_conv_bias") ?? true,
            HasProjectionBias = hasBias,
        });
    }

    private LinearAttentionDescription GatedDelta()
    {
        const string Heads = "linear_num_value_heads";
        int heads = _config.Integer(Heads, 1, MaximumHeads);
        int valueDim = _config.Integer("linear_value_head_dim", 1, MaximumHeadDim);
        int groups = Groups(_config.Integer("linear_num_key_heads", 1, MaximumHeads), heads, "linear_num_key_heads", Heads);
        return Checked(Heads, new LinearAttentionDescription(
            heads,
            valueDim,
            groups,
            _config.Integer("linear_key_head_dim", 1, MaximumHeadDim),
            NumbersPerHead: 2,
            _config.OptionalInteger("linear_conv_kernel_dim", 1, 64) ?? 4,
            // The published kernels take 64 tokens at once.
            Chunk: 64,
            IsDelta: true)
        {
            ParametersPerHead = 2,
            NormWidth = valueDim,
        });
    }

    private LinearAttentionDescription Lightning(int hidden)
    {
        int heads = _config.Integer("num_attention_heads", 1, MaximumHeads);
        int headDim = _config.OptionalInteger("head_dim", 1, MaximumHeadDim) ?? Math.Max(1, hidden / heads);
        return Checked("num_attention_heads", new LinearAttentionDescription(
            heads,
            headDim,
            heads,
            headDim,
            NumbersPerHead: 0,
            ConvolutionKernel: 0,
            _config.OptionalInteger("block_size", 1, MaximumChunk) ?? 256,
            IsDelta: false)
        {
            NormWidth = (int)Math.Min(MaximumWidth, (long)heads * headDim),
        });
    }

    private int Groups(int groups, int heads, string key, string headsKey)
    {
        if (heads % groups == 0)
            return groups;
        _config.Error(ModelCodes.Inconsistent, _config.OffsetOf(key), $"'{key}' is {groups}, which does not divide the {heads} of '{headsKey}'");
        return heads;
    }

    private LinearAttentionDescription Checked(string key, LinearAttentionDescription linear)
    {
        double width = (2.0 * linear.Heads * linear.ValueDim) + (2.0 * linear.KeyGroups * linear.KeyDim) + ((double)linear.NumbersPerHead * linear.Heads);
        if (width <= MaximumWidth)
            return linear;
        _config.Error(ModelCodes.TooLarge, _config.OffsetOf(key), $"the projections of linear attention are wider than {MaximumWidth}");
        return linear with { Heads = 1, ValueDim = 1, KeyGroups = 1, KeyDim = 1, NormWidth = 1 };
    }

    private string Pattern()
    {
        const string Key = "hybrid_override_pattern";
        string pattern = _config.OptionalText(Key) ?? "";
        if (pattern.Length != _layers)
        {
            _config.Error(
                _config.Find(Key) is null ? ModelCodes.MissingKey : ModelCodes.Inconsistent,
                _config.OffsetOf(Key),
                $"'{Key}' has {pattern.Length} letters; expected one for each of {_layers} layers");
        }

        foreach (char letter in pattern)
        {
            if (letter is not ('M' or '*' or '-' or 'E'))
            {
                _config.Error(ModelCodes.NotSupported, _config.OffsetOf(Key), $"'{letter}' in '{Key}'; expected M (Mamba-2), * (attention), - (feed-forward) or E (experts)");
                break;
            }
        }

        if (pattern.Contains('-', StringComparison.Ordinal) && _config.Find(_family.Keys.Width) is null)
            _config.Error(ModelCodes.MissingKey, _config.OffsetOf(Key), $"'{_family.Keys.Width}' is missing; layers marked - have it");
        return pattern;
    }

    /// <summary><c>layer_types</c>, or the family's own rule where it is left out.</summary>
    private void ReadTypes(Func<int, bool> byRule)
    {
        List<JsonValue> types = _config.OptionalList("layer_types");
        if (types.Count > 0 && types.Count != _layers)
        {
            _config.Error(
                ModelCodes.Inconsistent, _config.OffsetOf("layer_types"), $"'layer_types' has {types.Count} entries; expected one for each of {_layers} layers");
            types = [];
        }

        for (int depth = 0; depth < _layers; depth++)
        {
            _isLinear[depth] = types.Count == 0 ? byRule(depth) : types[depth] is { Kind: JsonKind.Text, Text: "linear_attention" };
            if (types.Count > 0 && !_isLinear[depth] && types[depth] is not { Kind: JsonKind.Text, Text: "full_attention" })
            {
                _config.Error(
                    types[depth].Kind == JsonKind.Text ? ModelCodes.NotSupported : ModelCodes.BadValue,
                    types[depth].Offset,
                    $"{types[depth].Words} in 'layer_types'; expected \"full_attention\" or \"linear_attention\"");
            }
        }
    }

    /// <summary><c>attn_type_list</c> has 0 for linear and 1 for full attention; <c>layer_types</c> says it in words.</summary>
    private void ReadKinds()
    {
        if (_config.OptionalIntegers("attn_type_list", _layers, 0, 1) is { } kinds)
        {
            ReadTypes(depth => kinds[depth] == 0);
            return;
        }

        if (_config.Find("layer_types") is null)
            _config.Error(ModelCodes.MissingKey, _config.OffsetOf("layer_types"), "'attn_type_list' or 'layer_types' is missing; one says which layers attend");
        ReadTypes(static _ => true);
    }
}
