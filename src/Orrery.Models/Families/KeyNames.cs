namespace Orrery.Models.Families;

/// <summary>What a family calls the keys that most families share.</summary>
internal sealed record KeyNames
{
    public string Hidden { get; init; } = "hidden_size";

    public string Layers { get; init; } = "num_hidden_layers";

    public string Heads { get; init; } = "num_attention_heads";

    public string KvHeads { get; init; } = "num_key_value_heads";

    public string HeadDim { get; init; } = "head_dim";

    public string Width { get; init; } = "intermediate_size";

    public string Positions { get; init; } = "max_position_embeddings";

    public static KeyNames Common { get; } = new();

    public static KeyNames Gpt2 { get; } = new() { Hidden = "n_embd", Layers = "n_layer", Heads = "n_head", Width = "n_inner", Positions = "n_positions" };

    public static KeyNames Falcon { get; } = new() { KvHeads = "num_kv_heads", Width = "ffn_hidden_size" };

    public static KeyNames Mpt { get; } = new() { Hidden = "d_model", Layers = "n_layers", Heads = "n_heads", Positions = "max_seq_len" };

    public static KeyNames T5 { get; } = new()
    {
        Hidden = "d_model", Layers = "num_layers", Heads = "num_heads", HeadDim = "d_kv", Width = "d_ff", Positions = "n_positions",
    };
}
