using Orrery.Catalog;
using Orrery.Chips.Gpu;
using Orrery.Validation.Kernels;
using Orrery.Validation.Scoring;
using Shouldly;
using Xunit;

namespace Orrery.Validation.Tests.Kernels;

/// <summary>The published operator tables against the shipped constants, over rows that were not fitted.</summary>
public sealed class KernelValidationTests
{
    private static readonly KernelValidation Run = KernelValidation.Run(DataCatalog.Open(RepositoryData.Root), []);

    [Theory]
    [InlineData("gemm bf16", 0.08, 0.12)]
    [InlineData("gemm fp8", 0.08, 0.12)]
    [InlineData("gemm fp8-block", 0.09, 0.13)]
    [InlineData("prefill bf16", 0.105, 0.16)]
    [InlineData("prefill bf16-cache8", 0.105, 0.16)]
    [InlineData("prefill fp8", 0.105, 0.16)]
    [InlineData("decode bf16 on B200-SXM-180GB", 0.08, 0.11)]
    [InlineData("decode bf16-cache8 on B200-SXM-180GB", 0.08, 0.11)]
    [InlineData("decode bf16 on GB200", 0.08, 0.11)]
    [InlineData("decode bf16-cache8 on GB200", 0.08, 0.11)]
    [InlineData("decode bf16 on A100-SXM-80GB", 0.15, 0.20)]
    [InlineData("decode bf16 on H100-SXM-80GB", 0.15, 0.20)]
    [InlineData("decode bf16-cache8 on H100-SXM-80GB", 0.15, 0.20)]
    [InlineData("latent-prefill bf16", 0.07, 0.11)]
    [InlineData("latent-prefill bf16-cache8", 0.07, 0.11)]
    [InlineData("latent-decode bf16", 0.10, 0.14)]
    [InlineData("latent-decode bf16-cache8", 0.10, 0.14)]
    public void Rows_not_fitted_are_predicted_within_the_stated_median_and_mean(string name, double median, double mean)
    {
        ErrorFigures figures = Group(name).Unseen;
        figures.Count.ShouldBeGreaterThan(200);
        figures.MedianApe.ShouldNotBeNull().ShouldBeLessThan(median);
        figures.Mape.ShouldNotBeNull().ShouldBeLessThan(mean);
        figures.BaselineMape.ShouldNotBeNull().ShouldBeGreaterThan(2 * figures.Mape.Value);
    }

    [Theory]
    [InlineData("experts bf16 on A100-SXM-80GB", 0.12)]
    [InlineData("experts bf16 on H100-SXM-80GB", 0.12)]
    [InlineData("experts bf16 on H200-SXM-141GB", 0.12)]
    [InlineData("experts fp8 on H100-SXM-80GB", 0.12)]
    [InlineData("experts fp8 on H200-SXM-141GB", 0.12)]
    [InlineData("experts fp8-block on H100-SXM-80GB", 0.12)]
    [InlineData("experts mxfp4-mxfp8 on GB200", 0.15)]
    // One row in ten of the Hopper tables is two to five times slower than its series for no reason of shape: the mean says little.
    public void Layers_of_experts_not_fitted_are_predicted_within_the_stated_median(string name, double median)
    {
        ErrorFigures figures = Group(name).Unseen;
        figures.Count.ShouldBeGreaterThan(200);
        figures.MedianApe.ShouldNotBeNull().ShouldBeLessThan(median);
        figures.BaselineMape.ShouldNotBeNull().ShouldBeGreaterThan(2 * figures.Mape.ShouldNotBeNull());
    }

    [Theory]
    [InlineData("nvidia-aiconfigurator-gemm", 2)]
    [InlineData("nvidia-aiconfigurator-attention", 2)]
    // Six chips whose spreads differ tenfold: the median row is not of the median chip.
    [InlineData("nvidia-aiconfigurator-mla", 2.3)]
    [InlineData("nvidia-aiconfigurator-moe", 2)]
    public void The_interval_holds_what_it_says_without_being_too_wide(string source, double widest)
    {
        GroupReport group = Run.Report.ShouldNotBeNull().Groups.Single(one => one.Group == source);
        group.Skipped.ShouldBe(0);
        group.Unseen.IntervalCoverage.ShouldNotBeNull().ShouldBeInRange(0.7, 0.9);
        group.Unseen.IntervalHalfWidth.ShouldNotBeNull().ShouldBeLessThanOrEqualTo(widest * group.Unseen.MedianApe.ShouldNotBeNull());
    }

    [Theory]
    [InlineData("alibaba-infersim", 0.12)]
    [InlineData("llmservingsim-attention", 0.12)]
    [InlineData("frontier-attention", 0.15)]
    [InlineData("vidur-linear-ops", 0.12)]
    public void Tables_of_other_libraries_beat_one_efficiency_by_far(string source, double mean)
    {
        GroupReport group = Run.Report.ShouldNotBeNull().Groups.Single(one => one.Group == source);
        group.Unseen.Mape.ShouldNotBeNull().ShouldBeLessThan(mean);
        group.Unseen.BaselineMape.ShouldNotBeNull().ShouldBeGreaterThan(2 * group.Unseen.Mape.Value);
    }

    [Fact]
    public void No_group_has_more_than_a_twentieth_of_its_rows_skipped()
    {
        foreach (GroupReport group in Run.Report.ShouldNotBeNull().Groups)
            ((double)group.Skipped).ShouldBeLessThanOrEqualTo(0.05 * (group.Skipped + group.Scored), group.Group);
    }

    [Theory]
    [InlineData("h100", "h200", 0.01)]
    [InlineData("b200", "gb200", 0.02)]
    public void Constants_of_a_chip_predict_its_sister_with_only_the_data_sheet_changed(string from, string to, double allowed)
    {
        CarriedConstants all = Run.Carried.Single(one => one.To == to && one.Operator == "all");
        all.From.ShouldBe(from);
        all.Rows.ShouldBeGreaterThan(5000);
        all.Median.ShouldBeLessThan(all.OwnMedian + allowed);
        // Were it predicted with its own constants after all, nothing would differ.
        all.Median.ShouldNotBe(all.OwnMedian);
        Run.Carried.Count(one => one.To == to).ShouldBeGreaterThan(12);
    }

    [Fact]
    public void Every_chip_without_tables_of_its_own_borrows_from_one_near_it()
    {
        DataCatalog catalog = DataCatalog.Open(RepositoryData.Root);
        GpuKernelLibrary library = GpuKernelLibrary.Open(catalog, []).ShouldNotBeNull();
        int borrowed = 0;
        foreach (string id in catalog.ChipIds)
        {
            // Of AMD no operator table is public.
            if (catalog.Chip(id).Value is not { Architecture: ChipArchitecture.Gpu, Family: not "cdna" } chip)
                continue;
            foreach (string name in OperatorVocabulary.Names)
            {
                string format = name is "norm" or "rotary" or "activation" or "gather" or "elementwise" or "residual-add" ? "" : "bf16";
                KernelConstants found = library.Resolve(chip, name, library.Vocabulary.ConstantsOf(name), format);
                found.Provenance.ShouldContain(" fitted on ", Case.Sensitive, $"{name} on {id}");
                borrowed += found.IsOwn ? 0 : 1;
            }
        }

        borrowed.ShouldBeGreaterThan(50);
    }

    [Fact]
    public void Pooled_coverage_over_all_tables_is_that_of_an_interval_of_eighty_percent()
    {
        ErrorFigures pooled = Run.Report.ShouldNotBeNull().Unseen;
        pooled.IntervalCoverage.ShouldNotBeNull().ShouldBeInRange(0.7, 0.9);
    }

    [Fact]
    public void Seventy_percent_of_the_operator_tables_were_fitted()
    {
        GroupReport group = Run.Report.ShouldNotBeNull().Groups.Single(one => one.Group == "nvidia-aiconfigurator-gemm");
        ((double)group.Fitted / group.Scored).ShouldBe(0.7, 0.01);
    }

    [Fact]
    public void Rows_faster_than_memory_allows_are_counted_apart()
    {
        GroupReport group = Run.Report.ShouldNotBeNull().Groups.Single(one => one.Group == "nvidia-aiconfigurator-attention");
        group.NotExpressible.ShouldBe(326);
    }

    [Fact]
    public void Neuron_kernels_that_constants_were_fitted_on_count_as_fitted_and_all_have_an_interval()
    {
        GroupReport products = Run.Report.ShouldNotBeNull().Groups.Single(one => one.Group == "aws-nki-autotune");
        products.Fitted.ShouldBe(4);
        foreach (ScoredCase row in Run.Report.ShouldNotBeNull().Cases.Where(row => row.Group == "aws-neuron-nki-docs"))
            (row.Low < row.Predicted && row.Predicted < row.High).ShouldBeTrue(row.Id);
    }

    private static GroupReport Group(string name) => Run.Regimes.Single(one => one.Group == name);
}
