namespace Orrery.Models.Families;

/// <summary>What image and video diffusion transformers share: full attention over patches of latents, a time step that modulates every block.</summary>
internal abstract class DiffusionBuilder(ConfigReader config, ModelFamily family, string name, string modelType)
    : ArchitectureBuilder(config, family, name, modelType)
{
    /// <summary>Vectors that modulate a block: shift, scale and gate of attention and of the feed-forward part.</summary>
    protected const int ModulationVectors = 6;

    /// <summary>Sines and cosines that a time step is turned into (arXiv:2212.09748, published code).</summary>
    private const int TimeWaves = 256;

    protected const int MaximumChannels = 1 << 12;
    protected const int MaximumPatch = 1 << 6;

    /// <summary>The stride of the autoencoder: frames, height, width; nulls count as 1 frame and no pixels.</summary>
    protected (int Frames, int Pixels) AutoencoderStride()
    {
        int[]? stride = Config.OptionalIntegers("vae_stride", 3, 1, 1024);
        return stride is null ? (1, 0) : (stride[0], stride[1]);
    }

    /// <summary>Hidden width, layers and heads under the common names, or as the library without model types writes them: heads by their width.</summary>
    protected (int Hidden, int Layers, int Heads, int HeadDim) Widths()
    {
        KeyNames keys = Family.Keys;
        int heads = Config.Integer(keys.Heads, 1, MaximumHeads);
        if (Config.Find(keys.Hidden) is null && Config.OptionalInteger("attention_head_dim", 1, MaximumHeadDim) is { } each)
        {
            int layersOfClass = Config.Integer("num_layers", 1, MaximumLayers);
            if ((long)heads * each <= MaximumHidden)
                return (heads * each, layersOfClass, heads, each);
            Config.Error(ModelCodes.TooLarge, Config.OffsetOf(keys.Heads), $"{heads} heads of {each} are wider than {MaximumHidden}");
            return (1, layersOfClass, heads, 1);
        }

        int hidden = Config.Integer(keys.Hidden, 1, MaximumHidden);
        int layers = Config.Integer(keys.Layers, 1, MaximumLayers);
        return (hidden, layers, heads, HeadDim(hidden, heads, keys.HeadDim, keys.Heads));
    }

    /// <summary>One row a sequence.</summary>
    protected static TokenStream OneRow => TokenStream.OfCondition(1);

    /// <summary>The time step's two products.</summary>
    protected IEnumerable<SideBlock> TimeEmbedding(int hidden)
    {
        int waves = Config.OptionalInteger("freq_dim", 1, MaximumHidden) ?? TimeWaves;
        return
        [
            new SideBlock("time step, first product", OneRow, waves, hidden, HasBias: true),
            new SideBlock("time step, second product", OneRow, hidden, hidden, HasBias: true),
        ];
    }

    /// <summary>Diffusion has neither vocabulary nor final norm weights: a linear product turns tokens back into patches.</summary>
    protected ModelArchitecture Patches(int hidden, int output, int positions, LatentGridDescription grid, IEnumerable<SideBlock> sides) =>
        Layers(hidden, output, positions) with
        {
            InputVocabulary = 0,
            HasHeadBias = true,
            LatentGrid = grid,
            FinalNormHasBias = false,
            FinalNormHasWeight = false,
            Sides = [.. sides],
        };
}
