using System.Collections.Immutable;

namespace Orrery.Models.Families;

/// <summary>Turns the keys of a configuration into an architecture, by the rules of its family. A builder for each shape.</summary>
internal abstract class ArchitectureBuilder(ConfigReader config, ModelFamily family, string name, string modelType)
{
    // Bounds far above any network, low enough that products of three of them fit 64 bits; they are stated in docs/models.md.
    protected const int MaximumHidden = 1 << 20;
    protected const int MaximumWidth = 1 << 24;
    protected const int MaximumLayers = 10_000;
    protected const int MaximumHeads = 1 << 16;
    protected const int MaximumHeadDim = 1 << 16;
    protected const int MaximumVocabulary = 1 << 26;
    protected const int MaximumPositions = 1 << 30;
    private const double MaximumParameters = 1e16;

    private readonly List<LayerDescription> _kinds = [];
    private readonly List<byte> _order = [];

    protected ConfigReader Config { get; } = config;

    protected ModelFamily Family { get; } = family;

    protected string Name { get; } = name;

    protected string ModelType { get; } = modelType;

    /// <summary>The builder of a family.</summary>
    public static ArchitectureBuilder For(ConfigReader config, ModelFamily family, string name, string modelType) => family.Shape switch
    {
        ArchitectureShape.EncoderDecoder => new EncoderDecoderBuilder(config, family, name, modelType),
        ArchitectureShape.CodebookDecoder => new CodebookDecoderBuilder(config, family, name, modelType),
        ArchitectureShape.ImageDiffusion => new ImageDiffusionBuilder(config, family, name, modelType),
        ArchitectureShape.VideoDiffusion => new VideoDiffusionBuilder(config, family, name, modelType),
        ArchitectureShape.JointDiffusion => new JointDiffusionBuilder(config, family, name, modelType),
        ArchitectureShape.Speech => new SpeechBuilder(config, family, name, modelType),
        ArchitectureShape.Multimodal => new MultimodalBuilder(config, family, name, modelType),
        _ => new DecoderBuilder(config, family, name, modelType),
    };

    /// <summary>The architecture, meaningless where the reader has errors.</summary>
    public abstract ModelArchitecture? Build();

    /// <summary>Appends one layer.</summary>
    protected void Add(LayerDescription layer)
    {
        int kind = _kinds.IndexOf(layer);
        if (kind < 0)
        {
            kind = _kinds.Count;
            _kinds.Add(layer);
        }

        // No family has more than a handful of kinds; a file that had would be cut here and refused by its errors.
        _order.Add((byte)Math.Min(kind, byte.MaxValue));
    }

    /// <summary>The layers appended so far, as the fields of a model without vocabulary.</summary>
    protected ModelArchitecture Layers(int hidden, int vocabulary, int positions) => new()
    {
        Name = Name,
        ModelType = ModelType,
        Hidden = hidden,
        LayerKinds = [.. _kinds],
        LayerOrder = [.. _order],
        Vocabulary = vocabulary,
        MaxPositions = positions,
        FinalNorm = Family.HasFinalNorm,
        FinalNormHasBias = Family.NormHasBias,
        FinalNormHasWeight = Family.NormHasWeight,
        ActiveLeavesOutEmbedding = Family.ActiveLeavesOutEmbedding,
    };

    protected int Positions(string key)
    {
        if (Config.OptionalInteger(key, 1, MaximumPositions) is { } positions)
            return positions;
        if (Family.DefaultPositions == 0)
            return Config.Integer(key, 1, MaximumPositions);
        if (Config.Find(key) is null)
        {
            Config.Note(
                ModelCodes.DefaultTaken, Config.OffsetOf(key), $"'{key}' is missing; {Family.DefaultPositions}, the default of {ModelType}, is taken");
        }

        return Family.DefaultPositions;
    }

    /// <summary>Width of a head: its key, else an equal share of the hidden width, which must then divide.</summary>
    protected int HeadDim(int hidden, int heads, string key, string headsKey, int byDefault = 0)
    {
        int headDim = Config.OptionalInteger(key, 1, MaximumHeadDim) ?? byDefault;
        if (headDim == 0)
        {
            headDim = Math.Max(1, hidden / heads);
            if (hidden % heads != 0 && !Config.HasErrors)
            {
                Config.Error(
                    ModelCodes.Inconsistent,
                    Config.OffsetOf(headsKey),
                    $"'{headsKey}' is {heads}, which does not divide the hidden width {hidden}; give '{key}'");
            }
        }

        if ((long)heads * headDim <= MaximumWidth)
            return headDim;
        Config.Error(ModelCodes.TooLarge, Config.OffsetOf(headsKey), $"{heads} heads of {headDim} are wider than {MaximumWidth}");
        return 1;
    }

    protected bool Bias(BiasRule rule, string key) => rule switch
    {
        BiasRule.Always => true,
        BiasRule.KeyDefaultOn => Config.OptionalBoolean(key) ?? true,
        BiasRule.KeyDefaultOff => Config.OptionalBoolean(key) ?? false,
        _ => false,
    };

    /// <summary>The model, or null with an error where its parameters cannot be counted without overflow; added up in floating point first.</summary>
    protected ModelArchitecture? Countable(ModelArchitecture model)
    {
        double total = 2.0 * model.Vocabulary * model.Hidden;
        if (!Config.HasErrors)
        {
            Span<double> kinds = stackalloc double[byte.MaxValue + 1];
            for (int kind = 0; kind < model.LayerKinds.Length; kind++)
                kinds[kind] = LayerParameters.Of(model.LayerKinds[kind], model.Hidden).Total;
            foreach (byte kind in model.LayerOrder)
                total += kinds[kind];
        }

        foreach (SideBlock side in model.Sides)
            total += side.Parameters;
        total += model.LearnedPositions ? (double)model.Hidden * model.MaxPositions : 0;
        if (total <= MaximumParameters)
            return model;
        Config.Error(ModelCodes.TooLarge, Config.OffsetOf("model_type"), $"the model has more than {MaximumParameters:0e0} parameters");
        return null;
    }
}
