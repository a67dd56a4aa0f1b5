using Orrery.Catalog;
using Shouldly;

namespace Orrery.Models.Tests;

/// <summary>
/// Test data: the shape-giving keys of published configurations of families that the catalogue has no folder of. Names are those of the model cards;
/// nothing here is part of the catalogue.
/// </summary>
internal static class PublishedConfigurations
{
    /// <summary>Names and texts, in the order written.</summary>
    public static IReadOnlyList<(string Name, string Json)> All { get; } =
    [
        (
            "wan2.1-t2v-14b, by its class",
            """{"_class_name":"WanTransformer3DModel","_diffusers_version":"0.33.0.dev0","added_kv_proj_dim":null,"attention_head_dim":128,"cross_attn_norm":true,"eps":1e-06,"ffn_dim":13824,"freq_dim":256,"image_dim":null,"in_channels":16,"num_attention_heads":40,"num_layers":40,"out_channels":16,"patch_size":[1,2,2],"qk_norm":"rms_norm_across_heads","rope_max_seq_len":1024,"text_dim":4096}"""
        ),
        (
            "dit-xl-2, by its class",
            """{"_class_name":"DiTTransformer2DModel","_diffusers_version":"0.12.0.dev0","activation_fn":"gelu-approximate","attention_bias":true,"attention_head_dim":72,"dropout":0.0,"in_channels":4,"norm_elementwise_affine":false,"norm_num_groups":32,"norm_type":"ada_norm_zero","num_attention_heads":16,"num_embeds_ada_norm":1000,"num_layers":28,"out_channels":8,"patch_size":2,"sample_size":32,"upcast_attention":false}"""
        ),
        (
            "gemma-7b",
            """{"model_type":"gemma","hidden_size":3072,"num_hidden_layers":28,"num_attention_heads":16,"num_key_value_heads":16,"head_dim":256,"intermediate_size":24576,"vocab_size":256000,"max_position_embeddings":8192,"attention_bias":false,"hidden_act":"gelu","rope_theta":10000.0}"""
        ),
        (
            "phi-3-mini-4k-instruct",
            """{"model_type":"phi3","hidden_size":3072,"num_hidden_layers":32,"num_attention_heads":32,"num_key_value_heads":32,"intermediate_size":8192,"vocab_size":32064,"max_position_embeddings":4096,"original_max_position_embeddings":4096,"sliding_window":2047,"attention_bias":false,"tie_word_embeddings":false,"embd_pdrop":0.0,"resid_pdrop":0.0,"rope_scaling":null}"""
        ),
        (
            "qwen1.5-moe-a2.7b",
            """{"model_type":"qwen2_moe","hidden_size":2048,"num_hidden_layers":24,"num_attention_heads":16,"num_key_value_heads":16,"intermediate_size":5632,"moe_intermediate_size":1408,"shared_expert_intermediate_size":5632,"num_experts":60,"num_experts_per_tok":4,"decoder_sparse_step":1,"vocab_size":151936,"max_position_embeddings":8192,"use_sliding_window":false,"max_window_layers":21,"sliding_window":32768,"norm_topk_prob":false,"output_router_logits":false,"router_aux_loss_coef":0.001}"""
        ),
        (
            "gpt2",
            """{"model_type":"gpt2","n_embd":768,"n_layer":12,"n_head":12,"vocab_size":50257,"n_positions":1024,"n_ctx":1024}"""),
        (
            "gpt-neox-20b",
            """{"model_type":"gpt_neox","hidden_size":6144,"num_hidden_layers":44,"num_attention_heads":64,"intermediate_size":24576,"vocab_size":50432,"max_position_embeddings":2048,"rotary_pct":0.25}"""),
        (
            "olmo-7b",
            """{"model_type":"olmo","hidden_size":4096,"num_hidden_layers":32,"num_attention_heads":32,"intermediate_size":11008,"vocab_size":50304,"clip_qkv":null}"""),
        (
            "olmo-2-7b",
            """{"model_type":"olmo2","hidden_size":4096,"num_hidden_layers":32,"num_attention_heads":32,"intermediate_size":11008,"vocab_size":100352}"""),
        (
            "falcon-7b, output projection stored",
            """{"model_type":"falcon","hidden_size":4544,"num_hidden_layers":32,"num_attention_heads":71,"vocab_size":65024,"multi_query":true,"parallel_attn":true,"bias":false,"alibi":false,"new_decoder_architecture":false,"tie_word_embeddings":false}"""),
        (
            "mpt-7b",
            """{"model_type":"mpt","d_model":4096,"n_layers":32,"n_heads":32,"expansion_ratio":4,"max_seq_len":2048,"vocab_size":50432,"no_bias":true,"learned_pos_emb":true,"attn_config":{"alibi":true,"attn_impl":"torch","attn_type":"multihead_attention","qk_ln":false}}"""),
        (
            "t5-base",
            """{"model_type":"t5","d_model":768,"d_kv":64,"d_ff":3072,"num_layers":12,"num_decoder_layers":12,"num_heads":12,"vocab_size":32128,"relative_attention_num_buckets":32,"n_positions":512,"is_encoder_decoder":true,"dropout_rate":0.1}"""),
        (
            "flan-t5-xl",
            """{"model_type":"t5","d_model":2048,"d_kv":64,"d_ff":5120,"num_layers":24,"num_heads":32,"vocab_size":32128,"feed_forward_proj":"gated-gelu","tie_word_embeddings":false}"""),
        (
            "glm-4-9b-chat-hf",
            """{"model_type":"glm","hidden_size":4096,"num_hidden_layers":40,"num_attention_heads":32,"num_key_value_heads":2,"head_dim":128,"intermediate_size":13696,"vocab_size":151552,"attention_bias":true,"max_position_embeddings":131072}"""),
        (
            "gemma-3-4b-it",
            """{"model_type":"gemma3","mm_tokens_per_image":256,"boi_token_index":255999,"text_config":{"hidden_size":2560,"intermediate_size":10240,"model_type":"gemma3_text","num_hidden_layers":34,"sliding_window":1024},"vision_config":{"hidden_size":1152,"image_size":896,"intermediate_size":4304,"model_type":"siglip_vision_model","num_attention_heads":16,"num_hidden_layers":27,"patch_size":14,"vision_use_head":false}}"""),
        (
            "llama-4-scout with its tower",
            """{"model_type":"llama4","text_config":{"model_type":"llama4_text","hidden_size":5120,"num_hidden_layers":48,"num_attention_heads":40,"num_key_value_heads":8,"head_dim":128,"intermediate_size":8192,"intermediate_size_mlp":16384,"vocab_size":202048,"max_position_embeddings":10485760,"num_local_experts":16,"num_experts_per_tok":1,"interleave_moe_layer_step":1,"attention_chunk_size":8192,"use_qk_norm":true},"vision_config":{"model_type":"llama4_vision_model","hidden_size":1408,"image_size":336,"intermediate_size":5632,"num_attention_heads":16,"num_hidden_layers":34,"patch_size":14,"pixel_shuffle_ratio":0.5,"projector_input_dim":4096,"projector_output_dim":4096,"vision_output_dim":4096}}"""),
        (
            "llava-1.5-7b-hf",
            """{"model_type":"llava","image_token_index":32000,"projector_hidden_act":"gelu","vision_feature_layer":-2,"text_config":{"model_type":"llama","max_position_embeddings":4096,"vocab_size":32064},"vision_config":{"model_type":"clip_vision_model","hidden_size":1024,"image_size":336,"intermediate_size":4096,"num_attention_heads":16,"num_hidden_layers":24,"patch_size":14,"projection_dim":768,"vocab_size":32000}}"""),
        (
            "minimax-text-01",
            """{"model_type":"minimax","hidden_size":6144,"num_hidden_layers":80,"num_attention_heads":64,"num_key_value_heads":8,"head_dim":128,"intermediate_size":9216,"vocab_size":200064,"max_position_embeddings":10240000,"num_local_experts":32,"num_experts_per_tok":2,"block_size":256,"shared_intermediate_size":0,"attn_type_list":[0,0,0,0,0,0,0,1,0,0,0,0,0,0,0,1,0,0,0,0,0,0,0,1,0,0,0,0,0,0,0,1,0,0,0,0,0,0,0,1,0,0,0,0,0,0,0,1,0,0,0,0,0,0,0,1,0,0,0,0,0,0,0,1,0,0,0,0,0,0,0,1,0,0,0,0,0,0,0,1],"layernorm_full_attention_alpha":3.5565588200778455,"postnorm":true,"rotary_dim":64}"""),
        (
            "mamba2-2.7b",
            """{"model_type":"mamba2","hidden_size":2560,"num_hidden_layers":64,"num_heads":80,"head_dim":64,"n_groups":1,"state_size":128,"conv_kernel":4,"expand":2,"chunk_size":256,"vocab_size":50288,"use_bias":false,"use_conv_bias":true,"tie_word_embeddings":true}"""),
        (
            "qwen3-vl-30b-a3b",
            """{"model_type":"qwen3_vl_moe","image_token_id":151655,"tie_word_embeddings":false,"text_config":{"model_type":"qwen3_vl_moe_text","hidden_size":2048,"num_hidden_layers":48,"num_attention_heads":32,"num_key_value_heads":4,"head_dim":128,"intermediate_size":6144,"moe_intermediate_size":768,"num_experts":128,"num_experts_per_tok":8,"decoder_sparse_step":1,"mlp_only_layers":[],"vocab_size":151936,"max_position_embeddings":262144,"attention_bias":false},"vision_config":{"model_type":"qwen3_vl_moe","depth":27,"hidden_size":1152,"intermediate_size":4304,"num_heads":16,"patch_size":16,"temporal_patch_size":2,"spatial_merge_size":2,"out_hidden_size":2048,"num_position_embeddings":2304,"in_channels":3,"deepstack_visual_indexes":[8,16,24]}}"""),
        (
            "nemotron-h-56b",
            """{"model_type":"nemotron_h","hidden_size":8192,"num_hidden_layers":118,"hybrid_override_pattern":"M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M-","attention_head_dim":128,"num_attention_heads":64,"num_key_value_heads":8,"intermediate_size":32768,"mamba_head_dim":64,"mamba_num_heads":256,"n_groups":8,"ssm_state_size":256,"conv_kernel":4,"chunk_size":128,"expand":2,"vocab_size":131072,"max_position_embeddings":8192,"use_bias":false,"use_conv_bias":true,"time_step_limit":[0.0,Infinity],"time_step_rank":512}"""),
        (
            "nemotron-3-nano-30b-a3b",
            """{"model_type":"nemotron_h","hidden_size":2688,"num_hidden_layers":52,"hybrid_override_pattern":"MEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEMEM*EMEMEMEME","head_dim":128,"num_attention_heads":32,"num_key_value_heads":2,"intermediate_size":1856,"moe_intermediate_size":1856,"moe_shared_expert_intermediate_size":3712,"n_routed_experts":128,"n_shared_experts":1,"num_experts_per_tok":6,"mamba_head_dim":64,"mamba_num_heads":64,"n_groups":8,"ssm_state_size":128,"conv_kernel":4,"chunk_size":128,"vocab_size":131072,"max_position_embeddings":262144,"use_bias":false}"""),
        (
            "nemotron-3-super-120b-a12b",
            """{"model_type":"nemotron_h","hidden_size":4096,"num_hidden_layers":88,"hybrid_override_pattern":"MEMEMEM*EMEMEMEM*EMEMEMEM*EMEMEMEMEM*EMEMEMEMEM*EMEMEMEMEM*EMEMEMEMEM*EMEMEMEM*EMEMEMEME","head_dim":128,"num_attention_heads":32,"num_key_value_heads":2,"intermediate_size":2688,"moe_intermediate_size":2688,"moe_latent_size":1024,"moe_shared_expert_intermediate_size":5376,"n_routed_experts":512,"n_shared_experts":1,"num_experts_per_tok":22,"mamba_head_dim":64,"mamba_num_heads":128,"n_groups":8,"ssm_state_size":128,"conv_kernel":4,"chunk_size":128,"vocab_size":131072,"max_position_embeddings":262144,"num_nextn_predict_layers":1,"mtp_hybrid_override_pattern":"*E"}"""),
        (
            "minimax-m2",
            """{"model_type":"minimax_m2","num_hidden_layers":62,"hidden_size":3072,"num_attention_heads":48,"num_key_value_heads":8,"head_dim":128,"intermediate_size":1536,"vocab_size":200064,"num_experts_per_tok":8,"num_local_experts":256,"max_position_embeddings":196608,"use_qk_norm":true,"qk_norm_type":"per_layer","use_routing_bias":true,"use_mtp":true,"mtp_transformer_layers":1,"num_mtp_modules":3,"scoring_func":"sigmoid","rotary_dim":64}"""),
        (
            "qwen3-next-80b-a3b",
            """{"model_type":"qwen3_next","hidden_size":2048,"num_hidden_layers":48,"num_attention_heads":16,"num_key_value_heads":2,"head_dim":256,"intermediate_size":5120,"vocab_size":151936,"max_position_embeddings":262144,"num_experts":512,"num_experts_per_tok":10,"moe_intermediate_size":512,"shared_expert_intermediate_size":512,"decoder_sparse_step":1,"mlp_only_layers":[],"full_attention_interval":4,"linear_conv_kernel_dim":4,"linear_key_head_dim":128,"linear_num_key_heads":16,"linear_num_value_heads":32,"linear_value_head_dim":128,"partial_rotary_factor":0.25}"""),
        (
            "glm-4.5",
            """{"model_type":"glm4_moe","hidden_size":5120,"num_hidden_layers":92,"num_attention_heads":96,"num_key_value_heads":8,"head_dim":128,"intermediate_size":12288,"moe_intermediate_size":1536,"n_routed_experts":160,"n_shared_experts":1,"num_experts_per_tok":8,"first_k_dense_replace":3,"use_qk_norm":true,"attention_bias":true,"vocab_size":151552,"max_position_embeddings":131072,"n_group":1,"topk_group":1,"num_nextn_predict_layers":1,"partial_rotary_factor":0.5}"""),
        (
            "falcon-40b",
            """{"model_type":"falcon","hidden_size":8192,"num_hidden_layers":60,"num_attention_heads":128,"num_kv_heads":8,"vocab_size":65024,"new_decoder_architecture":true,"multi_query":true,"parallel_attn":true,"bias":false}"""),
        (
            "mpt-30b",
            """{"model_type":"mpt","d_model":7168,"n_layers":48,"n_heads":64,"expansion_ratio":4,"max_seq_len":8192,"vocab_size":50432,"no_bias":true,"attn_config":{"alibi":true}}"""),
    ];

    /// <summary>The model of a name.</summary>
    public static ModelArchitecture Load(string name)
    {
        Result<ModelArchitecture> result = TestData.Parse(All.Single(entry => entry.Name == name).Json);
        result.IsSuccess.ShouldBeTrue($"{name}: {string.Join('\n', result.Diagnostics)}");
        return result.Value!;
    }
}
