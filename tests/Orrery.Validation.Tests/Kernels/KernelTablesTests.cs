using Orrery.Catalog;
using Orrery.Operators;
using Orrery.Units;
using Orrery.Validation.Cases;
using Orrery.Validation.Kernels;
using Shouldly;
using Xunit;

namespace Orrery.Validation.Tests.Kernels;

public sealed class KernelTablesTests
{
    private static readonly KernelTables Tables = KernelTables.Open(DataCatalog.Open(RepositoryData.Root)).Value ?? throw new InvalidDataException("no rules");

    [Fact]
    public void Every_kind_of_measured_kernel_becomes_the_operator_it_is()
    {
        Read("gemm", out Operator gemm).ShouldBe("");
        gemm.ShouldBe(Operator.Matmul(16, 4096, 8192, NumberFormat.Bf16));
        Read("attention_prefill", out Operator prefill, kv: "fp8").ShouldBe("");
        prefill.Kind.ShouldBe(OperatorKind.AttentionForward);
        prefill.KvFormat.ShouldBe(NumberFormat.Fp8);
        prefill.Causal.ShouldBeTrue();
        Read("attention_decode", out Operator decode).ShouldBe("");
        decode.ShouldBe(Operator.Decode(2, 1024, 32, 8, 128, NumberFormat.Bf16, NumberFormat.Bf16));
        Read("residual_add", out Operator add).ShouldBe("");
        add.MemoryBytes.ShouldBe(3.0 * 16 * 4096 * 2);
        Read("rope", out Operator rope).ShouldBe("");
        rope.MemoryBytes.ShouldBe(2.0 * 16 * (32 + 8) * 128 * 2);
    }

    [Fact]
    public void What_the_vocabulary_of_work_lacks_is_a_reason()
    {
        Read("gated_delta_net", out _).ShouldContain("no operator stands for");
        Read("gemm", out _, type: "int3").ShouldContain("'int3' is not modelled");
        KernelReading.TryRead(Row("gemm") with { K = 0 }, out _, out string why).ShouldBeFalse();
        why.ShouldContain("every dimension");
    }

    [Fact]
    public void Short_names_of_formats_are_understood()
    {
        foreach ((string text, NumberFormat format) in new[]
        {
            ("fp8_block", NumberFormat.Fp8Block), ("int8_wo", NumberFormat.Int8WeightOnly), ("int4_wo", NumberFormat.Int4WeightOnly),
            ("sq", NumberFormat.Int8SmoothQuant), ("fp16", NumberFormat.Fp16), ("fp8 (1x128 / 128x128 scales) -> bf16", NumberFormat.Fp8Block),
        })
        {
            KernelReading.TryFormat(text, out NumberFormat read).ShouldBeTrue();
            read.ShouldBe(format);
        }
    }

    [Fact]
    public void Tables_that_measure_the_bare_kernel_are_predicted_bare()
    {
        Tables.OptionsOf(Row("attention_decode", group: "vidur-attention")).AttentionHasPasses.ShouldBeFalse();
        Tables.OptionsOf(Row("attention_decode", group: "nvidia-aiconfigurator-attention")).AttentionHasPasses.ShouldBeTrue();
        KernelCase deep = Row("gemm", type: "fp8") with { Library = "DeepGEMM grouped masked" };
        Tables.OptionsOf(deep).ProductHasQuantising.ShouldBeFalse();
        Tables.TryRead(deep, out Operator work, out _).ShouldBeTrue();
        work.Format.ShouldBe(NumberFormat.Fp8Block);
    }

    [Fact]
    public void Outliers_are_scored_but_not_fitted_and_impossible_rows_are_neither()
    {
        KernelCase outlier = Row("gemm");
        outlier = outlier with { Origin = outlier.Origin with { Quality = "repeat;outlier-3x" } };
        KernelReading.TryRead(outlier, out Operator product, out _);
        Tables.IsFitted(outlier, product, out bool isScored, out string reason).ShouldBeFalse();
        isScored.ShouldBeTrue();
        reason.ShouldNotBeEmpty();

        KernelCase impossible = Row("attention_decode", group: "nvidia-aiconfigurator-attention", chip: "A100-SXM-80GB") with { Batch = 64, SeqKv = 16384 };
        KernelReading.TryRead(impossible, out Operator decode, out _);
        Tables.IsFitted(impossible, decode, out isScored, out _).ShouldBeFalse();
        isScored.ShouldBeFalse();
        Tables.IsFitted(impossible with { Chip = "H100-SXM-80GB" }, decode, out _, out _).ShouldBeTrue();
        Tables.IsFitted(impossible with { KvHeads = 32 }, decode, out _, out _).ShouldBeTrue();
    }

    [Fact]
    public void A_table_of_total_caches_is_read_by_sequence_and_its_library_told_apart()
    {
        KernelCase row = Row("attention_decode", "llmservingsim-attention") with { Library = "flash_attention", Batch = 4, SeqKv = 1027 };
        Tables.TryRead(row, out Operator work, out _).ShouldBeTrue();
        work.KeyLength.ShouldBe(256);
        Tables.OptionsOf(row).Library.ShouldBe("flash-attention");
        Tables.TryRead(row with { SeqKv = 3 }, out _, out string why).ShouldBeFalse();
        why.ShouldContain("fewer cached tokens");
        KernelCase other = Row("attention_decode", "vidur-attention") with { Library = "flash_attention", Batch = 4, SeqKv = 1027 };
        Tables.TryRead(other, out work, out _).ShouldBeTrue();
        work.KeyLength.ShouldBe(1027);
        Tables.OptionsOf(other).Library.ShouldBeEmpty();
    }

    [Fact]
    public void Products_of_DeepGEMM_scale_blocks_and_come_quantised()
    {
        KernelCase row = Row("gemm", type: "fp8") with { Library = "DeepGEMM" };
        Tables.TryRead(row, out Operator work, out _).ShouldBeTrue();
        work.Format.ShouldBe(NumberFormat.Fp8Block);
        Tables.OptionsOf(row).ShouldBe(new(false, true, false, "deepgemm"));
    }

    [Fact]
    public void A_mistake_in_the_rules_is_a_diagnostic()
    {
        const string Text = "rules:\n  - {name: a, cacheAbove: 160, reason: b}\n  - {name: c, kynd: gemm, reason: d}\n";
        Result<KernelTables> read = KernelTables.Parse(Text, "tables.yaml");
        read.Value.ShouldBeNull();
        read.Diagnostics.Length.ShouldBe(2);
        read.Diagnostics.ShouldAllBe(diagnostic => diagnostic.Line > 1);
    }

    private static string Read(string kind, out Operator work, string type = "bf16", string kv = "")
    {
        KernelReading.TryRead(Row(kind, type: type) with { KvDataType = kv }, out work, out string why);
        return why;
    }

    private static KernelCase Row(string kind, string group = "g", string chip = "H100-SXM-80GB", string type = "bf16") => new()
    {
        Origin = new CaseOrigin("id", group, "s", "", "time_us", true, "", "", 1),
        Kernel = kind,
        Kind = kind,
        Chip = chip,
        Model = "",
        M = 16,
        N = 4096,
        K = 8192,
        Batch = 2,
        SeqQ = 1,
        SeqKv = 1024,
        Heads = 32,
        KvHeads = 8,
        HeadDim = 128,
        Distribution = "",
        DataType = type,
        AccumulatorType = "",
        KvDataType = "",
        Library = "",
        TimeUs = 10,
    };
}
