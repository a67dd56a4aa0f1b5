using System.Collections.Immutable;

namespace Orrery.Models;

/// <summary>Model types that can be described, and those known that cannot.</summary>
/// <remarks>
/// Source of the rules: the published model and configuration code of each family in the Hugging Face transformers library, 4.57 (2025-10);
/// checked by parameter counts against <c>data/models/counts.csv</c>.
/// </remarks>
internal static class ModelFamilies
{
    public static ImmutableArray<ModelFamily> All { get; } =
    [
        new()
        {
            ModelTypes = ["llama"],
            QkvBias = BiasRule.KeyDefaultOff,
            OutputBias = BiasRule.KeyDefaultOff,
            FeedForwardBias = BiasRule.KeyDefaultOff,
            DefaultPositions = 2048,
        },
        new() { ModelTypes = ["mistral"], DefaultPositions = 131072, Windows = WindowRule.AllLayers },
        new() { ModelTypes = ["mixtral"], DefaultPositions = 131072, Windows = WindowRule.AllLayers, Experts = ExpertRule.Mixtral },
        new() { ModelTypes = ["qwen2"], QkvBias = BiasRule.KeyDefaultOn, DefaultPositions = 32768, Windows = WindowRule.UpperLayers },
        new()
        {
            ModelTypes = ["qwen3"],
            QkvBias = BiasRule.KeyDefaultOff,
            OutputBias = BiasRule.KeyDefaultOff,
            QkNorm = QkNormKind.PerHead,
            DefaultPositions = 32768,
            DefaultHeadDim = 128,
            Windows = WindowRule.UpperLayers,
        },
        new()
        {
            ModelTypes = ["qwen3_moe"],
            QkvBias = BiasRule.KeyDefaultOff,
            OutputBias = BiasRule.KeyDefaultOff,
            QkNorm = QkNormKind.PerHead,
            DefaultPositions = 32768,
            Windows = WindowRule.UpperLayers,
            Experts = ExpertRule.Qwen,
        },
        new()
        {
            ModelTypes = ["deepseek_v2", "deepseek_v3", "kimi_k2"],
            DefaultPositions = 4096,
            Experts = ExpertRule.DeepSeek,
            IsLatent = true,
        },
        new()
        {
            ModelTypes = ["gpt2"],
            IsGated = false,
            NormHasBias = true,
            QkvBias = BiasRule.Always,
            OutputBias = BiasRule.Always,
            FeedForwardBias = BiasRule.Always,
            IsTiedByDefault = true,
            LearnedPositions = true,
            DefaultPositions = 1024,
            UsesGpt2Names = true,
        },
        new()
        {
            // Megatron-style descriptions: a GPT-2 block under the common key names.
            ModelTypes = ["gpt2-style", "megatron", "megatron-gpt"],
            IsGated = false,
            NormHasBias = true,
            QkvBias = BiasRule.Always,
            OutputBias = BiasRule.Always,
            FeedForwardBias = BiasRule.Always,
            IsTiedByDefault = true,
            LearnedPositions = true,
        },
        new()
        {
            ModelTypes = ["gpt_neox"],
            IsGated = false,
            NormHasBias = true,
            QkvBias = BiasRule.KeyDefaultOn,
            OutputBias = BiasRule.KeyDefaultOn,
            FeedForwardBias = BiasRule.Always,
            DefaultPositions = 2048,
        },
        new()
        {
            ModelTypes = ["bert"],
            IsGated = false,
            NormHasBias = true,
            HasFinalNorm = false,
            IsCausal = false,
            QkvBias = BiasRule.Always,
            OutputBias = BiasRule.Always,
            FeedForwardBias = BiasRule.Always,
            IsTiedByDefault = true,
            LearnedPositions = true,
            DefaultPositions = 512,
            IsBert = true,
        },
        new()
        {
            ModelTypes = ["olmo"],
            NormHasWeight = false,
            QkvBias = BiasRule.KeyDefaultOff,
            OutputBias = BiasRule.KeyDefaultOff,
            DefaultPositions = 2048,
        },
        new()
        {
            ModelTypes = ["olmo2"],
            QkvBias = BiasRule.KeyDefaultOff,
            OutputBias = BiasRule.KeyDefaultOff,
            QkNorm = QkNormKind.WholeProjection,
            DefaultPositions = 2048,
        },
        new()
        {
            ModelTypes = ["olmo3"],
            QkvBias = BiasRule.KeyDefaultOff,
            OutputBias = BiasRule.KeyDefaultOff,
            QkNorm = QkNormKind.WholeProjection,
            DefaultPositions = 2048,
            Windows = WindowRule.Pattern,
            DefaultWindowPattern = 4,
        },
        new()
        {
            ModelTypes = ["gemma2"],
            Norms = 4,
            QkvBias = BiasRule.KeyDefaultOff,
            OutputBias = BiasRule.KeyDefaultOff,
            IsTiedByDefault = true,
            DefaultPositions = 8192,
            DefaultHeadDim = 256,
            Windows = WindowRule.Pattern,
            DefaultWindowPattern = 2,
        },
        new()
        {
            ModelTypes = ["gemma3_text"],
            Norms = 4,
            QkvBias = BiasRule.KeyDefaultOff,
            OutputBias = BiasRule.KeyDefaultOff,
            QkNorm = QkNormKind.PerHead,
            IsTiedByDefault = true,
            DefaultPositions = 131072,
            DefaultHeadDim = 256,
            Windows = WindowRule.Pattern,
            DefaultWindowPattern = 6,
        },
    ];

    /// <summary>Model types that people use and that need something no layer description here can say, with what that is.</summary>
    public static ImmutableArray<(string ModelType, string Reason)> NotSupported { get; } =
    [
        ("gpt_oss", "attention sinks and biases of routers and experts"),
        ("llama4", "a vision tower and attention within chunks"),
        ("llama4_text", "attention within chunks and alternating dense and expert layers"),
        ("gemma3", "a vision tower beside the text model (give its text_config as gemma3_text)"),
        ("t5", "an encoder beside the decoder"),
        ("dit", "an image diffusion transformer without a vocabulary"),
        ("wan", "a video diffusion transformer without a vocabulary"),
        ("musicgen_decoder", "cross-attention and several codebooks"),
        ("mamba", "state-space layers"),
        ("mamba2", "state-space layers"),
        ("jamba", "state-space layers beside attention"),
        ("qwen3_next", "linear attention layers"),
    ];

    public static ModelFamily? Find(string modelType)
    {
        foreach (ModelFamily family in All)
        {
            if (family.ModelTypes.Contains(modelType))
                return family;
        }

        return null;
    }

    /// <summary>Every model type that can be described, in the order of the table.</summary>
    public static IEnumerable<string> ModelTypes
    {
        get
        {
            foreach (ModelFamily family in All)
            {
                foreach (string modelType in family.ModelTypes)
                    yield return modelType;
            }
        }
    }
}
