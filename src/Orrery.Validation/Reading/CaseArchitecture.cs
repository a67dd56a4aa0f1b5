using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Models;
using Orrery.Validation.Cases;

namespace Orrery.Validation.Reading;

/// <summary>
/// The architecture of a case: that of its <c>model_config</c> with the columns laid over it (slices of few layers, other vocabularies), or one
/// built from the columns alone: with a gated feed-forward a Llama-style block, without one a GPT-2 block.
/// </summary>
public static class CaseArchitecture
{
    /// <summary>Builds the architecture; null with the reason in <paramref name="why"/>. Differences and rules applied are added to the notes.</summary>
    public static ModelArchitecture? Of(JobColumns job, ModelLibrary models, List<string> notes, out string why)
    {
        why = "";
        if (job.ModelConfig.Length == 0)
            return FromColumns(job, notes, out why);
        Result<ModelArchitecture> loaded = models.Load(job.ModelConfig);
        if (loaded.Value is { } model)
            return WithColumns(model, job, notes, out why);
        why = $"model {job.ModelConfig}: {FirstError(loaded)}";
        return null;
    }

    private static string FirstError(Result<ModelArchitecture> loaded)
    {
        foreach (Diagnostic diagnostic in loaded.Diagnostics)
        {
            if (diagnostic.Severity == Severity.Error)
                return diagnostic.Message;
        }

        return "cannot be read";
    }

    private static ModelArchitecture? WithColumns(ModelArchitecture model, JobColumns job, List<string> notes, out string why)
    {
        List<string> changes = [];
        ImmutableArray<LayerDescription>.Builder kinds = ImmutableArray.CreateBuilder<LayerDescription>(model.LayerKinds.Length);
        int hidden = Over(job.Hidden, model.Hidden, "hidden", changes);
        foreach (LayerDescription kind in model.LayerKinds)
        {
            AttentionDescription attention = kind.Attention;
            // Columns speak of the attention and feed-forward of the text itself, not of towers, states or parts a layer does not have.
            if (kind.Stream.Kind != TokenStreamKind.Sequence || attention.Kind is AttentionKind.Linear or AttentionKind.None)
            {
                kinds.Add(kind);
                continue;
            }

            int heads = Over(job.Heads, attention.Heads, "heads", changes);
            int headDim = attention.Latent is not null ? attention.HeadDim
                : job.HeadDim is null && hidden != model.Hidden
                ? Math.Max(1, hidden / heads)
                : Over(job.HeadDim, attention.HeadDim, "head_dim", changes);
            attention = attention with { Heads = heads, KvHeads = Over(job.KvHeads, attention.KvHeads, "kv_heads", changes), HeadDim = headDim };

            FeedForwardDescription feed = kind.FeedForward;
            if (!feed.Exists)
            {
                kinds.Add(kind with { Attention = attention });
                continue;
            }

            if (feed.Experts == 0)
            {
                feed = feed with { Width = Over(job.Ffn, feed.Width, "ffn", changes), IsGated = job.GatedMlp ?? feed.IsGated };
            }
            else
            {
                feed = feed with
                {
                    Width = Over(job.MoeFfn, feed.Width, "moe_ffn", changes),
                    Experts = Over(job.Experts, feed.Experts, "experts", changes),
                    TopK = Over(job.TopK, feed.TopK, "topk", changes),
                    IsGated = job.GatedMlp ?? feed.IsGated,
                };
            }

            kinds.Add(kind with { Attention = attention, FeedForward = feed });
        }

        ModelArchitecture result = model with
        {
            Name = job.Model.Length > 0 ? job.Model : model.Name,
            Hidden = hidden,
            Vocabulary = Over(job.Vocab, model.Vocabulary, "vocab", changes),
            LayerKinds = kinds.MoveToImmutable(),
        };
        if (job.Layers is { } layers && layers != model.Layers)
        {
            changes.Add($"layers {layers} instead of {model.Layers}");
            result = result.WithLayers(layers);
        }

        if (result.LearnedPositions && job.Seq > result.MaxPositions)
        {
            changes.Add($"positions {job.Seq} instead of {result.MaxPositions}");
            result = result with { MaxPositions = job.Seq.Value };
        }

        if (changes.Count > 0)
            notes.Add($"{job.ModelConfig} with {string.Join(", ", changes.Distinct(StringComparer.Ordinal))}");
        why = Mistake(result);
        return why.Length == 0 ? result : null;
    }

    private static ModelArchitecture? FromColumns(JobColumns job, List<string> notes, out string why)
    {
        why = "";
        bool hasExperts = job.Experts is > 1;
        int? width = hasExperts ? job.MoeFfn ?? job.Ffn : job.Ffn;
        if (job.Layers is not { } layers || job.Hidden is not { } hidden || job.Heads is not { } heads || job.Vocab is not { } vocabulary || width is null
            || (hasExperts && job.TopK is null))
        {
            why = "model shape";
            return null;
        }

        bool isGated = job.GatedMlp ?? false;
        int headDim = job.HeadDim ?? Math.Max(1, hidden / heads);
        bool hasBias = !isGated;
        AttentionDescription attention = new(
            AttentionKind.Grouped, heads, job.KvHeads ?? heads, headDim, 0, hasBias, hasBias, QkNormKind.None, IsCausal: true);
        FeedForwardDescription feed = new(width.Value, isGated, hasBias, hasExperts ? job.Experts!.Value : 0, hasExperts ? job.TopK!.Value : 0, 0, 0);
        LayerDescription layer = new(attention, feed, 2, NormHasBias: hasBias);
        notes.Add(isGated ? "built from columns as a Llama-style block" : "built from columns as a GPT-2 block");
        ModelArchitecture result = new()
        {
            Name = job.Model,
            ModelType = isGated ? "llama" : "gpt2-style",
            Hidden = hidden,
            LayerKinds = [layer],
            LayerOrder = [.. Enumerable.Repeat((byte)0, layers)],
            Vocabulary = vocabulary,
            MaxPositions = job.Seq ?? 2048,
            TiedEmbeddings = !isGated,
            LearnedPositions = !isGated,
            FinalNormHasBias = hasBias,
        };
        why = Mistake(result);
        return why.Length == 0 ? result : null;
    }

    /// <summary>What is impossible about the shape; empty where nothing is.</summary>
    private static string Mistake(ModelArchitecture model)
    {
        foreach (LayerDescription kind in model.LayerKinds)
        {
            if (kind.Attention.KvHeads > 0 && kind.Attention.Heads % kind.Attention.KvHeads != 0)
                return $"{kind.Attention.KvHeads} KV heads do not divide {kind.Attention.Heads} heads";
            if (kind.FeedForward.TopK > kind.FeedForward.Experts)
                return $"top-k {kind.FeedForward.TopK} of {kind.FeedForward.Experts} experts";
            if ((long)kind.Attention.Heads * kind.Attention.HeadDim > 1 << 24)
                return $"{kind.Attention.Heads} heads of {kind.Attention.HeadDim}";
        }

        return "";
    }

    private static int Over(int? column, int own, string name, List<string> changes)
    {
        if (column is not { } value || value == own)
            return own;
        changes.Add($"{name} {value} instead of {own}");
        return value;
    }
}
