using Orrery.Validation.Cases;
using Orrery.Validation.Csv;
using Shouldly;
using Xunit;

namespace Orrery.Validation.Tests.Cases;

public sealed class CaseFileTests
{
    [Fact]
    public void Every_training_case_is_read()
    {
        CaseFile<TrainingCase> file = TrainingCase.Read(RepositoryData.Validation("training.csv.gz"));

        file.Diagnostics.ShouldBeEmpty();
        file.Cases.Length.ShouldBe(1936);
        file.Cases.Count(read => read.Origin.IsExpressible).ShouldBe(1748);
        file.Cases.ShouldAllBe(read => !read.Origin.IsExpressible || read.Measured(read.Origin.PrimaryMetric) > 0);

        TrainingCase one = file.Cases.Single(read => read.Origin.Id == "korthikanti22-t5-gpt-3-175b-full");
        one.Job.Vp.ShouldBe(3);
        one.Job.GatedMlp.ShouldBe(false);
        one.IterationTimeS.ShouldBe(18.13);
        one.Job.Experts.ShouldBeNull();
    }

    [Fact]
    public void Every_memory_case_is_read()
    {
        CaseFile<MemoryCase> file = MemoryCase.Read(RepositoryData.Validation("memory.csv"));

        file.Diagnostics.ShouldBeEmpty();
        file.Cases.Length.ShouldBe(54);
        file.Cases.Count(read => read.Origin.IsExpressible).ShouldBe(48);
        file.Cases.ShouldAllBe(read => read.Measured(read.Origin.PrimaryMetric) > 0);
    }

    [Theory]
    [InlineData("kernels.csv", 645, 627)]
    [InlineData("kernels-operators.csv.gz", 297_353, 297_305)]
    public void Every_kernel_case_is_read(string name, int rows, int expressible)
    {
        using CsvReader row = CsvReader.Open(RepositoryData.Validation(name));
        KernelCaseReader reader = new(row);
        int count = 0;
        int counted = 0;
        while (reader.Next() is { } read)
        {
            count++;
            counted += read.Origin.IsExpressible ? 1 : 0;
        }

        row.Diagnostics.ShouldBeEmpty();
        (count, counted).ShouldBe((rows, expressible));
    }

    [Fact]
    public void A_row_with_a_wrong_cell_is_left_out_and_reported()
    {
        string[] lines =
        [
            "case_id,source_id,stack,primary_metric,expressible,kernel_kind,chip,m,n,k,batch,seq_q,seq_kv,heads,kv_heads,head_dim,window,tokens,hidden,moe_ffn,experts,topk,groups,tp,ep,dtype,time_us",
            "one,s,t,time_us,1,gemm,c,1,2,3,,,,,,,,,,,,,,,,bf16,5",
            "two,s,t,time_us,1,gemm,c,-1,2,3,,,,,,,,,,,,,,,,bf16,5",
            "three,s,t,time_us,1,gemm,c,1,2,3,,,,,,,,,,,,,,,,bf16,0",
            "one,s,t,time_us,1,gemm,c,1,2,3,,,,,,,,,,,,,,,,bf16,5",
            "four,s,t,time_us,maybe,gemm,c,1,2,3,,,,,,,,,,,,,,,,bf16,5",
            ",s,t,time_us,1,gemm,c,1,2,3,,,,,,,,,,,,,,,,bf16,5",
        ];
        using CsvReader row = CsvReader.Of(new StringReader(string.Join('\n', lines)), "test.csv");

        CaseFile<KernelCase> file = KernelCase.Read(row);

        file.Cases.ShouldHaveSingleItem().Origin.Id.ShouldBe("one");
        file.HasErrors.ShouldBeTrue();
        file.Diagnostics.Select(found => (found.Line, found.Column, found.Code)).ShouldBe(
            [(3, 26, "ORR2206"), (4, 54, "ORR2206"), (5, 1, "ORR2207"), (6, 18, "ORR2206"), (7, 1, "ORR2206")]);
    }

    [Fact]
    public void Missing_columns_are_all_named_at_once()
    {
        using CsvReader row = CsvReader.Of(new StringReader("case_id,source_id,stack,primary_metric,expressible,model\n"), "test.csv");

        CaseFile<TrainingCase> file = TrainingCase.Read(row);

        file.Diagnostics.Length.ShouldBeGreaterThan(15);
        file.Diagnostics.ShouldAllBe(found => found.Code == "ORR2205");
    }

    [Fact]
    public void Quality_flags_are_whole_words()
    {
        CaseOrigin origin = new("a", "b", "", "", "", true, "", "repeat-3x; second-hand", 1);

        origin.HasQuality("second-hand").ShouldBeTrue();
        origin.HasQuality("repeat-3x").ShouldBeTrue();
        origin.HasQuality("repeat").ShouldBeFalse();
    }
}
