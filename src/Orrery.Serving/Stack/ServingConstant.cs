namespace Orrery.Serving;

/// <summary>The constants of a serving stack, in the order of <c>data/serving/constants.yaml</c>, which says their units and ranges.</summary>
public enum ServingConstant : byte
{
    /// <summary>Part of an isolated kernel's launch that remains inside a captured graph.</summary>
    LaunchShare,

    /// <summary>One of the small kernels between products: norm, rotary, activation, router, quantise.</summary>
    SmallKernel,

    /// <summary>Host work of one iteration.</summary>
    HostPerIteration,

    /// <summary>Host work of one running sequence in an iteration.</summary>
    HostPerSequence,

    /// <summary>Time of prefill work over that of the operator models.</summary>
    PrefillScale,

    /// <summary>Time of decode work over that of the operator models.</summary>
    DeviceScale,

    /// <summary>From the last prefill iteration to the first token at the client: sampling, text, network.</summary>
    FirstTokenDelay,

    /// <summary>Host work of one layer in an iteration with prefill, which no captured graph covers.</summary>
    HostPerPrefillLayer,

    /// <summary>What the first iteration of a cold engine takes longer.</summary>
    ColdStart,

    /// <summary>Host work of one layer in every iteration of an engine without captured graphs.</summary>
    HostPerLayer,

    /// <summary>Time of attention over caches, over that of the operator models.</summary>
    AttentionScale,

    /// <summary>Time of attention of prompts, over that of the operator models.</summary>
    PromptAttentionScale,

    /// <summary>Time of collectives in the passes of a batch's prompts behind the first, over that of the fabric's model.</summary>
    LaterPassCollectives,
}
