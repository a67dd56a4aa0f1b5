using Orrery.Models;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>
/// What a sequence keeps on one rank: bytes that grow with every token, bytes of layers that keep a window only, and states of fixed size.
/// </summary>
/// <remarks>
/// Keys and values of a layer: <c>2 x KV heads of the rank x head width</c> numbers a token; latent attention keeps its narrow vector whole on every
/// rank of a tensor-parallel group. A pipeline's stages hold their own layers, so the fullest stage counts.
/// </remarks>
public sealed class KvLayout
{
    private readonly List<(int Window, double BytesPerToken)> windows = [];

    /// <summary>What a sequence of <paramref name="model"/> keeps under a plan.</summary>
    /// <param name="speculation">What proposes tokens keeps keys and values of its own; null where nothing does.</param>
    public KvLayout(ModelArchitecture model, ServingPlan plan, Speculation? speculation = null)
    {
        // Stages split the layers as evenly as they can; the fullest has the ceiling.
        Add(model, plan, Math.Ceiling(model.Layers / (double)plan.PipelineParallel) / model.Layers);
        if (speculation is not null)
            Add(speculation.Draft, speculation.PlanOf(plan), speculation.Copies);
    }

    /// <summary>Bytes each further token adds for good.</summary>
    public double BytesPerToken { get; private set; }

    /// <summary>Bytes of states that do not grow.</summary>
    public double StateBytes { get; private set; }

    private void Add(ModelArchitecture model, ServingPlan plan, double share)
    {
        double bytes = plan.KvPrecision.BytesPerElement();
        foreach (byte kind in model.LayerOrder)
        {
            LayerDescription layer = model.LayerKinds[kind];
            AttentionDescription attention = layer.Attention;
            if (layer.Stream.Kind != TokenStreamKind.Sequence || attention.Kind == AttentionKind.None)
                continue;
            if (attention.Linear is { } linear)
            {
                StateBytes += share * 4.0 * Math.Max(1, linear.Heads / plan.TensorParallel) * linear.KeyDim * linear.ValueDim;
                continue;
            }

            double perToken = share * (attention.Latent is { } latent
                ? (latent.KvRank + latent.RopeDim) * bytes
                : 2.0 * Math.Max(1, (attention.KvHeads + plan.TensorParallel - 1) / plan.TensorParallel) * attention.HeadDim * bytes);
            int kept = attention.Window > 0 ? attention.Window : attention.Chunk;
            if (kept > 0)
                Keep(kept, perToken);
            else
                BytesPerToken += perToken;
        }
    }

    /// <summary>Bytes of a sequence's windows and states once it has <paramref name="tokens"/>, in whole blocks.</summary>
    public long FixedBytes(int tokens, int blockTokens)
    {
        double bytes = StateBytes;
        foreach ((int window, double perToken) in windows)
        {
            // One block more than the window: the oldest is freed only when none of it is seen.
            int kept = Math.Min(tokens, window + blockTokens);
            bytes += Math.Ceiling(kept / (double)blockTokens) * blockTokens * perToken;
        }

        return (long)Math.Ceiling(bytes);
    }

    /// <summary>Bytes of one block of the layers that keep everything.</summary>
    public long BlockBytes(int blockTokens) => (long)Math.Ceiling(BytesPerToken * blockTokens);

    private void Keep(int window, double perToken)
    {
        for (int place = 0; place < windows.Count; place++)
        {
            if (windows[place].Window == window)
            {
                windows[place] = (window, windows[place].BytesPerToken + perToken);
                return;
            }
        }

        windows.Add((window, perToken));
    }
}
