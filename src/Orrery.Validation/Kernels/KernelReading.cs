using System.Globalization;
using Orrery.Operators;
using Orrery.Units;
using Orrery.Validation.Cases;

namespace Orrery.Validation.Kernels;

/// <summary>Turns a measured kernel into the operator that a chip model answers for.</summary>
public static class KernelReading
{
    /// <summary>Width of the values of a head under latent attention, and of the rotated part of its keys (DeepSeek-V2 and later).</summary>
    private const int LatentValues = 128;
    private const int LatentRope = 64;

    private const string PowerLaw = "power_law_";

    /// <summary>The operator a row measures; false with the reason where the vocabulary of work has none.</summary>
    public static bool TryRead(KernelCase row, out Operator work, out string why)
    {
        ArgumentNullException.ThrowIfNull(row);
        work = default;
        why = "";
        if (!TryFormat(row.DataType, out NumberFormat format))
        {
            why = $"number format '{row.DataType}' is not modelled";
            return false;
        }

        if (!TryFormat(row.KvDataType.Length == 0 ? row.DataType : row.KvDataType, out NumberFormat cache))
        {
            why = $"cache format '{row.KvDataType}' is not modelled";
            return false;
        }

        // 16-bit elements in and out, unless the row says 32.
        double element = format is NumberFormat.Fp32 or NumberFormat.Tf32 ? 4 : 2;
        double cells = (double)row.M * row.N;
        switch (row.Kind)
        {
            case "gemm":
                work = Operator.Matmul(row.M, row.N, row.K, format);
                return Has(row.M > 0 && row.N > 0 && row.K > 0, ref why);
            case "grouped_gemm":
                work = Operator.Matmul(row.M, row.N, row.K, format, row.Groups) with { IsRouted = true };
                return Has(row.M > 0 && row.N > 0 && row.K > 0 && row.Groups > 0, ref why);
            case "attention_prefill":
                work = Operator.Attention(row.Batch, row.SeqQ, row.SeqKv, row.Heads, row.KvHeads, row.HeadDim, true, format, false, row.Window) with { KvFormat = cache };
                return Has(HasAttention(row), ref why);
            case "attention_decode":
                work = Operator.Decode(row.Batch, row.SeqKv, row.Heads, row.KvHeads, row.HeadDim, format, cache, row.Window);
                return Has(HasAttention(row), ref why);
            case "mla_prefill":
                // Rows state the width of queries and keys; that of values, like the latent cache of decode rows, is the model's.
                work = Operator.Attention(row.Batch, row.SeqQ, row.SeqKv, row.Heads, row.KvHeads, (row.HeadDim + LatentValues) / 2, true, format) with
                {
                    KvFormat = cache,
                    ValueDim = LatentValues,
                };
                return Has(HasAttention(row), ref why);
            case "mla_decode":
                work = Operator.LatentDecode(row.Batch, row.SeqKv, row.Heads, row.HeadDim - LatentRope, LatentRope, format, cache);
                return Has(HasAttention(row) && row.HeadDim > LatentRope, ref why);
            case "moe":
                double skew = 0;
                if (row.Distribution.StartsWith(PowerLaw, StringComparison.Ordinal)
                    ? !double.TryParse(row.Distribution.AsSpan(PowerLaw.Length), NumberStyles.Float, CultureInfo.InvariantCulture, out skew) || skew <= 0
                    : row.Distribution != "balanced")
                {
                    why = $"tokens spread over experts as '{row.Distribution}', which is not modelled";
                    return false;
                }

                work = Operator.ExpertLayer(
                    row.Tokens, row.Hidden, row.MoeFfn / Math.Max(1, row.Tp), row.IsGated, new(row.Experts, row.TopK, Math.Max(1, row.Ep), skew), format);
                return Has(row is { Tokens: > 0, Hidden: > 0, MoeFfn: > 0, Experts: > 0, TopK: > 0 }, ref why);
            case "norm":
                work = Operator.Moving(OperatorKind.Norm, 2 * cells * element, cells, format);
                return Has(cells > 0, ref why);
            case "activation":
                work = Operator.Moving(OperatorKind.Activation, (row.IsGated ? 3 : 2) * cells * element, cells, format);
                return Has(cells > 0, ref why);
            case "residual_add":
                work = Operator.Moving(OperatorKind.ResidualAdd, 3 * cells * element, cells, format);
                return Has(cells > 0, ref why);
            case "embedding":
                work = Operator.Moving(OperatorKind.Gather, 2 * cells * element, cells, format);
                return Has(cells > 0, ref why);
            case "rope":
                double rotated = (double)row.M * ((double)row.Heads + row.KvHeads) * row.HeadDim;
                work = Operator.Moving(OperatorKind.Rotary, 2 * rotated * element, rotated, format);
                return Has(rotated > 0, ref why);
            case "kv_cache_save":
                double stored = 2.0 * row.Batch * row.SeqQ * row.KvHeads * row.HeadDim;
                work = Operator.Elementwise(2 * stored * element, stored, 1, format);
                return Has(stored > 0, ref why);
            case "memory_copy":
                work = Operator.Elementwise(row.Bytes ?? 0, 0, 1, format);
                return Has(row.Bytes > 0, ref why);
            default:
                why = $"no operator stands for '{row.Kind}'";
                return false;
        }
    }

    /// <summary>Where in its operator's range a row lies, for reports: rows of a product, tokens of prefill, cache of decode, bytes moved.</summary>
    public static string Regime(in Operator work) => work.Kind switch
    {
        OperatorKind.ExpertLayer => work.M <= 64 ? "tokens 1-64" : work.M <= 512 ? "tokens 65-512" : "tokens over 512",
        OperatorKind.Matmul => work.M <= 64 ? "m 1-64" : work.M <= 512 ? "m 65-512" : "m over 512",
        OperatorKind.AttentionForward or OperatorKind.AttentionBackward => ((long)work.Batch * work.QueryLength) switch
        {
            <= 1024 => "tokens 1-1k",
            <= 16384 => "tokens 1k-16k",
            _ => "tokens over 16k",
        },
        OperatorKind.AttentionDecode => work.CacheBytes switch
        {
            <= 8e6 => "cache to 8 MB",
            <= 128e6 => "cache 8-128 MB",
            _ => "cache over 128 MB",
        },
        _ => work.MemoryBytes switch { <= 1e6 => "to 1 MB", <= 32e6 => "1-32 MB", _ => "over 32 MB" },
    };

    /// <summary>The format a case file means: its short names, and the long one of DeepGEMM's table.</summary>
    public static bool TryFormat(string text, out NumberFormat format)
    {
        ArgumentNullException.ThrowIfNull(text);
        switch (text)
        {
            case "fp8_block":
                format = NumberFormat.Fp8Block;
                return true;
            case "int8_wo":
                format = NumberFormat.Int8WeightOnly;
                return true;
            case "int4_wo":
                format = NumberFormat.Int4WeightOnly;
                return true;
            case "w4a16_mxfp4":
                format = NumberFormat.Mxfp4WeightOnly;
                return true;
            case "w4a8_mxfp4_mxfp8":
                format = NumberFormat.Mxfp4Mxfp8;
                return true;
            case "sq":
                format = NumberFormat.Int8SmoothQuant;
                return true;
            default:
                if (text.StartsWith("fp8 (1x128", StringComparison.Ordinal))
                {
                    format = NumberFormat.Fp8Block;
                    return true;
                }

                return NumberFormats.TryParse(text, out format);
        }
    }

    private static bool HasAttention(KernelCase row) => row is { Batch: > 0, SeqQ: > 0, SeqKv: > 0, Heads: > 0, KvHeads: > 0, HeadDim: > 0 };

    private static bool Has(bool isWhole, ref string why)
    {
        if (!isWhole)
            why = "the row does not state every dimension";
        return isWhole;
    }
}
