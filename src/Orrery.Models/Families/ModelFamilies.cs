using System.Collections.Immutable;

namespace Orrery.Models.Families;

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
            NestedDefaults =
            [
                ("hidden_size", 4096), ("num_hidden_layers", 32), ("num_attention_heads", 32), ("intermediate_size", 11008), ("vocab_size", 32000),
            ],
        },
        new() { ModelTypes = ["mistral"], DefaultPositions = 131072, Windows = WindowRule.AllLayers },
        new() { ModelTypes = ["mixtral"], DefaultPositions = 131072, Windows = WindowRule.AllLayers, Experts = ExpertRule.Mixtral },
        new() { ModelTypes = ["qwen2"], QkvBias = BiasRule.KeyDefaultOn, DefaultPositions = 32768, Windows = WindowRule.UpperLayers },
        new()
        {
            ModelTypes = ["qwen3", "qwen3_vl_text"],
            QkvBias = BiasRule.KeyDefaultOff,
            OutputBias = BiasRule.KeyDefaultOff,
            QkNorm = QkNormKind.PerHead,
            DefaultPositions = 32768,
            DefaultHeadDim = 128,
            Windows = WindowRule.UpperLayers,
        },
        new()
        {
            ModelTypes = ["qwen3_moe", "qwen3_vl_moe_text"],
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
            DefaultWidthFactor = 4,
            Keys = KeyNames.Gpt2,
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
            ModelTypes = ["gemma"],
            QkvBias = BiasRule.KeyDefaultOff,
            OutputBias = BiasRule.KeyDefaultOff,
            IsTiedByDefault = true,
            DefaultPositions = 8192,
            DefaultHeadDim = 256,
        },
        new()
        {
            ModelTypes = ["phi3"],
            QkvBias = BiasRule.KeyDefaultOff,
            OutputBias = BiasRule.KeyDefaultOff,
            DefaultPositions = 4096,
            Windows = WindowRule.AllLayers,
        },
        new() { ModelTypes = ["qwen2_moe"], QkvBias = BiasRule.Always, DefaultPositions = 32768, Windows = WindowRule.UpperLayers, Experts = ExpertRule.Qwen },
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
            NestedDefaults = [("vocab_size", 262208), ("num_attention_heads", 8), ("num_key_value_heads", 4), ("head_dim", 256)],
        },
        new()
        {
            ModelTypes = ["gpt_oss"],
            QkvBias = BiasRule.KeyDefaultOn,
            OutputBias = BiasRule.KeyDefaultOn,
            FeedForwardBias = BiasRule.Always,
            DefaultPositions = 131072,
            DefaultHeadDim = 64,
            Windows = WindowRule.Pattern,
            DefaultWindowPattern = 2,
            Experts = ExpertRule.Mixtral,
            HasRouterBias = true,
            HasSinks = true,
            ActiveLeavesOutEmbedding = true,
        },
        new()
        {
            // The norm of queries and keys that 'use_qk_norm' switches on has no weights.
            ModelTypes = ["llama4_text"],
            QkvBias = BiasRule.KeyDefaultOff,
            OutputBias = BiasRule.KeyDefaultOff,
            QkNormNeedsKey = true,
            DefaultPositions = 131072,
            DefaultHeadDim = 128,
            Windows = WindowRule.Chunks,
            DefaultWindowPattern = 4,
            Experts = ExpertRule.Llama4,
        },
        new() { ModelTypes = ["glm"], QkvBias = BiasRule.KeyDefaultOff, DefaultPositions = 131072, DefaultHeadDim = 128 },
        new() { ModelTypes = ["glm4"], Norms = 4, QkvBias = BiasRule.KeyDefaultOff, DefaultPositions = 131072, DefaultHeadDim = 128 },
        new()
        {
            ModelTypes = ["glm4_moe"],
            QkvBias = BiasRule.KeyDefaultOff,
            QkNorm = QkNormKind.PerHead,
            QkNormNeedsKey = true,
            DefaultPositions = 131072,
            DefaultHeadDim = 128,
            Experts = ExpertRule.DeepSeek,
            HasRouterBias = true,
        },
        new()
        {
            ModelTypes = ["minimax_m2"],
            QkNorm = QkNormKind.WholeProjection,
            QkNormNeedsKey = true,
            DefaultPositions = 196608,
            Experts = ExpertRule.Mixtral,
        },
        new()
        {
            ModelTypes = ["minimax", "minimax_text_01"],
            DefaultPositions = 10240000,
            Experts = ExpertRule.Mixtral,
            Mixers = MixerRule.Lightning,
        },
        new()
        {
            ModelTypes = ["qwen3_next", "qwen3_5_text", "qwen3_5_moe_text"],
            QkvBias = BiasRule.KeyDefaultOff,
            OutputBias = BiasRule.KeyDefaultOff,
            QkNorm = QkNormKind.PerHead,
            DefaultPositions = 262144,
            DefaultHeadDim = 256,
            Experts = ExpertRule.Qwen,
            Mixers = MixerRule.GatedDelta,
            HasOutputGate = true,
        },
        new()
        {
            ModelTypes = ["nemotron_h"],
            IsGated = false,
            Norms = 1,
            QkvBias = BiasRule.KeyDefaultOff,
            OutputBias = BiasRule.KeyDefaultOff,
            FeedForwardBias = BiasRule.KeyDefaultOff,
            DefaultPositions = 8192,
            Experts = ExpertRule.Nemotron,
            HasRouterBias = true,
            Mixers = MixerRule.Nemotron,
        },
        new() { ModelTypes = ["mamba2"], Norms = 1, DefaultPositions = 1 << 20, Mixers = MixerRule.Mamba2 },
        new()
        {
            ModelTypes = ["falcon"],
            Keys = KeyNames.Falcon,
            IsGated = false,
            NormHasBias = true,
            QkvBias = BiasRule.KeyDefaultOff,
            OutputBias = BiasRule.KeyDefaultOff,
            FeedForwardBias = BiasRule.KeyDefaultOff,
            IsTiedByDefault = true,
            DefaultPositions = 2048,
            DefaultWidthFactor = 4,
            KvHeads = KvHeadRule.Falcon,
        },
        new() { ModelTypes = ["mpt"], Keys = KeyNames.Mpt, IsGated = false, IsTiedByDefault = true, DefaultPositions = 2048, KvHeads = KvHeadRule.Mpt },
        new() { ModelTypes = ["t5", "mt5"], Shape = ArchitectureShape.EncoderDecoder, Keys = KeyNames.T5, IsTiedByDefault = true, DefaultPositions = 512 },
        new()
        {
            ModelTypes = ["umt5"],
            Shape = ArchitectureShape.EncoderDecoder,
            Keys = KeyNames.T5,
            DefaultPositions = 512,
            HasTableInEveryLayer = true,
        },
        new()
        {
            ModelTypes = ["musicgen_decoder"],
            Shape = ArchitectureShape.CodebookDecoder,
            IsGated = false,
            NormHasBias = true,
            DefaultPositions = 2048,
        },
        new() { ModelTypes = ["dit"], ClassName = "DiTTransformer2DModel", Shape = ArchitectureShape.ImageDiffusion, IsCausal = false },

        // The longest published clip: 81 frames of 1280 by 720 pixels are 21 x 45 x 80 patches.
        new() { ModelTypes = ["wan"], ClassName = "WanTransformer3DModel", Shape = ArchitectureShape.VideoDiffusion, IsCausal = false, DefaultPositions = 75600, TextTokens = 512, FrameStride = 4 },

        // One image of 1024 by 1024 pixels; for the video model 129 frames of 1280 by 720.
        new()
        {
            ModelTypes = ["flux"],
            ClassName = "FluxTransformer2DModel",
            Shape = ArchitectureShape.JointDiffusion,
            IsCausal = false,
            DefaultPositions = 4096,
            JointText = JointTextRule.Projected,
            TextTokens = 512,
        },
        new()
        {
            ModelTypes = ["qwen_image"],
            ClassName = "QwenImageTransformer2DModel",
            Shape = ArchitectureShape.JointDiffusion,
            IsCausal = false,
            DefaultPositions = 4096,
            JointText = JointTextRule.Separate,
            TextTokens = 512,
        },
        new()
        {
            ModelTypes = ["hunyuan_video"],
            ClassName = "HunyuanVideoTransformer3DModel",
            Shape = ArchitectureShape.JointDiffusion,
            IsCausal = false,
            DefaultPositions = 118800,
            JointText = JointTextRule.Refined,
            TextTokens = 256,
            FrameStride = 4,
        },
        new()
        {
            ModelTypes = ["whisper"],
            Shape = ArchitectureShape.Speech,
            IsGated = false,
            NormHasBias = true,
            IsTiedByDefault = true,
            DefaultPositions = 448,
        },
        new() { ModelTypes = ["gemma3"], Shape = ArchitectureShape.Multimodal, TextModelType = "gemma3_text" },
        new() { ModelTypes = ["llama4"], Shape = ArchitectureShape.Multimodal, TextModelType = "llama4_text" },
        new() { ModelTypes = ["llava"], Shape = ArchitectureShape.Multimodal, TextModelType = "llama" },
        new() { ModelTypes = ["qwen3_vl"], Shape = ArchitectureShape.Multimodal, TextModelType = "qwen3_vl_text" },
        new() { ModelTypes = ["qwen3_vl_moe"], Shape = ArchitectureShape.Multimodal, TextModelType = "qwen3_vl_moe_text" },
        new() { ModelTypes = ["qwen3_5"], Shape = ArchitectureShape.Multimodal, TextModelType = "qwen3_5_text" },
        new() { ModelTypes = ["qwen3_5_moe"], Shape = ArchitectureShape.Multimodal, TextModelType = "qwen3_5_moe_text" },
    ];

    /// <summary>Model types that people use and that need something no layer description here can say, with what that is.</summary>
    public static ImmutableArray<(string ModelType, string Reason)> NotSupported { get; } =
    [
        ("mamba", "state-space layers of the first kind, without heads"),
        ("jamba", "state-space layers of the first kind beside attention"),
        ("mllama", "layers that attend to images in the place of the text"),
        ("rwkv", "recurrent layers with token shifts"),
        ("deepseek_v32", "attention to an index of chosen tokens"),
        ("glm_moe_dsa", "attention to an index of chosen tokens"),
        ("musicgen", "a text encoder, a decoder and an audio codec in one file (give its decoder as musicgen_decoder)"),
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

    /// <summary>The family of a class of the library that writes no model types; null for any other name.</summary>
    public static ModelFamily? OfClass(string className)
    {
        foreach (ModelFamily family in All)
        {
            if (family.ClassName.Length > 0 && family.ClassName == className)
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
