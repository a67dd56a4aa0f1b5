namespace Orrery.Serving;

/// <summary>
/// Azure's language-model services: <c>TIMESTAMP,ContextTokens,GeneratedTokens</c>, times of day with seven decimals; the multimodal trace has
/// <c>NumImages</c>, whose tokens are among those of the context.
/// </summary>
/// <remarks>Source: github.com/Azure/AzurePublicDataset, AzureLLMInferenceDataset2023.md and AzureLMMInferenceDataset2025.md.</remarks>
public sealed class AzureTrace : TraceLayout
{
    public override string Name => "azure";

    public override string[] Arrival { get; } = ["TIMESTAMP"];

    public override string[] Input { get; } = ["ContextTokens"];

    public override string[] Output { get; } = ["GeneratedTokens"];

    public override string[] Images { get; } = ["NumImages"];
}
