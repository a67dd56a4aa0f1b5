using System.Collections.Immutable;

namespace Orrery.Models.Families;

/// <summary>A <c>vision_config</c> and a <c>text_config</c>: the tower's layers on images, then the text model's on the sequence that holds their tokens.</summary>
internal sealed class MultimodalBuilder(ConfigReader config, ModelFamily family, string name, string modelType)
    : ArchitectureBuilder(config, family, name, modelType)
{
    /// <inheritdoc/>
    public override ModelArchitecture? Build()
    {
        ConfigReader? text = Required("text_config");
        ConfigReader? vision = Required("vision_config");
        bool? isTied = Config.OptionalBoolean("tie_word_embeddings");
        if (text is null || vision is null)
            return null;
        string written = text.OptionalText("model_type") ?? Family.TextModelType;
        if (ModelFamilies.Find(written) is not { Shape: ArchitectureShape.Decoder } textFamily)
        {
            Config.Error(
                ModelCodes.NotSupported, text.OffsetOf("model_type"), $"'{Json.JsonValue.Shorten(written)}' is no text model that can be described");
            return null;
        }

        text.UseDefaults(textFamily.NestedDefaults);
        if (new DecoderBuilder(text, textFamily, Name, ModelType).Build() is not { } model)
            return null;
        VisionTower tower = new VisionTowerReader(Config, vision, ModelType, model.Hidden).Read();
        Config.Note(
            ModelCodes.DefaultTaken,
            Config.OffsetOf("vision_config"),
            $"one image a sequence is taken: {tower.Description.PatchesPerImage} patches in the tower, {tower.Description.TokensPerImage} tokens of the sequence");
        ImmutableArray<byte> towerOrder = [.. Enumerable.Repeat((byte)0, tower.Layers)];
        return Countable(model with
        {
            TiedEmbeddings = isTied ?? model.TiedEmbeddings,
            LayerKinds = [tower.Layer, .. model.LayerKinds],
            LayerOrder = [.. towerOrder, .. model.LayerOrder.Select(static kind => (byte)Math.Min(byte.MaxValue, kind + 1))],
            Sides = [.. tower.Sides, .. model.Sides],
            Vision = tower.Description,
        });
    }

    private ConfigReader? Required(string key)
    {
        ConfigReader? group = Config.OptionalGroup(key);
        if (group is null && Config.Find(key) is null)
            Config.Error(ModelCodes.MissingKey, Config.OffsetOf("model_type"), $"'{key}' is missing; expected an object");
        return group;
    }
}
